import type { Fiber, Schema } from "effect"
import { Clock, Context, DateTime, Effect, Either, Option } from "effect"
import * as Backoff from "../domain/Backoff.ts"
import { checkField } from "../domain/check.ts"
import { InvalidJob } from "../domain/errors.ts"
import type * as Job from "../domain/Job.ts"
import { JobId } from "../domain/JobId.ts"
import { Delay, Instant, MaxAttempts, Name, Priority } from "../domain/limits.ts"
import type { JsonRefusal } from "../domain/wireValue.ts"
import { encodePayload } from "../domain/wireValue.ts"
import { EventLoop } from "../platform/EventLoop.ts"
import { Ids } from "../platform/Ids.ts"
import type { NewJob } from "../store/JobStore.ts"
import type { EnqueueOptions } from "./JobQueueService.ts"
import { traceContextOf } from "./telemetry/traceContext.ts"
import { uniqueness } from "./uniqueness.ts"

/** A payload, and the options of its enqueue. */
export type Entry = { readonly payload?: unknown } & EnqueueOptions

/** Jobs as the store takes them, or the first thing that is wrong with one. Ids and trace come from the calling fiber. */
export const newJobs = (
  job: Job.Any,
  entries: ReadonlyArray<Entry>,
  jsonRefusal?: JsonRefusal
): Effect.Effect<ReadonlyArray<NewJob>, InvalidJob> =>
  Effect.withFiberRuntime((fiber) => {
    const twice = entries.length > 1 ? idGivenTwice(entries) : undefined
    if (twice !== undefined) {
      const { kind } = job
      return Effect.fail(new InvalidJob({ kind, field: "id", given: `${twice} twice`, allowed: "each id once" }))
    }
    const { overdue, turn } = Context.get(fiber.currentContext, EventLoop)
    const jobs: Array<NewJob> = []
    // It goes on where it was left.
    const rest = entries.values()
    // Heartbeats must go on while a million jobs are made, or many are refused. The store gives way by itself.
    const makeRest = (): Effect.Effect<ReadonlyArray<NewJob>, InvalidJob> => {
      for (const entry of rest) {
        const made = newJob(fiber, job, entry, jsonRefusal)
        if (Either.isLeft(made)) return Effect.zipRight(overdue() ? turn : Effect.void, Effect.fail(made.left))
        jobs.push(made.right)
        if (jobs.length < entries.length && overdue()) return Effect.zipRight(turn, Effect.suspend(makeRest))
      }
      return Effect.succeed(jobs)
    }
    return makeRest()
  })

const idGivenTwice = (entries: ReadonlyArray<Entry>) => {
  const ids = new Set<string>()
  return entries.find(({ id }) => id !== undefined && ids.size === ids.add(id).size)?.id
}

/** Checks the options of an enqueue. Defaults come from the definition, which checked them when it was made. */
const newJob = (
  fiber: Fiber.RuntimeFiber<unknown, unknown>,
  job: Job.Any,
  options: Entry,
  jsonRefusal: JsonRefusal | undefined
) =>
  Either.gen(function*() {
    const { kind } = job
    const { payload } = options
    const given = <A, I>(field: "queue" | "priority" | "maxAttempts" | "id", rule: Schema.Schema<A, I>) =>
      options[field] === undefined ? Either.right(undefined) : checkField(kind, field, rule, options[field])
    const queue = (yield* given("queue", Name)) ?? job.queue
    const priority = (yield* given("priority", Priority)) ?? job.priority
    const maxAttempts = (yield* given("maxAttempts", MaxAttempts)) ?? job.maxAttempts
    const encoded = yield* encodePayload(kind, job.payloadSchema, payload, jsonRefusal)
    const partitionKey = yield* keyOf(job, "partitionKey", payload, options)
    const uniqueKey = yield* keyOf(job, "uniqueKey", payload, options)
    const id = (yield* given("id", JobId)) ?? nextId(fiber)
    const unique = yield* uniqueness(kind, uniqueKey, options)
    const available = yield* availability(kind, options)
    const traceContext = traceContextOf(fiber)
    return {
      id,
      kind,
      queue,
      priority,
      maxAttempts,
      payload: encoded,
      partitionKey,
      uniqueKey,
      available,
      traceContext,
      ...unique
    }
  })

const nextId = ({ currentContext, currentDefaultServices }: Fiber.RuntimeFiber<unknown, unknown>) =>
  Context.get(currentContext, Ids).jobIdAt(
    Context.get(currentDefaultServices, Clock.Clock).unsafeCurrentTimeMillis()
  )

/** The key that an enqueue names, else the one that its definition makes of the payload. */
const keyOf = (job: Job.Any, field: "uniqueKey" | "partitionKey", payload: unknown, options: EnqueueOptions) => {
  const { kind } = job
  const named = Option.fromNullable(options[field])
  const key = Option.isSome(named) || Option.isNone(job[field])
    ? Either.right(Option.getOrUndefined(named))
    // It is the app's code, and what it throws can show the payload.
    : Either.try({
      try: () => Option.getOrThrow(job[field])(payload as never),
      catch: () => new InvalidJob({ kind, field, allowed: "a function that does not throw" })
    })
  return Either.flatMap(
    key,
    (name) => name === undefined ? Either.right(null) : checkField(kind, field, Name, name)
  )
}

const availability = (kind: string, { at, delay }: EnqueueOptions): Either.Either<NewJob["available"], InvalidJob> => {
  if (at !== undefined && delay !== undefined) {
    return Either.left(new InvalidJob({ kind, field: "delay and at", allowed: "only one of the two" }))
  }
  if (at === undefined && delay === undefined) return Either.right({ after: 0 })
  return at === undefined
    ? Either.map(checkField(kind, "delay", Delay, delay), (delay) => ({ after: Backoff.storableMillis(delay) }))
    : Either.map(
      checkField(kind, "at", Instant, at),
      (instant) => ({ at: Math.floor(DateTime.toEpochMillis(instant)) })
    )
}
