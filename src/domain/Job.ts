import type { Duration, Scope } from "effect"
import { Context, Effect, Either, Layer, Option, Schema } from "effect"
import type { Backoff } from "./Backoff.ts"
import { defaultBackoff } from "./Backoff.ts"
import { checkField } from "./check.ts"
import type { CurrentJob } from "./CurrentJob.ts"
import type { ForeignTransaction, InvalidJob, LeaseLost, StoreError } from "./errors.ts"
import { Kind as KindRule, MaxAttempts, Name, Priority, TimerSpan } from "./limits.ts"
import { NoPayload } from "./NoPayload.ts"
import type { Verdict } from "./Verdict.ts"

/**
 * The definition of a kind of job: its payload, and how it is run. A producer
 * needs only this; a worker also needs the Layer that `toLayer` makes.
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
   * Provides the code that runs this kind of job: a function of the payload, or
   * an Effect that builds one when the layer is built.
   *
   * A handler may fail with its own error, with a `Verdict`, or with the errors
   * of Holdfast's calls. It is given CurrentJob and a Scope that closes before
   * the job is settled.
   *
   * The layer is built anew at each mention, so that the workers of two databases
   * do not share its services. An Effect that builds a handler has the layer's
   * Scope: what it acquires is released when the layer closes, after the worker's
   * attempts have ended.
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
  /** The length of a lease on a job of this kind; none for the worker's own setting. */
  readonly leaseFor: Option.Option<Duration.Duration>
  /** The time for which its handler may block the event loop; none for the worker's own setting. */
  readonly stallLimit: Option.Option<Duration.Duration>
  /** The unique key of a job whose enqueue names none, from its payload. */
  readonly uniqueKey: Option.Option<(payload: never) => string | undefined>
  /** The partition of a job whose enqueue names none, from its payload. */
  readonly partitionKey: Option.Option<(payload: never) => string | undefined>
}

/** A definition without a payload: its jobs are enqueued without one. */
export interface WithoutPayload extends Any {
  readonly payloadSchema: NoPayload
}

/** The value that a job is enqueued with and its handler is given; void for a definition without a payload. */
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

/** The errors of Holdfast's own calls: a handler may let them through, and its attempt fails. */
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

/** The content of a handler's Layer: its definition, the code, and the services that the layer was built with. */
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

/** The options of a kind of job whose payload is `Type`. */
export interface Options<Type, Success, Error> {
  /** The schema of the handler's result, which is kept with the job. Schema.Void unless given. */
  readonly success?: Success
  /**
   * The schema of the errors that a handler may fail with. The error of a failed
   * attempt is then kept encoded by it, as `JobRecord.lastErrorValue`: so leave
   * out of it what must not be stored. Any error, kept as text, unless given.
   */
  readonly error?: Error
  /** The queue of jobs whose enqueue names none; "default" unless given. */
  readonly queue?: string
  /** Higher is claimed first, strictly: low priorities can starve. A whole number from -1000 to 1000, 0 unless given. */
  readonly priority?: number
  /**
   * The failure budget: a job whose attempts have failed or gone stale this often
   * has failed. 3 unless given: one attempt and two retries. Snoozes, shutdowns
   * and attempts that are handed back spend none of it, so that a job may be
   * claimed more often than this.
   */
  readonly maxAttempts?: number
  /**
   * A Schedule without requirements, replayed from its start at each failure, as
   * if each attempt had failed at once when it was due, and the last one now: one
   * that names instants of the calendar keeps to them. When it ends, the job has
   * failed.
   */
  readonly backoff?: Backoff
  /** A handler still running after this is interrupted and its attempt fails. No timeout unless given. */
  readonly timeout?: Duration.DurationInput
  /** The length of a lease on a job of this kind. The worker's setting unless given. */
  readonly leaseFor?: Duration.DurationInput
  /**
   * The time for which its handler may block the event loop: more than its longest computation takes. While such a
   * job runs, a process may be blocked for as long. The worker's setting unless given.
   */
  readonly stallLimit?: Duration.DurationInput
  /** The unique key, unless an enqueue names one: text, or a function of the payload. Undefined means that the job has no key. */
  readonly uniqueKey?: string | ((payload: Type) => string | undefined)
  /** The partition, or tenant, of jobs whose enqueue names none: text, or a function of the payload. */
  readonly partitionKey?: string | ((payload: Type) => string | undefined)
}

/** The two ways to define a kind of job: without a payload and with one. */
interface Make {
  /** The definition of jobs without a payload. */
  <
    const Kind extends string,
    Success extends Schema.Schema.AnyNoContext = typeof Schema.Void,
    Error extends Schema.Schema.AnyNoContext = typeof Schema.Unknown
  >(
    kind: Kind,
    options?: Options<void, Success, Error> & { readonly payload?: never }
  ): Job<Kind, NoPayload, Success, Error>

  /** The definition of jobs with a payload. */
  <
    const Kind extends string,
    Payload extends Schema.Schema.AnyNoContext | Schema.Struct.Fields,
    Success extends Schema.Schema.AnyNoContext = typeof Schema.Void,
    Error extends Schema.Schema.AnyNoContext = typeof Schema.Unknown
  >(
    kind: Kind,
    options: Options<Schema.Schema.Type<PayloadSchema<Payload>>, Success, Error> & {
      /** A schema, or the fields of a struct. Its encoded form is stored as JSON, at most 1 MiB. */
      readonly payload: Payload
    }
  ): Job<Kind, PayloadSchema<Payload>, Success, Error>
}

/**
 * Defines a kind of job. The kind is stored with every job: keep it as long as
 * unfinished jobs carry it.
 *
 * A definition without a payload stores `{}` and reads anything. So a later release
 * can add a payload whose fields are optional or have defaults, and still run the
 * jobs that wait.
 *
 * Throws InvalidJob, which names the option, when one does not fit.
 */
export const make: Make = (
  kind: string,
  options: Options<never, Schema.Schema.AnyNoContext, Schema.Schema.AnyNoContext> & {
    readonly payload?: Schema.Schema.AnyNoContext | Schema.Struct.Fields
  } = {}
) => {
  const option = <A, I>(field: keyof typeof options | "kind", rule: Schema.Schema<A, I>, given: unknown): A =>
    Either.getOrThrowWith(checkField(kind, field, rule, given), (problem: InvalidJob) => problem)
  const span = (field: "timeout" | "leaseFor" | "stallLimit") =>
    Option.map(Option.fromNullable(options[field]), (given) => option(field, TimerSpan, given))
  const key = (field: "uniqueKey" | "partitionKey") =>
    Option.map(Option.fromNullable(options[field]), (given) => {
      if (typeof given === "function") return given
      const name = option(field, Name, given)
      return () => name
    })

  const job = {
    kind: option("kind", KindRule, kind),
    payloadSchema: payloadSchema(options.payload),
    successSchema: options.success ?? Schema.Void,
    errorSchema: options.error ?? Schema.Unknown,
    queue: option("queue", Name, options.queue ?? "default"),
    priority: option("priority", Priority, options.priority ?? 0),
    maxAttempts: option("maxAttempts", MaxAttempts, options.maxAttempts ?? 3),
    backoff: options.backoff ?? defaultBackoff,
    timeout: span("timeout"),
    leaseFor: span("leaseFor"),
    stallLimit: span("stallLimit"),
    uniqueKey: key("uniqueKey"),
    partitionKey: key("partitionKey"),
    toLayer: (handler: AnyHandler | Effect.Effect<AnyHandler, unknown, unknown>) => handlerLayer(job, handler)
  }
  return job as never
}

const payloadSchema = (payload: Schema.Schema.AnyNoContext | Schema.Struct.Fields | undefined) => {
  if (payload === undefined) return NoPayload
  return Schema.isSchema(payload) ? payload : Schema.Struct(payload)
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
