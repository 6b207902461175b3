import { Context, Schema } from "effect"
import type { Duration, Effect } from "effect"

/** One run of an actor, as the platform describes it. */
export const ActorRun = Schema.Struct({
  id: Schema.String,
  actId: Schema.String,
  /** READY, RUNNING, SUCCEEDED, FAILED, TIMED-OUT, ABORTED; a platform may have others. */
  status: Schema.String,
  /** The actor's own message about its progress or failure. */
  statusMessage: Schema.NullOr(Schema.String),
  defaultDatasetId: Schema.String,
  startedAt: Schema.NullOr(Schema.String),
  finishedAt: Schema.NullOr(Schema.String)
})
export type ActorRun = typeof ActorRun.Type

/** True if the run has ended. Any other status, known or not, means wait. */
export const isTerminal = (status: string): boolean => ["SUCCEEDED", "FAILED", "TIMED-OUT", "ABORTED"].includes(status)

/** The platform refused, failed, or could not be reached. Contains neither the token nor the request. */
export class ActorPlatformError extends Schema.TaggedError<ActorPlatformError>()("ActorPlatformError", {
  /** The HTTP status; null if no answer came. */
  status: Schema.NullOr(Schema.Int),
  /** The platform's name for the fault, such as `record-not-found`. */
  type: Schema.String,
  reason: Schema.String,
  /** The same call may succeed later. The HTTP client has already retried it. */
  retryable: Schema.Boolean,
  /** A run may have started: no answer came, or one that does not tell. */
  uncertain: Schema.optionalWith(Schema.Boolean, { default: () => false })
}) {
  override get message() {
    return `${this.reason} (${this.status === null ? this.type : `${this.status} ${this.type}`})`
  }
}

/** True if the account has no room for another run until one ends. Nothing was started. */
export const isFull = (error: Pick<ActorPlatformError, "status" | "type">): boolean =>
  error.status === 402 && fullTypes.has(error.type)

const fullTypes = new Set(["actor-memory-limit-exceeded", "concurrent-runs-limit-exceeded"])

/** True if the platform does not have the thing, or does not show it yet: that may take seconds. */
export const isUnseen = (error: ActorPlatformError): boolean => error.status === 404

/** The limits that the platform puts on a run. */
export interface RunLimits {
  /** The most items that it charges for. */
  readonly maxItems: number
  /** The platform ends the run after this long. */
  readonly timeout: Duration.Duration
}

/** A platform that runs actors and stores the items they find. Methods are in the order a run meets them. */
export class ActorPlatform extends Context.Tag("holdfast/brandbrain/ActorPlatform")<ActorPlatform, {
  /**
   * Starts a run, which costs money, and returns at once.
   *
   * An interruption waits for the answer to a request under way, since a run that was started must be known. Between
   * two requests, when nothing was started, it takes effect even if the caller is uninterruptible.
   */
  readonly startRun: (
    actorId: string,
    input: Readonly<Record<string, unknown>>,
    limits: RunLimits
  ) => Effect.Effect<ActorRun, ActorPlatformError>
  /**
   * Finds the actor's runs with this input that started since then, newest first, after a start without an answer.
   *
   * `since` is in epoch milliseconds. It allows for a difference between the two clocks.
   */
  readonly findRuns: (
    actorId: string,
    input: Readonly<Record<string, unknown>>,
    since: number
  ) => Effect.Effect<ReadonlyArray<ActorRun>, ActorPlatformError>
  readonly getRun: (runId: string) => Effect.Effect<ActorRun, ActorPlatformError>
  /** Reads the items that a run found. A platform may answer with more than the limit. */
  readonly getItems: (
    datasetId: string,
    options: { readonly limit: number; readonly offset: number }
  ) => Effect.Effect<ReadonlyArray<unknown>, ActorPlatformError>
}>() {}
