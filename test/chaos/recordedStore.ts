import { Cause, Effect, Either, Exit, Layer } from "effect"
import type { Lease, StoreFailure } from "../../src/index.ts"
import { JobStore } from "../../src/index.ts"
import type { Note, Write } from "./journal.ts"
import { monotonicNow } from "./journal.ts"

interface Leased {
  readonly lease: Lease
}

/** The job store, with every claim and every write under a lease noted: before it is sent, and as it was answered. */
export const recordedStore = (note: (note: Note) => void): Layer.Layer<JobStore, never, JobStore> =>
  Layer.effect(JobStore, Effect.map(JobStore, (store) => recorded(store, note)))

const recorded = (store: typeof JobStore.Service, note: (note: Note) => void): typeof JobStore.Service => {
  let calls = 0

  const written = <Item extends Leased, A>(
    write: Write,
    call: (items: ReadonlyArray<Item>) => Effect.Effect<ReadonlyArray<Either.Either<A, unknown>>, StoreFailure>,
    more: (answer: A) => { readonly status?: string; readonly until?: number }
  ) =>
  (items: ReadonlyArray<Item>) =>
    Effect.suspend(() => {
      const sent = items.map(({ lease: { attempt, jobId, worker } }) => {
        note({ note: "sent", call: ++calls, write, job: jobId, attempt, worker })
        return calls
      })
      return Effect.onExit(call(items), (exit) =>
        Effect.sync(() =>
          sent.forEach((call, index) => {
            if (Exit.isFailure(exit)) return note({ note: "answered", call, error: String(Cause.squash(exit.cause)) })
            const answer = exit.value[index]
            if (answer === undefined) return note({ note: "answered", call, error: "no answer" })
            const accepted = Either.isRight(answer)
            note({ note: "answered", call, accepted, ...(accepted ? more(answer.right) : {}) })
          })
        ))
    }) as never

  const settled = ({ status }: { readonly status: string }) => ({ status })
  return {
    ...store,
    claim: (request) =>
      Effect.suspend(() => {
        const sentAt = monotonicNow()
        return Effect.tap(store.claim(request), (jobs) =>
          Effect.sync(() => {
            for (const { lease: { attempt, jobId, lockedUntil, worker } } of jobs) {
              note({ note: "claimed", sentAt, until: lockedUntil, job: jobId, attempt, worker })
            }
          }))
      }),
    extend: written("extend", store.extend, ({ lease }) => ({ until: lease.lockedUntil })),
    progress: written("progress", store.progress, () => ({})),
    complete: written("complete", store.complete, settled),
    fail: written("fail", store.fail, settled),
    release: written("release", store.release, settled)
  }
}
