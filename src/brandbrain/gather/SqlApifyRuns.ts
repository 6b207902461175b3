import type * as SqlClient from "@effect/sql/SqlClient"
import * as SqlSchema from "@effect/sql/SqlSchema"
import { Clock, Effect, Layer, Schema } from "effect"
import { appClient } from "../storage/appClient.ts"
import { deriveId } from "../storage/deriveId.ts"
import { dialect } from "../storage/dialect.ts"
import { asStorageError } from "../storage/StorageError.ts"
import { ApifyRun, ApifyRuns } from "./ApifyRuns.ts"

const make = Effect.gen(function*() {
  const sql = yield* appClient

  const columns = sql.literal(Object.keys(ApifyRun.fields).join(", "))

  const selectByCompile = SqlSchema.findOne({
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
    // A brand has one compile at a time, so an unfinished run of another compile belongs to nobody.
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

  const rawItems = (items: ReadonlyArray<string>) =>
    dialect(sql).items(
      { item_index: "number", raw: "text" },
      items.map((raw, item_index) => ({ item_index, raw }))
    )

  return ApifyRuns.of({
    findByCompile: Effect.fn("ApifyRuns.findByCompile")(
      (compileRunId, sourceId) => selectByCompile({ compileRunId, sourceId }),
      asStorageError("ApifyRuns.findByCompile")
    ),

    newestSucceeded: Effect.fn("ApifyRuns.newestSucceeded")(
      (sourceId) => selectNewest(sourceId),
      asStorageError("ApifyRuns.newestSucceeded")
    ),

    findLeftBehind: Effect.fn("ApifyRuns.findLeftBehind")(
      (sourceId, options) => selectLeftBehind({ sourceId, ...options }),
      asStorageError("ApifyRuns.findLeftBehind")
    ),

    isKnown: Effect.fn("ApifyRuns.isKnown")(function*(platformRunId) {
      return (yield* selectKnown(platformRunId)).length > 0
    }, asStorageError("ApifyRuns.isKnown")),

    addStarting: Effect.fn("ApifyRuns.addStarting")(function*(run) {
      const id = deriveId("apify_run", run.compileRunId, run.sourceId)
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
    }, asStorageError("ApifyRuns.addStarting")),

    markStarted: Effect.fn("ApifyRuns.markStarted")(function*(id, run, options) {
      yield* sql`
      UPDATE brandbrain_apify_run
      SET status = 'running', platform_run_id = ${run.id}, dataset_id = ${run.defaultDatasetId},
        started_at = coalesce(${options?.startedAt ?? null}, started_at)
      WHERE id = ${id} AND status = 'starting'`
    }, asStorageError("ApifyRuns.markStarted")),

    replaceRawItems: Effect.fn("ApifyRuns.replaceRawItems")(function*(id, items) {
      const removed = sql`DELETE FROM brandbrain_raw_apify_item WHERE apify_run_id = ${id}`
      const added = sql`
      INSERT INTO brandbrain_raw_apify_item (apify_run_id, item_index, raw)
      SELECT ${id}, item.item_index, item.raw FROM ${rawItems(items)}`
      yield* sql.withTransaction(Effect.zipRight(removed, added))
    }, asStorageError("ApifyRuns.replaceRawItems")),

    rawItems: Effect.fn("ApifyRuns.rawItems")(function*(id) {
      return (yield* selectRaw(id)).map(({ raw }) => raw)
    }, asStorageError("ApifyRuns.rawItems")),

    markSucceeded: Effect.fn("ApifyRuns.markSucceeded")(function*(id, { created, endedAt, rawItems, updated }) {
      const now = yield* Clock.currentTimeMillis
      yield* sql`
      UPDATE brandbrain_apify_run
      SET status = 'succeeded', raw_items_count = ${rawItems}, normalized_created = ${created},
        normalized_updated = ${updated}, finished_at = ${Math.min(now, endedAt ?? now)}
      WHERE id = ${id} AND status = 'running'`
    }, asStorageError("ApifyRuns.markSucceeded")),

    markFailed: Effect.fn("ApifyRuns.markFailed")(function*(id, status, error, options) {
      yield* sql`
      UPDATE brandbrain_apify_run
      SET status = ${status}, error_summary = ${error}, is_unresolved = ${options?.unresolved === true ? 1 : 0},
        finished_at = ${yield* Clock.currentTimeMillis}
      WHERE id = ${id} AND status IN ('starting', 'running')`
    }, asStorageError("ApifyRuns.markFailed")),

    markResolved: Effect.fn("ApifyRuns.markResolved")(function*(id) {
      yield* sql`UPDATE brandbrain_apify_run SET is_unresolved = 0 WHERE id = ${id}`
      yield* sql`
      UPDATE brandbrain_apify_run
      SET status = 'failed', error_summary = 'The compile ended before the run did',
        finished_at = ${yield* Clock.currentTimeMillis}
      WHERE id = ${id} AND status IN ('starting', 'running')`
    }, asStorageError("ApifyRuns.markResolved"))
  })
})

/** Runs in the database of `SqlClient`. The tables must be migrated. */
export const layer: Layer.Layer<ApifyRuns, never, SqlClient.SqlClient> = Layer.effect(ApifyRuns, make)
