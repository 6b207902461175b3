import { Context, Schema } from "effect"
import type { Effect, Option } from "effect"
import type { ActorRun } from "../actors/ActorPlatform.ts"
import type { StorageError } from "../storage/StorageError.ts"

/** One run for one source, as far as we know it. */
export const ApifyRun = Schema.Struct({
  id: Schema.String,
  brand_id: Schema.String,
  compile_run_id: Schema.String,
  source_id: Schema.String,
  actor_id: Schema.String,
  /** The actor's input. */
  input: Schema.parseJson(Schema.Record({ key: Schema.String, value: Schema.Unknown })),
  item_limit: Schema.Int,
  /** The reason for starting it. */
  reason: Schema.String,
  /** `starting`: the platform is asked for it, and its answer is not known yet. */
  status: Schema.Literal("starting", "running", "succeeded", "failed", "timed_out"),
  platform_run_id: Schema.NullOr(Schema.String),
  dataset_id: Schema.NullOr(Schema.String),
  raw_items_count: Schema.Int,
  normalized_created: Schema.Int,
  normalized_updated: Schema.Int,
  error_summary: Schema.NullOr(Schema.String),
  /** 1 if the platform may hold a run that we paid for and did not use. */
  is_unresolved: Schema.Literal(0, 1),
  started_at: Schema.Int,
  finished_at: Schema.NullOr(Schema.Int)
})
export type ApifyRun = typeof ApifyRun.Type

/** The runs for sources, and the raw items they found. Methods are in the order a run meets them. */
export class ApifyRuns extends Context.Tag("holdfast/brandbrain/ApifyRuns")<ApifyRuns, {
  /** The run that an earlier attempt of this compile started for the source. */
  readonly findByCompile: (
    compileRunId: string,
    sourceId: string
  ) => Effect.Effect<Option.Option<ApifyRun>, StorageError>
  /** The newest run of the source that succeeded, for any compile. */
  readonly newestSucceeded: (sourceId: string) => Effect.Effect<Option.Option<ApifyRun>, StorageError>
  /**
   * The runs that other compiles left unused at the platform, newest first.
   *
   * Leaves out runs that started before `since`, and runs that started before one that succeeded.
   */
  readonly findLeftBehind: (
    sourceId: string,
    options: { readonly compileRunId: string; readonly since: number }
  ) => Effect.Effect<ReadonlyArray<ApifyRun>, StorageError>
  /** True if one of our runs has this id at the platform. */
  readonly isKnown: (platformRunId: string) => Effect.Effect<boolean, StorageError>
  /** Adds a run that is about to be started, and returns its id. An existing run stays as it is. */
  readonly addStarting: (run: {
    readonly brandId: string
    readonly compileRunId: string
    readonly sourceId: string
    readonly actorId: string
    readonly input: Readonly<Record<string, unknown>>
    readonly itemLimit: number
    readonly reason: string
  }) => Effect.Effect<string, StorageError>
  /**
   * Saves the platform's id of the run, by which a later attempt finds it.
   *
   * `startedAt` is for a run that an earlier compile started, since reusing a run makes it no younger.
   */
  readonly markStarted: (
    id: string,
    run: ActorRun,
    options?: { readonly startedAt?: number }
  ) => Effect.Effect<void, StorageError>
  /** Replaces the raw items of the run. Each is a JSON text. */
  readonly replaceRawItems: (id: string, items: ReadonlyArray<string>) => Effect.Effect<void, StorageError>
  /** The raw items of the run as JSON texts, in their order. */
  readonly rawItems: (id: string) => Effect.Effect<ReadonlyArray<string>, StorageError>
  readonly markSucceeded: (id: string, counts: {
    readonly rawItems: number
    readonly created: number
    readonly updated: number
    /** Now, unless the run ended earlier. */
    readonly endedAt?: number | undefined
  }) => Effect.Effect<void, StorageError>
  /** Ends the run. `error` is for a person. `unresolved` leaves it to a later compile to look for. */
  readonly markFailed: (
    id: string,
    status: "failed" | "timed_out",
    error: string,
    options?: { readonly unresolved?: boolean }
  ) => Effect.Effect<void, StorageError>
  /** Marks a run that was left behind as used, or as useless. */
  readonly markResolved: (id: string) => Effect.Effect<void, StorageError>
}>() {}
