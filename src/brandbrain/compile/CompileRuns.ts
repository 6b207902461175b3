import { Context, Schema } from "effect"
import type { Effect, Option } from "effect"
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
