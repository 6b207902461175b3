import { Effect, Option, Schema } from "effect"
import { JobQueue } from "../../index.ts"
import type { JobRecord } from "../../index.ts"
import { Snapshots } from "../snapshots/Snapshots.ts"
import type { Snapshot } from "../snapshots/Snapshots.ts"
import { CompileProgress } from "./CompileJob.ts"
import { CompileRuns } from "./CompileRuns.ts"
import type { CompileRun } from "./CompileRuns.ts"
import type { EvidenceStatus } from "./EvidenceStatus.ts"

/** A compile as its caller sees it. */
export type CompileStatus =
  | { readonly status: "PENDING" }
  | { readonly status: "RUNNING"; readonly progress: CompileProgress | null }
  | { readonly status: "SUCCEEDED"; readonly evidence_status: EvidenceStatus; readonly snapshot: Snapshot }
  | { readonly status: "FAILED"; readonly error: string; readonly evidence_status: EvidenceStatus }

/**
 * The status of the brand's compile. Another brand's compile is not found.
 *
 * A failure is read from the job, since none of our code runs when a worker dies for good.
 * An unfinished compile whose job is gone counts as failed.
 */
export const compileStatus = Effect.fn("compileStatus")(
  function*({ brandId, compileRunId }: { readonly brandId: string; readonly compileRunId: string }) {
    const runs = yield* CompileRuns
    const { job_id } = yield* runs.get(brandId, compileRunId)
    const job = yield* JobQueue.get(job_id, { partitionKey: brandId }).pipe(
      Effect.catchTag("JobNotFound", () => Effect.succeed(null))
    )
    // The run is read again after its job: a compile that ends between the two reads would else look lost.
    const run = yield* runs.get(brandId, compileRunId)
    const snapshot = Option.getOrNull(yield* (yield* Snapshots).findByCompile(brandId, compileRunId))
    return statusFrom(run, job, snapshot)
  }
)

const statusFrom = (run: CompileRun, job: JobRecord | null, snapshot: Snapshot | null): CompileStatus => {
  const { evidence_status } = run
  if (snapshot !== null) return { status: "SUCCEEDED", evidence_status, snapshot }
  if (job === null) return { status: "FAILED", error: "The job of this compile is gone", evidence_status }
  if (job.status !== "pending" && job.status !== "running") {
    return { status: "FAILED", error: job.lastError ?? `The job is ${job.status}`, evidence_status }
  }
  return run.status === "PENDING"
    ? { status: "PENDING" }
    : { status: "RUNNING", progress: Option.getOrNull(decodeProgress(job.progress)) }
}

const decodeProgress = Schema.decodeUnknownOption(CompileProgress)
