import type * as SqlClient from "@effect/sql/SqlClient"
import * as SqlSchema from "@effect/sql/SqlSchema"
import { Clock, Effect, Layer, Option, Schema } from "effect"
import { appClient } from "../storage/appClient.ts"
import { deriveId } from "../storage/deriveId.ts"
import { asStorageError } from "../storage/StorageError.ts"
import { bundleIdOf, reportIdOf, Snapshot, Snapshots, SnapshotSummary } from "./Snapshots.ts"

const make = Effect.gen(function*() {
  const sql = yield* appClient

  const columns = sql.literal(Object.keys(Snapshot.fields).join(", "))

  const selectByCompile = SqlSchema.findOne({
    Request: Schema.Struct({ brandId: Schema.String, compileRunId: Schema.String }),
    Result: Snapshot,
    execute: ({ brandId, compileRunId }) =>
      sql`
      SELECT ${columns} FROM brandbrain_snapshot
      WHERE compile_run_id = ${compileRunId} AND brand_id = ${brandId}`
  })

  const selectLatest = SqlSchema.findOne({
    Request: Schema.String,
    Result: Snapshot,
    execute: (brandId) =>
      sql`
      SELECT ${columns} FROM brandbrain_snapshot
      WHERE brand_id = ${brandId}
      ORDER BY version DESC
      LIMIT 1`
  })

  const selectHistory = SqlSchema.findAll({
    Request: Schema.Struct({ brandId: Schema.String, limit: Schema.Number, offset: Schema.Number }),
    Result: SnapshotSummary,
    execute: ({ brandId, limit, offset }) =>
      sql`
      SELECT id, compile_run_id, version, diff, created_at FROM brandbrain_snapshot
      WHERE brand_id = ${brandId}
      ORDER BY version DESC
      LIMIT ${limit} OFFSET ${offset}`
  })

  const selectCount = SqlSchema.single({
    Request: Schema.String,
    Result: Schema.Struct({ count: Schema.Int }),
    execute: (brandId) =>
      sql`SELECT CAST(count(*) AS INTEGER) AS count FROM brandbrain_snapshot WHERE brand_id = ${brandId}`
  })

  const selectBundle = SqlSchema.findOne({
    Request: Schema.Struct({ brandId: Schema.String, bundleId: Schema.String }),
    Result: Schema.Struct({ item_ids: Schema.parseJson(Schema.Array(Schema.String)) }),
    execute: ({ brandId, bundleId }) =>
      sql`SELECT item_ids FROM brandbrain_evidence_bundle WHERE id = ${bundleId} AND brand_id = ${brandId}`
  })

  const selectLatestReport = SqlSchema.findOne({
    Request: Schema.String,
    Result: Schema.Struct({ report: Schema.parseJson() }),
    execute: (brandId) =>
      sql`
      SELECT r.report FROM brandbrain_snapshot s JOIN brandbrain_feature_report r ON r.id = s.feature_report_id
      WHERE s.brand_id = ${brandId}
      ORDER BY s.version DESC
      LIMIT 1`
  })

  return Snapshots.of({
    save: Effect.fn("Snapshots.save")(function*(saved) {
      const { brandId, compileRunId } = saved
      const now = yield* Clock.currentTimeMillis
      const bundle = sql`
      INSERT INTO brandbrain_evidence_bundle (id, brand_id, compile_run_id, item_ids, created_at)
      VALUES (${bundleIdOf(compileRunId)}, ${brandId}, ${compileRunId}, ${JSON.stringify(saved.itemIds)}, ${now})
      ON CONFLICT DO NOTHING`
      const report = sql`
      INSERT INTO brandbrain_feature_report (id, brand_id, compile_run_id, report, created_at)
      VALUES (${reportIdOf(compileRunId)}, ${brandId}, ${compileRunId}, ${JSON.stringify(saved.report)}, ${now})
      ON CONFLICT DO NOTHING`
      const snapshot = sql`
      INSERT INTO brandbrain_snapshot (
        id, brand_id, compile_run_id, version, bundle_id, feature_report_id, input_hash, snapshot, diff, created_at
      )
      VALUES (
        ${deriveId("snapshot", compileRunId)}, ${brandId}, ${compileRunId}, ${saved.version},
        ${bundleIdOf(compileRunId)}, ${reportIdOf(compileRunId)}, ${saved.inputHash},
        ${JSON.stringify(saved.snapshot)}, ${JSON.stringify(saved.diff)}, ${now}
      )
      ON CONFLICT DO NOTHING`
      yield* sql.withTransaction(Effect.all([bundle, report, snapshot], { discard: true }))
    }, asStorageError("Snapshots.save")),

    findByCompile: Effect.fn("Snapshots.findByCompile")(
      (brandId, compileRunId) => selectByCompile({ brandId, compileRunId }),
      asStorageError("Snapshots.findByCompile")
    ),

    latest: Effect.fn("Snapshots.latest")((brandId) => selectLatest(brandId), asStorageError("Snapshots.latest")),

    history: Effect.fn("Snapshots.history")(
      (brandId, { limit, offset }) => selectHistory({ brandId, limit, offset }),
      asStorageError("Snapshots.history")
    ),

    count: Effect.fn("Snapshots.count")(
      (brandId) =>
        selectCount(brandId).pipe(
          Effect.catchTag("NoSuchElementException", Effect.die),
          Effect.map(({ count }) => count)
        ),
      asStorageError("Snapshots.count")
    ),

    latestReport: Effect.fn("Snapshots.latestReport")(
      (brandId) => Effect.map(selectLatestReport(brandId), Option.map(({ report }) => report)),
      asStorageError("Snapshots.latestReport")
    ),

    bundleItemIds: Effect.fn("Snapshots.bundleItemIds")(
      (brandId, bundleId) => Effect.map(selectBundle({ brandId, bundleId }), Option.map(({ item_ids }) => item_ids)),
      asStorageError("Snapshots.bundleItemIds")
    )
  })
})

/** Snapshots in the database of `SqlClient`. The tables must be migrated. */
export const layer: Layer.Layer<Snapshots, never, SqlClient.SqlClient> = Layer.effect(Snapshots, make)
