import { Effect, Option, Schema } from "effect"
import { CompileProgress } from "./CompilePayload.ts"
import { CompileRuns } from "./CompileRuns.ts"
import type { CompileRunNotFound } from "./CompileRuns.ts"
import type { EvidenceStatus } from "./EvidenceStatus.ts"
import { Snapshots } from "../snapshots/Snapshots.ts"
import type { Snapshot } from "../snapshots/Snapshots.ts"
import type { StorageError } from "../storage/StorageError.ts"

/** What the job behind a compile says of itself. */
export interface JobStanding {
  readonly status: "pending" | "running" | "succeeded" | "failed" | "cancelled"
  readonly lastError: string | null
  /** Whatever was last reported. */
  readonly progress: unknown
}

/** How a compile stands, for whoever asked for it. */
export type CompileStatus =
  | { readonly status: "PENDING" }
  | { readonly status: "RUNNING"; readonly progress: CompileProgress | null }
  | { readonly status: "SUCCEEDED"; readonly evidence_status: EvidenceStatus; readonly snapshot: Snapshot }
  | { readonly status: "FAILED"; readonly error: string; readonly evidence_status: EvidenceStatus }

/**
 * How the brand's compile stands. Another brand's compile answers as one that does not exist.
 *
 * Whether it failed is asked of its job, through `job`: after a worker dies for
 * good, only the job knows. A job that is gone, with its compile unfinished, counts as failed.
 */
export const compileStatus = Effect.fn("compileStatus")(function*<E, R>(options: {
  readonly brandId: string
  readonly compileRunId: string
  readonly job: (jobId: string) => Effect.Effect<Option.Option<JobStanding>, E, R>
}): Effect.fn.Return<CompileStatus, E | CompileRunNotFound | StorageError, R | CompileRuns | Snapshots> {
  const { brandId, compileRunId } = options
  const runs = yield* CompileRuns
  const snapshots = yield* Snapshots
  const { job_id } = yield* runs.get(brandId, compileRunId)
  const job = Option.getOrNull(yield* options.job(job_id))
  // The job first, then what it left behind: the other way round, one that ends in between seems to be gone.
  const run = yield* runs.get(brandId, compileRunId)
  const snapshot = Option.getOrNull(yield* snapshots.ofCompile(brandId, compileRunId))
  if (snapshot !== null) {
    return { status: "SUCCEEDED", evidence_status: run.evidence_status, snapshot }
  }
  if (job === null || job.status === "failed" || job.status === "cancelled" || job.status === "succeeded") {
    const error = job === null ? "The job of this compile is gone" : job.lastError ?? `The job is ${job.status}`
    return { status: "FAILED", error, evidence_status: run.evidence_status }
  }
  return run.status === "PENDING"
    ? { status: "PENDING" }
    : { status: "RUNNING", progress: Option.getOrNull(readProgress(job.progress)) }
})

const readProgress = Schema.decodeUnknownOption(CompileProgress)
