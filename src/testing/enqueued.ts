import { Clock, DateTime, Duration, Effect, Predicate } from "effect"
import type { InvalidJob, InvalidOption } from "../domain/errors.ts"
import { instantText } from "../domain/instantText.ts"
import type * as Job from "../domain/Job.ts"
import type { JobRecord } from "../domain/JobRecord.ts"
import { decodeJson } from "../domain/wireValue.ts"
import { JobQueue } from "../runtime/JobQueue.ts"
import type { EnqueueOptions, ListOptions, Page } from "../runtime/JobQueueService.ts"
import type { StoreFailure } from "../store/JobStore.ts"
import { differences, differencesInFields, shown } from "./differences.ts"
import { NotEnqueued, UnexpectedlyEnqueued } from "./errors.ts"

/** A pending job, with the payload as its handler will be given it. */
export interface EnqueuedJob<J extends Job.Any> extends Omit<JobRecord, "payload"> {
  readonly payload: Job.Payload<J>
}

/** The fields of a payload that matter, or what has to be true of it. */
export type ExpectedPayload<J extends Job.Any> = Partial<Job.Payload<J>> | ((payload: Job.Payload<J>) => boolean)

/** The options of an enqueue that the job itself shows: not those about another job. */
export type ExpectedOptions = Omit<EnqueueOptions, "onConflict" | "maxWait">

/** The reasons why enqueued jobs cannot be read: InvalidJob for a payload that its definition does not decode. */
export type UnreadableJobs = InvalidJob | InvalidOption | StoreFailure

/** The pending jobs of this kind, due or due later, in the order of their ids: that of the enqueues, unless a caller made the id. */
export const enqueued = <J extends Job.Any>(
  job: J
): Effect.Effect<ReadonlyArray<EnqueuedJob<J>>, UnreadableJobs, JobQueue> =>
  Effect.flatMap(
    allJobs({ kind: job.kind, status: "pending" }),
    (records) =>
      Effect.forEach(records, (record) =>
        Effect.map(
          decodeJson(job.kind, "payload", job.payloadSchema, record.payload),
          (payload): EnqueuedJob<J> => Object.assign({}, record, { payload: payload as Job.Payload<J> })
        ))
  )

/**
 * Answers the first pending job of this kind that is as expected, or fails with
 * NotEnqueued, which says what there is instead.
 *
 * Describe it as it was enqueued: fields of the payload and options that are left
 * out may be anything. `delay` counts from now.
 */
export const assertEnqueued = <J extends Job.Any>(
  job: J,
  payload?: ExpectedPayload<J>,
  options: ExpectedOptions = {}
): Effect.Effect<EnqueuedJob<J>, NotEnqueued | UnreadableJobs, JobQueue> =>
  Effect.gen(function*() {
    const now = yield* Clock.currentTimeMillis
    const pending = yield* enqueued(job)
    const compared = pending.map((found) => ({ found, differs: differs(found, payload, options, now) }))
    const match = compared.find(({ differs }) => differs.length === 0)
    if (match !== undefined) return match.found
    const instead = compared.length > 0
      ? compared.map(({ differs, found }) => `job ${found.id} with ${differs.join("; ")}`)
      : yield* everythingByKind
    return yield* new NotEnqueued({ kind: job.kind, instead })
  })

/** Fails with UnexpectedlyEnqueued if `assertEnqueued` of the same would find a job. */
export const assertNotEnqueued = <J extends Job.Any>(
  job: J,
  payload?: ExpectedPayload<J>,
  options: ExpectedOptions = {}
): Effect.Effect<void, UnexpectedlyEnqueued | UnreadableJobs, JobQueue> =>
  Effect.gen(function*() {
    const now = yield* Clock.currentTimeMillis
    const found = (yield* enqueued(job)).filter((found) => differs(found, payload, options, now).length === 0)
    if (found.length === 0) return
    return yield* new UnexpectedlyEnqueued({
      kind: job.kind,
      found: found.map((job) => `job ${job.id}, due at ${instantText(job.availableAt)}, with ${shown(job.payload)}`)
    })
  })

/** The ways in which a job is not as expected. */
const differs = <J extends Job.Any>(
  found: EnqueuedJob<J>,
  payload: ExpectedPayload<J> | undefined,
  { at, delay, ...same }: ExpectedOptions,
  now: number
): ReadonlyArray<string> => [
  ...payloadDiffers(found.payload, payload),
  ...at === undefined
    ? []
    : differences("at", DateTime.formatIso(DateTime.unsafeMake(at)), instantText(found.availableAt)),
  ...delay === undefined
    ? []
    : differences("delay", Duration.format(delay), Duration.format(found.availableAt - now)),
  ...Object.entries(same).flatMap(([name, expected]) =>
    expected === undefined ? [] : differences(name, expected, found[name as keyof typeof same])
  )
]

const payloadDiffers = (found: unknown, expected: unknown): ReadonlyArray<string> => {
  if (expected === undefined) return []
  if (!Predicate.isFunction(expected)) return differencesInFields("payload", expected, found)
  return expected(found) === true ? [] : [`payload: not as the predicate expects, got ${shown(found)}`]
}

/** Every page of jobs, oldest first. */
const allJobs = (filter: Pick<ListOptions, "kind" | "status">) =>
  Effect.gen(function*() {
    const newestFirst: Array<JobRecord> = []
    let cursor: string | null = null
    do {
      const page: Page = yield* JobQueue.list(cursor === null ? filter : { ...filter, cursor })
      newestFirst.push(...page.jobs)
      cursor = page.cursor
    } while (cursor !== null)
    return newestFirst.toReversed()
  })

/** A line for each kind and status that there are jobs of. */
const everythingByKind = Effect.map(allJobs({}), (jobs) => {
  const counts = new Map<string, number>()
  for (const { kind, status } of jobs) {
    const line = `${status} "${kind}"`
    counts.set(line, (counts.get(line) ?? 0) + 1)
  }
  return counts.size === 0 ? ["no job at all"] : [...counts].map(([line, count]) => `${count} ${line}`)
})
