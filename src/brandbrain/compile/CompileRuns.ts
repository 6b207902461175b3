import * as SqlClient from "@effect/sql/SqlClient"
import * as SqlSchema from "@effect/sql/SqlSchema"
import { Clock, Context, Effect, Layer, Option, Schema } from "effect"
import { asStorageError } from "../storage/StorageError.ts"
import type { StorageError } from "../storage/StorageError.ts"
import { EvidenceStatus } from "./EvidenceStatus.ts"
import type { Outcome } from "./EvidenceStatus.ts"

/**
 * One compile of a brand.
 *
 * A compile that failed still says RUNNING here, since none of our code may have run when its job failed.
 * `compileStatus` asks the job.
 */
export const CompileRun = Schema.Struct({
  id: Schema.String,
  brand_id: Schema.String,
  job_id: Schema.String,
  status: Schema.Literal("PENDING", "RUNNING", "SUCCEEDED"),
  evidence_status: Schema.parseJson(EvidenceStatus),
  /** The key of each source's outcome in `evidence_status`, by source id. */
  recorded_sources: Schema.parseJson(Schema.Record({ key: Schema.String, value: Schema.String })),
  created_at: Schema.Int,
  finished_at: Schema.NullOr(Schema.Int)
})
export type CompileRun = typeof CompileRun.Type

/** The brand has no such compile. Another brand's compile counts as missing. */
export class CompileRunNotFound extends Schema.TaggedError<CompileRunNotFound>()("CompileRunNotFound", {
  brandId: Schema.String,
  compileRunId: Schema.String
}) {
  override get message() {
    return `Brand ${this.brandId} has no compile run ${this.compileRunId}`
  }
}

/** The compile runs of every brand. Methods are in the order a compile meets them. */
export class CompileRuns extends Context.Tag("holdfast/brandbrain/CompileRuns")<CompileRuns, {
  readonly add: (run: {
    readonly id: string
    readonly brandId: string
    readonly jobId: string
    readonly forceRefresh: boolean
    readonly promptVersion: string
    readonly model: string
  }) => Effect.Effect<void, StorageError>
  readonly get: (
    brandId: string,
    compileRunId: string
  ) => Effect.Effect<CompileRun, CompileRunNotFound | StorageError>
  /** The compile of this job. */
  readonly findByJob: (brandId: string, jobId: string) => Effect.Effect<Option.Option<CompileRun>, StorageError>
  /** Marks a pending compile as running. Changes nothing if it has already started. */
  readonly markRunning: (
    brandId: string,
    compileRunId: string
  ) => Effect.Effect<CompileRun, CompileRunNotFound | StorageError>
  /** Records a source's outcome. Only the first one counts. */
  readonly recordOutcome: (
    compileRunId: string,
    sourceId: string,
    outcome: Outcome
  ) => Effect.Effect<void, StorageError>
  readonly markSucceeded: (compileRunId: string) => Effect.Effect<void, StorageError>
}>() {}

const make = Effect.gen(function*() {
  const sql = yield* SqlClient.SqlClient

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
      const source = `$."${sourceId}"`
      yield* sql`
      UPDATE brandbrain_compile_run
      SET evidence_status = json_insert(evidence_status, ${`$.${status}[#]`}, json(${JSON.stringify(entry)})),
        recorded_sources = json_insert(recorded_sources, ${source}, ${status})
      WHERE id = ${compileRunId} AND json_type(recorded_sources, ${source}) IS NULL`
    }, asStorageError("CompileRuns.recordOutcome")),

    markSucceeded: Effect.fn("CompileRuns.markSucceeded")(function*(compileRunId) {
      yield* sql`
      UPDATE brandbrain_compile_run SET status = 'SUCCEEDED', finished_at = ${yield* Clock.currentTimeMillis}
      WHERE id = ${compileRunId} AND status = 'RUNNING'`
    }, asStorageError("CompileRuns.markSucceeded"))
  })
})

const noOutcomes: EvidenceStatus = { skipped: [], reused: [], refreshed: [], failed: [] }

/** Compile runs in the database of `SqlClient`. The tables must be migrated. */
export const layer: Layer.Layer<CompileRuns, never, SqlClient.SqlClient> = Layer.effect(CompileRuns, make)
