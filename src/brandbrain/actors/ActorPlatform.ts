import { Context, Schema } from "effect"
import type { Duration, Effect } from "effect"

/** One run of an actor, as the platform tells of it. */
export const ActorRun = Schema.Struct({
  id: Schema.String,
  actId: Schema.String,
  /** READY, RUNNING, SUCCEEDED, FAILED, TIMED-OUT, ABORTED, and whatever else a platform thinks of. */
  status: Schema.String,
  /** The actor's own words about how it is getting on, or why it failed. */
  statusMessage: Schema.NullOr(Schema.String),
  defaultDatasetId: Schema.String,
  startedAt: Schema.NullOr(Schema.String),
  finishedAt: Schema.NullOr(Schema.String)
})
export type ActorRun = typeof ActorRun.Type

/** True when the run has ended, well or badly. Any other status, known or not, means wait. */
export const isTerminal = (status: string): boolean => ["SUCCEEDED", "FAILED", "TIMED-OUT", "ABORTED"].includes(status)

/** The platform refused, failed, or could not be reached. Holds neither the token nor what was sent. */
export class ActorPlatformError extends Schema.TaggedError<ActorPlatformError>()("ActorPlatformError", {
  /** The HTTP status, or null when no answer came. */
  status: Schema.NullOr(Schema.Int),
  /** The platform's own word for the fault, such as `record-not-found`. */
  type: Schema.String,
  reason: Schema.String,
  /** Whether the same call may succeed later. Whoever makes the call over the network has already tried again. */
  retryable: Schema.Boolean,
  /** A run may have been started all the same: no answer came, or one that does not say. */
  uncertain: Schema.optionalWith(Schema.Boolean, { default: () => false })
}) {
  override get message() {
    return `${this.reason} (${this.status === null ? this.type : `${this.status} ${this.type}`})`
  }
}

/** True when the account has no room for another run, which passes when one of its runs ends. Nothing was started. */
export const isFull = (error: Pick<ActorPlatformError, "status" | "type">): boolean =>
  error.status === 402 && fullTypes.has(error.type)

const fullTypes = new Set(["actor-memory-limit-exceeded", "concurrent-runs-limit-exceeded"])

/** True when the platform knows of no such thing, or not yet: what was just made may take seconds to be seen. */
export const isUnseen = (error: ActorPlatformError): boolean => error.status === 404

/** The bounds that the platform keeps a run to. */
export interface RunLimits {
  /** The most items that it may charge for. */
  readonly maxItems: number
  /** The platform ends the run after this long. */
  readonly timeout: Duration.Duration
}

/** A platform that runs actors and keeps what they find. Methods are in the order a run meets them. */
export class ActorPlatform extends Context.Tag("holdfast/brandbrain/ActorPlatform")<ActorPlatform, {
  /**
   * Starts a run, which costs money. Answers as soon as it is started.
   *
   * An interruption waits for the answer to a request that is under way, for what
   * was started must be known. It takes effect between two requests even where
   * the caller cannot be interrupted: there, nothing was started.
   */
  readonly startRun: (
    actorId: string,
    input: Readonly<Record<string, unknown>>,
    limits: RunLimits
  ) => Effect.Effect<ActorRun, ActorPlatformError>
  /**
   * The actor's runs with this input that were started since then (epoch milliseconds, give or take how far two
   * clocks differ), newest first: for a start whose answer never came.
   */
  readonly findRuns: (
    actorId: string,
    input: Readonly<Record<string, unknown>>,
    since: number
  ) => Effect.Effect<ReadonlyArray<ActorRun>, ActorPlatformError>
  /** How the run is getting on. */
  readonly getRun: (runId: string) => Effect.Effect<ActorRun, ActorPlatformError>
  /** What a run found. There is always a limit; a platform may still answer with more. */
  readonly getItems: (
    datasetId: string,
    options: { readonly limit: number; readonly offset: number }
  ) => Effect.Effect<ReadonlyArray<unknown>, ActorPlatformError>
}>() {}
