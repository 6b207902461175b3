import type { Schema } from "effect"
import { DateTime, Effect, Either, Option } from "effect"
import * as Backoff from "../domain/Backoff.ts"
import { checkField } from "../domain/check.ts"
import { InvalidJob } from "../domain/errors.ts"
import type * as Job from "../domain/Job.ts"
import { JobId } from "../domain/JobId.ts"
import { Delay, Instant, MaxAttempts, Name, Priority } from "../domain/limits.ts"
import { encodePayload } from "../domain/wireValue.ts"
import { Ids } from "../platform/Ids.ts"
import type { NewJob } from "../store/JobStore.ts"
import type { EnqueueOptions } from "./JobQueueService.ts"
import { currentTraceContext } from "./telemetry/traceContext.ts"
import { uniqueness } from "./uniqueness.ts"

/** A job as the store takes it, or the first thing that is wrong with it. */
export const newJob = (job: Job.Any, payload: unknown, options: EnqueueOptions): Effect.Effect<NewJob, InvalidJob> =>
  Effect.gen(function*() {
    const checked = yield* check(job, payload, options)
    const id = checked.id ?? (yield* (yield* Ids).jobId)
    return { traceContext: yield* currentTraceContext, ...checked, id }
  })

/** Checks the options of an enqueue. Defaults come from the definition, which checked them when it was made. */
const check = (job: Job.Any, payload: unknown, options: EnqueueOptions) =>
  Either.gen(function*() {
    const { kind } = job
    const given = <A, I>(field: "queue" | "priority" | "maxAttempts" | "id", rule: Schema.Schema<A, I>) =>
      options[field] === undefined ? Either.right(undefined) : checkField(kind, field, rule, options[field])
    const queue = (yield* given("queue", Name)) ?? job.queue
    const priority = (yield* given("priority", Priority)) ?? job.priority
    const maxAttempts = (yield* given("maxAttempts", MaxAttempts)) ?? job.maxAttempts
    const encoded = yield* encodePayload(kind, job.payloadSchema, payload)
    const partitionKey = yield* keyOf(job, "partitionKey", payload, options)
    const uniqueKey = yield* keyOf(job, "uniqueKey", payload, options)
    const id = yield* given("id", JobId)
    const unique = yield* uniqueness(kind, uniqueKey, options)
    const available = yield* availability(kind, options)
    return { id, kind, queue, priority, maxAttempts, payload: encoded, partitionKey, uniqueKey, ...unique, available }
  })

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
