import { Effect, Either } from "effect"
import type { AttemptEnd } from "../domain/AttemptEnd.ts"
import { endedAs } from "../domain/AttemptEnd.ts"
import type { JobId } from "../domain/JobId.ts"
import type { JobStatus } from "../domain/JobRecord.ts"
import type { Lease } from "../domain/Lease.ts"
import type { ClaimedJob, Fenced, JobStore, Settled } from "../store/JobStore.ts"

type Store = typeof JobStore.Service

/** An attempt that was run, and its end. */
export interface Attempted {
  readonly jobId: JobId
  readonly kind: string
  /** 1 on the first claim of the job. */
  readonly attempt: number
  readonly ended: AttemptEnd
  /** The readable cause of a failure, as the job keeps it; null when the attempt did not fail. */
  readonly error: string | null
  /** The error of a failure as the definition's error schema encodes it, or null, as in `JobRecord.lastErrorValue`. */
  readonly errorValue: unknown
}

/** The end of an attempt, without the attempt. */
type End = Pick<Attempted, "ended" | "error" | "errorValue">

/** A store that a worker uses, and the attempts that were seen there, in the order of their claims. */
export interface Recording {
  readonly store: Store
  readonly claimed: ReadonlyArray<ClaimedJob>
  /** The claimed jobs that are not settled. */
  readonly running: () => ReadonlyArray<ClaimedJob>
  readonly attempts: () => ReadonlyArray<Attempted>
}

/** Notes every claim, and every settle that the store accepted or did not answer. */
export const recording = (store: Store): Recording => {
  const claimed: Array<ClaimedJob> = []
  const ends = new Map<string, End>()
  const unanswered = new Map<string, number>()
  const key = ({ attempt, jobId }: Lease) => `${jobId} ${attempt}`
  const countUnanswered = (lease: Lease, more: 1 | -1) =>
    unanswered.set(key(lease), (unanswered.get(key(lease)) ?? 0) + more)

  const noting = <Item extends { readonly lease: Lease }, E>(
    settle: (items: ReadonlyArray<Item>) => Effect.Effect<ReadonlyArray<Fenced<Settled>>, E>,
    endOf: (status: JobStatus, item: Item) => AttemptEnd,
    errorOf: (item: Item) => Pick<End, "error" | "errorValue"> = () => noError
  ) =>
  (items: ReadonlyArray<Item>) =>
    Effect.suspend(() => {
      for (const { lease } of items) countUnanswered(lease, 1)
      return Effect.tap(settle(items), (answers) =>
        Effect.sync(() => {
          for (const [index, item] of items.entries()) {
            countUnanswered(item.lease, -1)
            const answer = answers[index]
            if (answer === undefined || Either.isLeft(answer)) continue
            ends.set(key(item.lease), { ended: endOf(answer.right.status, item), ...errorOf(item) })
          }
        }))
    })

  return {
    claimed,
    running: () => claimed.filter(({ lease }) => !ends.has(key(lease))),
    attempts: () =>
      claimed.map(({ kind, lease }) => ({
        jobId: lease.jobId,
        kind,
        attempt: lease.attempt,
        ...ends.get(key(lease)) ?? { ended: unanswered.get(key(lease)) ? "unknown" : "lost", ...noError }
      })),
    store: {
      ...store,
      claim: (request) => Effect.tap(store.claim(request), (jobs) => Effect.sync(() => claimed.push(...jobs))),
      complete: noting(store.complete, () => "succeeded"),
      fail: noting(store.fail, (status) => endedAs(status, "retrying"), ({ error, errorValue }) => ({
        error,
        errorValue: errorValue === undefined ? null : JSON.parse(errorValue) as unknown
      })),
      release: noting(store.release, (status, { delay }) => endedAs(status, delay > 0 ? "snoozed" : "released"))
    }
  }
}

const noError = { error: null, errorValue: null }
