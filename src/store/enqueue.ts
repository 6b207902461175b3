import { Array as Arr, Effect, Option } from "effect"
import { JobIdConflict } from "../domain/errors.ts"
import { isSameJson } from "../domain/sameJson.ts"
import { eachInTurn, inChunks } from "./chunks.ts"
import { afterConflicts } from "./conflicts.ts"
import type { Enqueued, NewJob } from "./JobStore.ts"
import type { OnConnection } from "./Transactions.ts"
import type { Statements } from "./statements/Statements.ts"

const enqueued = ({ id }: Pick<NewJob, "id">): Enqueued => ({ id, enqueued: true, outcome: "enqueued" })

/** The ways to add jobs. */
export const makeEnqueue = ({ change, findInTheWay, findKept, insert, insertWhole }: Statements) => {
  /** The first of these whose id another job has: one of another kind or partition, or with a payload that is another value. */
  const findConflict = (jobs: ReadonlyArray<NewJob>) =>
    Effect.gen(function*() {
      const kept = yield* eachInTurn(inChunks(jobs), findKept)
      const byItsId = new Map(kept.flat().map((one) => [one.id, one]))
      return jobs.find((job) => {
        const one = byItsId.get(job.id)
        return one === undefined || one.kind !== job.kind || one.partition_key !== job.partitionKey
          || !isSameJson(one.payload, job.payload)
      })
    })

  /** Adds jobs as if one after the other. Where it fails, some may have been added. */
  const enqueue = Effect.fnUntraced(function*(jobs: ReadonlyArray<NewJob>, now: number) {
    const added = yield* eachInTurn(inChunks(jobs), (chunk) => insert(chunk, now))
    const inserted = new Set(added.flat().map(({ id }) => id))
    // An id given twice in one call is inserted once; the second is compared with the first.
    const place = new Map(jobs.map(({ id }, index) => [id, index] as const).toReversed())
    const isNew = (job: NewJob, index: number) => inserted.has(job.id) && place.get(job.id) === index
    const others = jobs.filter((job, index) => !isNew(job, index))
    if (others.length === 0) return jobs.map(enqueued)

    const inTheWay = (yield* eachInTurn(inChunks(others), findInTheWay)).flat()
    // Nearly all that are the same are so letter by letter.
    const perhaps = new Set(inTheWay.flatMap(({ by_id, id, same }) => by_id === 1 && same === 0 ? [id] : []))
    const conflict = yield* findConflict(others.filter(({ id }) => perhaps.has(id)))
    if (conflict !== undefined) return yield* new JobIdConflict({ jobId: conflict.id })
    // All that is inserted comes first: what an enqueue changes of a holder frees no key.
    const { answers, changes } = afterConflicts(others, inTheWay, now)
    yield* eachInTurn(inChunks(changes), (chunk) => change(chunk, now))
    return jobs.map((job, index) => (isNew(job, index) ? undefined : answers.get(job)) ?? enqueued(job))
  })

  /** Adds jobs in one statement, if they are one and nothing is in its way. None if nothing was written. */
  const enqueueIfNew = (
    jobs: ReadonlyArray<NewJob>,
    now: number
  ): OnConnection<Option.Option<ReadonlyArray<Enqueued>>> =>
    jobs.length === 1
      ? insertWhole(jobs, now).pipe(
        Effect.map((inserted) => Option.liftPredicate(inserted.map(enqueued), Arr.isNonEmptyArray)),
        Effect.orElse(() => Effect.succeedNone)
      )
      : Effect.succeedNone

  return { enqueue, enqueueIfNew }
}
