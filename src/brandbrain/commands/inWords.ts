import { CompilePayload, CompileProgress } from "../compile/CompileJob.ts"
import { Option, Schema } from "effect"
import type { JobRecord } from "../../index.ts"
import type { CompileStatus } from "../compile/compileStatus.ts"
import type { EvidenceStatus } from "../compile/EvidenceStatus.ts"
import type { TerminalService } from "./Terminal.ts"

/** How far a compile has come, for a person; empty for what is none. */
export const progressInWords = (progress: unknown): string =>
  Option.match(Schema.decodeUnknownOption(CompileProgress)(progress), {
    onNone: () => "",
    onSome: ({ sources_completed, sources_total, stage }) =>
      stage === "gathering" ? `gathering, ${sources_completed} of ${sources_total} sources done` : stage
  })

/** How a compile stands, in a line. */
export const statusInWords = (status: CompileStatus, typed: TerminalService["typed"]): string => {
  switch (status.status) {
    case "PENDING":
      return `Waiting for a worker: ${typed("start")}`
    case "RUNNING":
      return `Running${status.progress === null ? "" : `: ${progressInWords(status.progress)}`}`
    case "SUCCEEDED":
      return `Compiled, version ${status.snapshot.version}: ${evidenceInWords(status.evidence_status)}`
    case "FAILED":
      return `Failed: ${status.error}`
  }
}

const evidenceInWords = ({ failed, refreshed, reused, skipped }: EvidenceStatus) =>
  ([["gathered", refreshed], ["reused", reused], ["skipped", skipped], ["failed", failed]] as const)
    .filter(([, sources]) => sources.length > 0)
    .map(([word, sources]) => `${sources.length} ${word}`)
    .join(", ") || "no sources"

/** What to type once these jobs have been settled, newest first: at most one line for each way to end. */
export const nextInWords = (
  settled: ReadonlyArray<JobRecord>,
  typed: TerminalService["typed"]
): ReadonlyArray<string> => {
  const newest = (status: JobRecord["status"]) =>
    Option.fromNullable(settled.find((job) => job.status === status)).pipe(
      Option.flatMap(({ payload }) => Schema.decodeUnknownOption(CompilePayload)(payload))
    )
  return [
    Option.map(
      newest("succeeded"),
      ({ brand_id }) => `Read what was compiled: ${typed("brandbrain", "snapshot", brand_id)}`
    ),
    Option.map(
      newest("failed"),
      ({ brand_id, compile_run_id }) => `See why it failed: ${typed("brandbrain", "status", brand_id, compile_run_id)}`
    ),
    Option.map(newest("pending"), () => `Go on with what is left: ${typed("start")}`)
  ].flatMap(Option.toArray)
}
