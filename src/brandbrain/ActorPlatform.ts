import { Context, Schema } from "effect"
import type { Effect } from "effect"

/** One run of an actor, as the platform tells of it. */
export const ActorRun = Schema.Struct({
  id: Schema.String,
  actId: Schema.String,
  /** READY, RUNNING, SUCCEEDED, FAILED, TIMED-OUT, ABORTED, and whatever else a platform thinks of. */
  status: Schema.String,
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
  retryable: Schema.Boolean
}) {
  override get message() {
    return `${this.reason} (${this.status === null ? this.type : `${this.status} ${this.type}`})`
  }
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
    input: Readonly<Record<string, unknown>>
  ) => Effect.Effect<ActorRun, ActorPlatformError>
  /** How the run is getting on. */
  readonly getRun: (runId: string) => Effect.Effect<ActorRun, ActorPlatformError>
  /** What a run found. There is always a limit; a platform may still answer with more. */
  readonly getItems: (
    datasetId: string,
    options: { readonly limit: number; readonly offset: number }
  ) => Effect.Effect<ReadonlyArray<unknown>, ActorPlatformError>
}>() {}
