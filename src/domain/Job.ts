import type { Duration, Scope } from "effect"
import { Context, Effect, Layer, Option, Predicate, Schema } from "effect"
import type { Backoff } from "./Backoff.ts"
import { defaultBackoff } from "./Backoff.ts"
import type { CurrentJob } from "./CurrentJob.ts"
import type { ForeignTransaction, LeaseLost, StoreError } from "./errors.ts"
import { InvalidJob } from "./errors.ts"
import { timerSpan } from "./timerSpan.ts"
import type { Verdict } from "./Verdict.ts"

/** The queue of a job that names none. */
export const defaultQueue = "default"

/** Attempts that may fail or go stale before a job has failed. */
export const defaultMaxAttempts = 3

/** Priorities go from -1000 to 1000, higher first; few distinct ones keep claims cheap. */
export const priorityLimit = 1000

/**
 * The definition of a kind of job: what it carries and how it is run. A
 * producer needs only this; a worker also needs the Layer that `toLayer` makes.
 */
export interface Job<
  Kind extends string,
  Payload extends Schema.Schema.Any,
  Success extends Schema.Schema.Any,
  Error extends Schema.Schema.Any
> extends Any {
  readonly kind: Kind
  readonly payloadSchema: Payload
  readonly successSchema: Success
  readonly errorSchema: Error

  /**
   * Provides the code that runs this kind of job, as a function of the payload
   * or as an Effect that builds one when the layer is built. Besides its own
   * error a handler may fail with a `Verdict`, or let through what Holdfast's
   * calls fail with; CurrentJob and a Scope, closed
   * before the job is settled, are given to it. The layer is built anew at each
   * mention, so that the workers of two databases do not share its services. An
   * Effect that builds a handler has the layer's Scope: what it acquires is
   * released when the layer closes, after the worker's attempts have ended.
   */
  readonly toLayer: <H extends HandlerSource<Payload, Success, Error>>(
    handler: H
  ) => Layer.Layer<Handler<Kind>, BuildError<H>, BuildContext<H> | HandlerContext<H>>
}

/** A definition of any kind of job. */
export interface Any {
  readonly kind: string
  readonly payloadSchema: Schema.Schema.Any
  readonly successSchema: Schema.Schema.Any
  readonly errorSchema: Schema.Schema.Any
  readonly queue: string
  readonly priority: number
  readonly maxAttempts: number
  readonly backoff: Backoff
  readonly timeout: Option.Option<Duration.Duration>
  /** How long a claim of this kind holds; none for the worker's own setting. */
  readonly lease: Option.Option<Duration.Duration>
}

/** The value a definition's jobs are enqueued with and its handler is given. */
export type Payload<J extends Any> = Schema.Schema.Type<J["payloadSchema"]>

/** The function that runs a job, or an Effect that builds one. */
export type HandlerSource<
  Payload extends Schema.Schema.Any,
  Success extends Schema.Schema.Any,
  Error extends Schema.Schema.Any
> =
  | HandlerFunction<Payload, Success, Error>
  // oxlint-disable-next-line typescript/no-explicit-any -- a bound for inference, never a value's type
  | Effect.Effect<HandlerFunction<Payload, Success, Error>, any, any>

type HandlerFunction<
  Payload extends Schema.Schema.Any,
  Success extends Schema.Schema.Any,
  Error extends Schema.Schema.Any
> = (
  payload: Schema.Schema.Type<Payload>
  // oxlint-disable-next-line typescript/no-explicit-any -- a bound for inference, never a value's type
) => Effect.Effect<Schema.Schema.Type<Success>, Schema.Schema.Type<Error> | Verdict | RuntimeError, any>

/** What Holdfast's own calls fail with: a handler may let it through, and its attempt fails. */
type RuntimeError = LeaseLost | InvalidJob | ForeignTransaction | StoreError

type BuildError<H> = H extends Effect.Effect<infer _F, infer E, infer _R> ? E : never

/** Includes CurrentJob if the building effect uses it: a handler is built before there is a job to provide. */
type BuildContext<H> = H extends Effect.Effect<infer _F, infer _E, infer R> ? Exclude<R, Scope.Scope> : never

type HandlerContext<H> = H extends Effect.Effect<infer F, infer _E, infer _R> ? HandlerContext<F>
  : H extends (payload: never) => Effect.Effect<infer _A, infer _E, infer R> ? Exclude<R, CurrentJob | Scope.Scope>
  : never

/** In a Layer's type: the code for jobs of this kind. A worker that lists the kind requires it. */
export interface Handler<in out Kind extends string> {
  readonly _: unique symbol
  readonly kind: Kind
}

/** The handlers that a worker of these definitions requires. */
export type HandlerOf<J> = J extends { readonly kind: infer Kind extends string } ? Handler<Kind> : never

/** What a handler's Layer holds: its definition, the code, and the services that the layer was built with. */
export interface HandlerService {
  readonly job: Any
  readonly run: (payload: unknown) => Effect.Effect<unknown, unknown, CurrentJob | Scope.Scope>
  readonly services: Context.Context<never>
}

/** The tag under which the handler of `kind` is found. */
export const handlerTag = <Kind extends string>(kind: Kind): Context.Tag<Handler<Kind>, HandlerService> =>
  Context.GenericTag<Handler<Kind>, HandlerService>(`holdfast/domain/Handler/${kind}`)

/** The schema of a payload that may be given as the fields of a struct. */
export type PayloadSchema<Payload extends Schema.Schema.AnyNoContext | Schema.Struct.Fields> = Payload extends
  Schema.Schema.AnyNoContext ? Payload
  : Payload extends Schema.Struct.Fields ? Schema.Struct<Payload>
  : never

/** What can be said of a kind of job. */
export interface Options<Payload, Success, Error> {
  /** A schema, or the fields of a struct. Its encoded form is stored as JSON, at most 1 MiB. */
  readonly payload: Payload
  /** Of the handler's result, which is kept with the job. Schema.Void unless given. */
  readonly success?: Success
  /** Of the errors a handler may fail with. Any error, unless given. */
  readonly error?: Error
  /** The queue of jobs that name none at enqueue; "default" unless given. */
  readonly queue?: string
  /** Higher is claimed first, strictly: low priorities can starve. An integer from -1000 to 1000, 0 unless given. */
  readonly priority?: number
  /** Failed and stale attempts until the job has failed, 3 unless given. */
  readonly maxAttempts?: number
  /**
   * A Schedule without requirements, replayed from its start at each failure, as if each attempt had failed at once when
   * it was due, and the last one now: one that names instants of the calendar keeps to them. When it ends, the job has
   * failed.
   */
  readonly backoff?: Backoff
  /** A handler still running after this is interrupted and its attempt fails. No timeout unless given. */
  readonly timeout?: Duration.DurationInput
  /** How long a claim holds without a heartbeat. The worker's setting unless given. */
  readonly lease?: Duration.DurationInput
}

/**
 * Defines a kind of job. The kind is stored with every job and must stay what it
 * is for as long as unfinished jobs carry it.
 *
 * Throws InvalidJob, which names the option, when one does not fit.
 */
export const make = <
  const Kind extends string,
  Payload extends Schema.Schema.AnyNoContext | Schema.Struct.Fields,
  Success extends Schema.Schema.AnyNoContext = typeof Schema.Void,
  Error extends Schema.Schema.AnyNoContext = typeof Schema.Unknown
>(
  kind: Kind,
  options: Options<Payload, Success, Error>
): Job<Kind, PayloadSchema<Payload>, Success, Error> => {
  const { lease, maxAttempts = defaultMaxAttempts, priority = 0, queue = defaultQueue, timeout } = options
  if (kind.trim() === "") throw new InvalidJob({ kind, field: "kind", given: JSON.stringify(kind), allowed: "a name" })
  for (
    const problem of [
      nameProblem(kind, "kind", kind),
      nameProblem(kind, "queue", queue),
      priorityProblem(kind, priority),
      maxAttemptsProblem(kind, maxAttempts)
    ]
  ) if (Option.isSome(problem)) throw problem.value

  const payloadSchema = Schema.isSchema(options.payload)
    ? options.payload
    : Schema.Struct(options.payload)

  const job = {
    kind,
    payloadSchema,
    successSchema: options.success ?? Schema.Void,
    errorSchema: options.error ?? Schema.Unknown,
    queue,
    priority,
    maxAttempts,
    backoff: options.backoff ?? defaultBackoff,
    timeout: span(kind, "timeout", timeout),
    lease: span(kind, "lease", lease),
    toLayer: (handler: AnyHandler | Effect.Effect<AnyHandler, unknown, unknown>) => handlerLayer(job, handler)
  }
  return job as never
}

type AnyHandler = (payload: never) => Effect.Effect<unknown, unknown, CurrentJob | Scope.Scope>

/** Built anew at each mention: the worker of a second database runs it with the services of its own. */
const handlerLayer = (job: Any, handler: AnyHandler | Effect.Effect<AnyHandler, unknown, unknown>) =>
  Layer.fresh(Layer.scoped(
    handlerTag(job.kind),
    Effect.gen(function*() {
      const run = Effect.isEffect(handler) ? yield* handler : handler
      return {
        job,
        run: (payload: unknown) => Effect.suspend(() => run(payload as never)),
        services: yield* Effect.context<never>()
      }
    })
  ))

const span = (kind: string, field: string, input: Duration.DurationInput | undefined) => {
  if (input === undefined) return Option.none()
  const duration = timerSpan(input, 1)
  if (Option.isSome(duration)) return duration
  throw new InvalidJob({ kind, field, given: String(input), allowed: "a duration from 1 ms to 24 days" })
}

/** Says what is wrong with a priority, if anything is. */
export const priorityProblem = (kind: string, priority: number): Option.Option<InvalidJob> =>
  Number.isInteger(priority) && Math.abs(priority) <= priorityLimit ? Option.none() : Option.some(
    new InvalidJob({
      kind,
      field: "priority",
      given: String(priority),
      allowed: `an integer from -${priorityLimit} to ${priorityLimit}`
    })
  )

/** Says what is wrong with a failure budget, if anything is. */
export const maxAttemptsProblem = (kind: string, maxAttempts: number): Option.Option<InvalidJob> =>
  Number.isSafeInteger(maxAttempts) && maxAttempts >= 1 ? Option.none() : Option.some(
    new InvalidJob({ kind, field: "maxAttempts", given: String(maxAttempts), allowed: "an integer of 1 or more" })
  )

/** Says what is wrong with a name or a key: SQLite gives half a surrogate pair back as another character. */
export const nameProblem = (kind: string, field: string, name: string): Option.Option<InvalidJob> =>
  Predicate.isString(name) && name.length > 0 && name.length <= 255 && name.isWellFormed() ?
    Option.none() :
    Option.some(
      new InvalidJob({ kind, field, given: JSON.stringify(name), allowed: "well-formed text of 1 to 255 characters" })
    )
