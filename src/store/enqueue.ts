import * as SqlError from "@effect/sql/SqlError"
import type * as Statement from "@effect/sql/Statement"
import { Array as Arr, Effect, Option } from "effect"
import { JobIdConflict } from "../domain/errors.ts"
import type { JobId } from "../domain/JobId.ts"
import { isSameJson } from "../domain/sameJson.ts"
import { eachInTurn, inChunks } from "./chunks.ts"
import { afterConflicts } from "./conflicts.ts"
import type { Dialect } from "./Differences.ts"
import type { Enqueued, NewJob } from "./JobStore.ts"
import type { Now, OnConnection } from "./Transactions.ts"
import type { InTheWayRow } from "./statements/rows.ts"
import type { Statements } from "./statements/Statements.ts"

/** The tries to insert a job that is refused and then finds nothing in its way. */
const mostTries = 10

const comeAndGone = new SqlError.SqlError({
  message: "Not enqueued",
  cause: new Error(
    "each time the job was to be added, another held its unique key, and had given it up when it was looked for"
  )
})

const enqueued = ({ id }: Pick<NewJob, "id">): Enqueued => ({ id, enqueued: true, outcome: "enqueued" })

/** The ways to add jobs. */
export const makeEnqueue = (
  { change, findInTheWay, findKept, insert, insertWhole }: Statements,
  { hasWrittenNothing, manyClaimAtOnce }: Pick<Dialect, "hasWrittenNothing" | "manyClaimAtOnce">
) => {
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
  const enqueue = Effect.fnUntraced(function*(jobs: ReadonlyArray<NewJob>, now: Now) {
    const inserted = new Set<JobId>()
    // An id given twice in one call is inserted once; the second is compared with the first.
    const place = new Map(jobs.map(({ id }, index) => [id, index] as const).toReversed())
    const isNew = (job: NewJob, index: number) => inserted.has(job.id) && place.get(job.id) === index
    let missing = jobs
    let others: ReadonlyArray<NewJob> = []
    let inTheWay: ReadonlyArray<InTheWayRow> = []
    for (let tries = 1;; tries++) {
      const added = yield* eachInTurn(inChunks(missing), (chunk) => insert(chunk, now.sql))
      for (const { id } of added.flat()) inserted.add(id)
      others = jobs.filter((job, index) => !isNew(job, index))
      if (others.length === 0) return jobs.map(enqueued)
      inTheWay = (yield* eachInTurn(inChunks(others), findInTheWay)).flat()
      if (!manyClaimAtOnce) break
      // What was in the way of these has gone since: a claim has taken the key off its holder.
      const found = new Set(inTheWay.map(({ id }) => id))
      missing = others.filter(({ id }) => !found.has(id))
      if (missing.length === 0) break
      if (tries === mostTries) return yield* comeAndGone
    }
    // Nearly all that are the same are so letter by letter.
    const perhaps = new Set(inTheWay.flatMap(({ by_id, id, same }) => by_id === 1 && same === 0 ? [id] : []))
    const conflict = yield* findConflict(others.filter(({ id }) => perhaps.has(id)))
    if (conflict !== undefined) return yield* new JobIdConflict({ jobId: conflict.id })
    // All that is inserted comes first: what an enqueue changes of a holder frees no key.
    const millis = typeof now.millis === "number" ? now.millis : yield* now.millis
    const { answers, changes } = afterConflicts(others, inTheWay, millis)
    yield* eachInTurn(inChunks(changes), (chunk) => change(chunk, now.sql))
    return jobs.map((job, index) => (isNew(job, index) ? undefined : answers.get(job)) ?? enqueued(job))
  })

  /** Adds jobs in one statement, if they are one and nothing is in its way. None if nothing was written. */
  const enqueueIfNew = (
    jobs: ReadonlyArray<NewJob>,
    now: Statement.Fragment
  ): OnConnection<Option.Option<ReadonlyArray<Enqueued>>> =>
    jobs.length === 1
      ? insertWhole(jobs, now).pipe(
        Effect.map((inserted) => Option.liftPredicate(inserted.map(enqueued), Arr.isNonEmptyArray)),
        Effect.catchIf(hasWrittenNothing, () => Effect.succeedNone)
      )
      : Effect.succeedNone

  return { enqueue, enqueueIfNew }
}
