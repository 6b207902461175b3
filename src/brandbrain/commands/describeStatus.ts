import { Option, Schema } from "effect"
import type { JobRecord } from "../../index.ts"
import { CompilePayload, CompileProgress } from "../compile/CompileJob.ts"
import type { CompileStatus } from "../compile/compileStatus.ts"
import type { EvidenceStatus } from "../compile/EvidenceStatus.ts"
import type { TerminalService } from "./Terminal.ts"

/** Describes the progress of a compile to a person. Answers an empty text for a value that is not progress. */
export const describeProgress = (progress: unknown): string =>
  Option.match(Schema.decodeUnknownOption(CompileProgress)(progress), {
    onNone: () => "",
    onSome: ({ sources_completed, sources_total, stage }) =>
      stage === "gathering" ? `gathering, ${sources_completed} of ${sources_total} sources done` : stage
  })

/** Describes the status of a compile to a person, in one line. */
export const describeStatus = (status: CompileStatus, commandLine: TerminalService["commandLine"]): string => {
  switch (status.status) {
    case "PENDING":
      return `Waiting for a worker: ${commandLine("start")}`
    case "RUNNING":
      return `Running${status.progress === null ? "" : `: ${describeProgress(status.progress)}`}`
    case "SUCCEEDED":
      return `Compiled, version ${status.snapshot.version}: ${describeEvidence(status.evidence_status)}`
    case "FAILED":
      return `Failed: ${status.error}`
  }
}

const describeEvidence = ({ failed, refreshed, reused, skipped }: EvidenceStatus) =>
  ([["gathered", refreshed], ["reused", reused], ["skipped", skipped], ["failed", failed]] as const)
    .filter(([, sources]) => sources.length > 0)
    .map(([word, sources]) => `${sources.length} ${word}`)
    .join(", ") || "no sources"

/** Suggests the next commands after these jobs, given newest first: at most one for each way a job ended. */
export const suggestNext = (
  settled: ReadonlyArray<JobRecord>,
  commandLine: TerminalService["commandLine"]
): ReadonlyArray<string> => {
  const newest = (status: JobRecord["status"]) =>
    Option.fromNullable(settled.find((job) => job.status === status)).pipe(
      Option.flatMap(({ payload }) => Schema.decodeUnknownOption(CompilePayload)(payload))
    )
  return [
    Option.map(
      newest("succeeded"),
      ({ brand_id }) => `Read what was compiled: ${commandLine("brandbrain", "snapshot", brand_id)}`
    ),
    Option.map(
      newest("failed"),
      ({ brand_id, compile_run_id }) =>
        `See why it failed: ${commandLine("brandbrain", "status", brand_id, compile_run_id)}`
    ),
    Option.map(newest("pending"), () => `Go on with what is left: ${commandLine("start")}`)
  ].flatMap(Option.toArray)
}
