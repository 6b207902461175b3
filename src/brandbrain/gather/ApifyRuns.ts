import * as SqlClient from "@effect/sql/SqlClient"
import * as SqlSchema from "@effect/sql/SqlSchema"
import { Clock, Context, Effect, Layer, Schema } from "effect"
import type { Option } from "effect"
import type { ActorRun } from "../actors/ActorPlatform.ts"
import { idOf } from "../json/canonicalJson.ts"
import { storage } from "../storage/StorageError.ts"
import type { StorageError } from "../storage/StorageError.ts"

/** How one run for one source stands, as we know it. */
export const ApifyRun = Schema.Struct({
  id: Schema.String,
  brand_id: Schema.String,
  compile_run_id: Schema.String,
  source_id: Schema.String,
  actor_id: Schema.String,
  /** The input that the actor was given. */
  input: Schema.parseJson(Schema.Record({ key: Schema.String, value: Schema.Unknown })),
  item_limit: Schema.Int,
  /** Why it was started. */
  reason: Schema.String,
  /** `starting`: the platform was or is about to be asked, and its answer is not known. */
  status: Schema.Literal("starting", "running", "succeeded", "failed", "timed_out"),
  platform_run_id: Schema.NullOr(Schema.String),
  dataset_id: Schema.NullOr(Schema.String),
  raw_items_count: Schema.Int,
  normalized_created: Schema.Int,
  normalized_updated: Schema.Int,
  error_summary: Schema.NullOr(Schema.String),
  /** 1 when the platform may hold a run that nobody has made use of: it goes on, or has ended, without us. */
  is_unresolved: Schema.Literal(0, 1),
  started_at: Schema.Int,
  finished_at: Schema.NullOr(Schema.Int)
})
export type ApifyRun = typeof ApifyRun.Type

/** The runs that were started for sources, and what they brought. Methods are in the order a run meets them. */
export class ApifyRuns extends Context.Tag("holdfast/brandbrain/ApifyRuns")<ApifyRuns, {
  /** The run that this compile already has for the source: that of an attempt before this one. */
  readonly ofCompile: (
    compileRunId: string,
    sourceId: string
  ) => Effect.Effect<Option.Option<ApifyRun>, StorageError>
  /** The newest run of the source that succeeded, whichever compile it was for. */
  readonly newestSucceeded: (sourceId: string) => Effect.Effect<Option.Option<ApifyRun>, StorageError>
  /**
   * The runs that other compiles of the source left at the platform, newest first: given up, lost sight of, or
   * never waited for. Those begun before `since` are left alone, and those begun before one that succeeded.
   */
  readonly leftBehind: (
    sourceId: string,
    options: { readonly compileRunId: string; readonly since: number }
  ) => Effect.Effect<ReadonlyArray<ApifyRun>, StorageError>
  /** True if one of our runs has this id at the platform. */
  readonly isKnown: (platformRunId: string) => Effect.Effect<boolean, StorageError>
  /** Notes that a run is about to be started. Succeeds with its id; a run that is there already stays as it is. */
  readonly starting: (run: {
    readonly brandId: string
    readonly compileRunId: string
    readonly sourceId: string
    readonly actorId: string
    readonly input: Readonly<Record<string, unknown>>
    readonly itemLimit: number
    readonly reason: string
  }) => Effect.Effect<string, StorageError>
  /**
   * Notes what the platform calls the run, by which any later attempt can find it. `startedAt` is when it was
   * started, if that was for an earlier compile: a run grows no younger by being taken over.
   */
  readonly started: (
    id: string,
    run: ActorRun,
    options?: { readonly startedAt?: number }
  ) => Effect.Effect<void, StorageError>
  /** Puts these items in the place of those the run had. Each is a JSON text. */
  readonly replaceRawItems: (id: string, items: ReadonlyArray<string>) => Effect.Effect<void, StorageError>
  /** The JSON texts of the run's items, in the order they came. */
  readonly rawItems: (id: string) => Effect.Effect<ReadonlyArray<string>, StorageError>
  readonly succeeded: (id: string, counts: {
    readonly rawItems: number
    readonly created: number
    readonly updated: number
    /** When the run ended, if that was before now. */
    readonly endedAt?: number | undefined
  }) => Effect.Effect<void, StorageError>
  /** Ends the run badly. `error` is for a person to read. */
  readonly ended: (
    id: string,
    status: "failed" | "timed_out",
    error: string,
    options?: { readonly unresolved?: boolean }
  ) => Effect.Effect<void, StorageError>
  /** Notes that nothing more is to be had from a run that was left behind. */
  readonly resolved: (id: string) => Effect.Effect<void, StorageError>
}>() {}

const make = Effect.gen(function*() {
  const sql = yield* SqlClient.SqlClient

  const columns = sql.literal(Object.keys(ApifyRun.fields).join(", "))

  const selectOfCompile = SqlSchema.findOne({
    Request: Schema.Struct({ compileRunId: Schema.String, sourceId: Schema.String }),
    Result: ApifyRun,
    execute: ({ compileRunId, sourceId }) =>
      sql`
      SELECT ${columns} FROM brandbrain_apify_run
      WHERE compile_run_id = ${compileRunId} AND source_id = ${sourceId}`
  })

  const selectNewest = SqlSchema.findOne({
    Request: Schema.String,
    Result: ApifyRun,
    execute: (sourceId) =>
      sql`
      SELECT ${columns} FROM brandbrain_apify_run
      WHERE source_id = ${sourceId} AND status = 'succeeded'
      ORDER BY finished_at DESC, id
      LIMIT 1`
  })

  const selectLeftBehind = SqlSchema.findAll({
    Request: Schema.Struct({ sourceId: Schema.String, compileRunId: Schema.String, since: Schema.Number }),
    Result: ApifyRun,
    // A brand is compiled once at a time, so an unfinished run of another compile is nobody's any more.
    execute: ({ compileRunId, since, sourceId }) =>
      sql`
      SELECT ${columns} FROM brandbrain_apify_run
      WHERE source_id = ${sourceId} AND (is_unresolved = 1 OR status IN ('starting', 'running'))
        AND started_at >= ${since} AND compile_run_id <> ${compileRunId}
        AND NOT EXISTS (
          SELECT 1 FROM brandbrain_apify_run AS newer
          WHERE newer.source_id = brandbrain_apify_run.source_id AND newer.status = 'succeeded'
            AND newer.started_at > brandbrain_apify_run.started_at
        )
      ORDER BY started_at DESC, id`
  })

  const selectKnown = SqlSchema.findAll({
    Request: Schema.String,
    Result: Schema.Struct({ id: Schema.String }),
    execute: (platformRunId) =>
      sql`SELECT id FROM brandbrain_apify_run WHERE platform_run_id = ${platformRunId} LIMIT 1`
  })

  const selectRaw = SqlSchema.findAll({
    Request: Schema.String,
    Result: Schema.Struct({ raw: Schema.String }),
    execute: (id) => sql`SELECT raw FROM brandbrain_raw_apify_item WHERE apify_run_id = ${id} ORDER BY item_index`
  })

  return ApifyRuns.of({
    ofCompile: Effect.fn("ApifyRuns.ofCompile")(
      (compileRunId, sourceId) => selectOfCompile({ compileRunId, sourceId }),
      storage("ApifyRuns.ofCompile")
    ),

    newestSucceeded: Effect.fn("ApifyRuns.newestSucceeded")(
      (sourceId) => selectNewest(sourceId),
      storage("ApifyRuns.newestSucceeded")
    ),

    leftBehind: Effect.fn("ApifyRuns.leftBehind")(
      (sourceId, options) => selectLeftBehind({ sourceId, ...options }),
      storage("ApifyRuns.leftBehind")
    ),

    isKnown: Effect.fn("ApifyRuns.isKnown")(function*(platformRunId) {
      return (yield* selectKnown(platformRunId)).length > 0
    }, storage("ApifyRuns.isKnown")),

    starting: Effect.fn("ApifyRuns.starting")(function*(run) {
      const id = idOf("apify_run", run.compileRunId, run.sourceId)
      yield* sql`
      INSERT INTO brandbrain_apify_run (
        id, brand_id, compile_run_id, source_id, actor_id, input, item_limit, reason, status, started_at
      )
      VALUES (
        ${id}, ${run.brandId}, ${run.compileRunId}, ${run.sourceId}, ${run.actorId}, ${JSON.stringify(run.input)},
        ${run.itemLimit}, ${run.reason}, 'starting', ${yield* Clock.currentTimeMillis}
      )
      ON CONFLICT DO NOTHING`
      return id
    }, storage("ApifyRuns.starting")),

    started: Effect.fn("ApifyRuns.started")(function*(id, run, options) {
      yield* sql`
      UPDATE brandbrain_apify_run
      SET status = 'running', platform_run_id = ${run.id}, dataset_id = ${run.defaultDatasetId},
        started_at = coalesce(${options?.startedAt ?? null}, started_at)
      WHERE id = ${id} AND status = 'starting'`
    }, storage("ApifyRuns.started")),

    replaceRawItems: Effect.fn("ApifyRuns.replaceRawItems")(function*(id, items) {
      const removed = sql`DELETE FROM brandbrain_raw_apify_item WHERE apify_run_id = ${id}`
      const added = sql`
      INSERT INTO brandbrain_raw_apify_item (apify_run_id, item_index, raw)
      SELECT ${id}, key, value FROM json_each(${JSON.stringify(items)})`
      yield* sql.withTransaction(Effect.zipRight(removed, added))
    }, storage("ApifyRuns.replaceRawItems")),

    rawItems: Effect.fn("ApifyRuns.rawItems")(function*(id) {
      return (yield* selectRaw(id)).map(({ raw }) => raw)
    }, storage("ApifyRuns.rawItems")),

    succeeded: Effect.fn("ApifyRuns.succeeded")(function*(id, { created, endedAt, rawItems, updated }) {
      const now = yield* Clock.currentTimeMillis
      yield* sql`
      UPDATE brandbrain_apify_run
      SET status = 'succeeded', raw_items_count = ${rawItems}, normalized_created = ${created},
        normalized_updated = ${updated}, finished_at = ${Math.min(now, endedAt ?? now)}
      WHERE id = ${id} AND status = 'running'`
    }, storage("ApifyRuns.succeeded")),

    ended: Effect.fn("ApifyRuns.ended")(function*(id, status, error, options) {
      yield* sql`
      UPDATE brandbrain_apify_run
      SET status = ${status}, error_summary = ${error}, is_unresolved = ${options?.unresolved === true ? 1 : 0},
        finished_at = ${yield* Clock.currentTimeMillis}
      WHERE id = ${id} AND status IN ('starting', 'running')`
    }, storage("ApifyRuns.ended")),

    resolved: Effect.fn("ApifyRuns.resolved")(function*(id) {
      yield* sql`UPDATE brandbrain_apify_run SET is_unresolved = 0 WHERE id = ${id}`
      yield* sql`
      UPDATE brandbrain_apify_run
      SET status = 'failed', error_summary = 'The compile ended before the run did',
        finished_at = ${yield* Clock.currentTimeMillis}
      WHERE id = ${id} AND status IN ('starting', 'running')`
    }, storage("ApifyRuns.resolved"))
  })
})

/** Runs in the database that `SqlClient` is. The tables must be migrated. */
export const layer: Layer.Layer<ApifyRuns, never, SqlClient.SqlClient> = Layer.effect(ApifyRuns, make)
