import type * as SqlClient from "@effect/sql/SqlClient"
import * as SqlSchema from "@effect/sql/SqlSchema"
import { Clock, Effect, Layer, Option, Schema, Struct } from "effect"
import { appClient } from "../storage/appClient.ts"
import { dialect } from "../storage/dialect.ts"
import { asStorageError } from "../storage/StorageError.ts"
import { CompileRun, CompileRunNotFound, CompileRuns } from "./CompileRuns.ts"
import type { EvidenceStatus } from "./EvidenceStatus.ts"

const make = Effect.gen(function*() {
  const sql = yield* appClient

  const columns = sql.literal(Object.keys(CompileRun.fields).join(", "))

  const select = SqlSchema.findOne({
    Request: Schema.Struct({ brandId: Schema.String, compileRunId: Schema.String }),
    Result: CompileRun,
    execute: ({ brandId, compileRunId }) =>
      sql`SELECT ${columns} FROM brandbrain_compile_run WHERE id = ${compileRunId} AND brand_id = ${brandId}`
  })

  const selectByJob = SqlSchema.findOne({
    Request: Schema.Struct({ brandId: Schema.String, jobId: Schema.String }),
    Result: CompileRun,
    execute: ({ brandId, jobId }) =>
      sql`SELECT ${columns} FROM brandbrain_compile_run WHERE job_id = ${jobId} AND brand_id = ${brandId}`
  })

  const selectRecords = SqlSchema.findOne({
    Request: Schema.String,
    Result: Schema.Struct(records),
    execute: (compileRunId) =>
      sql`
      SELECT evidence_status, recorded_sources FROM brandbrain_compile_run
      WHERE id = ${compileRunId} ${dialect(sql).lockRow}`
  })

  const updateRecords = SqlSchema.void({
    Request: Schema.Struct({ compileRunId: Schema.String, ...records }),
    execute: ({ compileRunId, evidence_status, recorded_sources }) =>
      sql`
      UPDATE brandbrain_compile_run
      SET evidence_status = ${evidence_status}, recorded_sources = ${recorded_sources}
      WHERE id = ${compileRunId}`
  })

  const get = Effect.fn("CompileRuns.get")(function*(brandId: string, compileRunId: string) {
    const found = yield* select({ brandId, compileRunId })
    return Option.isSome(found) ? found.value : yield* new CompileRunNotFound({ brandId, compileRunId })
  }, asStorageError("CompileRuns.get"))

  return CompileRuns.of({
    add: Effect.fn("CompileRuns.add")(function*(run) {
      yield* sql`
      INSERT INTO brandbrain_compile_run (
        id, brand_id, job_id, status, force_refresh, prompt_version, model, evidence_status, recorded_sources,
        created_at
      )
      VALUES (
        ${run.id}, ${run.brandId}, ${run.jobId}, 'PENDING', ${run.forceRefresh ? 1 : 0}, ${run.promptVersion},
        ${run.model}, ${JSON.stringify(noOutcomes)}, '{}', ${yield* Clock.currentTimeMillis}
      )`
    }, asStorageError("CompileRuns.add")),

    get,

    findByJob: Effect.fn("CompileRuns.findByJob")(
      (brandId, jobId) => selectByJob({ brandId, jobId }),
      asStorageError("CompileRuns.findByJob")
    ),

    markRunning: Effect.fn("CompileRuns.markRunning")(function*(brandId, compileRunId) {
      yield* sql`
      UPDATE brandbrain_compile_run SET status = 'RUNNING', started_at = ${yield* Clock.currentTimeMillis}
      WHERE id = ${compileRunId} AND brand_id = ${brandId} AND status = 'PENDING'`
      return yield* get(brandId, compileRunId)
    }, asStorageError("CompileRuns.markRunning")),

    recordOutcome: Effect.fn("CompileRuns.recordOutcome")(function*(compileRunId, sourceId, { entry, status }) {
      const record = Effect.gen(function*() {
        const run = yield* selectRecords(compileRunId)
        if (Option.isNone(run) || Object.hasOwn(run.value.recorded_sources, sourceId)) return
        const { evidence_status, recorded_sources } = run.value
        yield* updateRecords({
          compileRunId,
          evidence_status: { ...evidence_status, [status]: [...evidence_status[status], entry] },
          recorded_sources: { ...recorded_sources, [sourceId]: status }
        })
      })
      yield* sql.withTransaction(record)
    }, asStorageError("CompileRuns.recordOutcome")),

    markSucceeded: Effect.fn("CompileRuns.markSucceeded")(function*(compileRunId) {
      yield* sql`
      UPDATE brandbrain_compile_run SET status = 'SUCCEEDED', finished_at = ${yield* Clock.currentTimeMillis}
      WHERE id = ${compileRunId} AND status = 'RUNNING'`
    }, asStorageError("CompileRuns.markSucceeded"))
  })
})

const records = Struct.pick(CompileRun.fields, "evidence_status", "recorded_sources")

const noOutcomes: EvidenceStatus = { skipped: [], reused: [], refreshed: [], failed: [] }

/** Compile runs in the database of `SqlClient`. The tables must be migrated. */
export const layer: Layer.Layer<CompileRuns, never, SqlClient.SqlClient> = Layer.effect(CompileRuns, make)
