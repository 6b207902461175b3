import { ofOneJob } from "./acts.ts"
import { parsed } from "./contents.ts"
import type { Findings } from "./Findings.ts"
import { foreignKind } from "./jobs.ts"
import type { Step, Timeline } from "./Timeline.ts"

/** Rare states that a change of a row tells of. */
export const noteRareStates = (timeline: Timeline, step: Step, findings: Findings): void => {
  const { before, call, carried, carries, id, process, row } = step
  if (call === undefined) return
  const { operation } = ofOneJob(call)
  if (before === undefined) return
  findings.sometimes("a job was changed together with others of a filter", call.operation === "act")
  if (row === null) {
    findings.sometimes("a pending job was deleted", operation === "delete" && before.status === "pending")
    findings.sometimes("a finished job was deleted", operation === "delete" && before.status !== "pending")
    return findings.sometimes("a finished job was pruned", operation === "prune")
  }
  const over = before.locked_until !== null && before.locked_until < row.updated_at
  findings.sometimes(
    "a job came back from an attempt without its unique key",
    before.status === "running" && row.status === "pending" && row.unique_key !== null && row.holds_key === 0
  )
  switch (operation) {
    case "extend":
      return findings.sometimes("a lease that was over was extended", over)
    case "complete":
      findings.sometimes("a job succeeded although its cancel was asked for", row.cancel_requested_at !== null)
      return findings.sometimes("a settle came after its lease was over, and counted", over)
    case "fail":
      findings.sometimes("a handler timed out", row.last_error?.startsWith("Timed out") === true)
      return findings.sometimes(
        "a job failed for good with budget left",
        row.status === "failed" && row.failures < row.max_attempts
      )
    case "release":
      findings.sometimes("a running job was cancelled", row.status === "cancelled")
      if (row.status === "pending" && row.available_at === row.updated_at) {
        const begun = timeline.history.runs.some((run) => run.jobId === id && run.attempt === row.attempts)
        const told = timeline.drainsFrom({ jobId: id, attempt: row.attempts, process }) <= call.invoked.at
        findings.sometimes(
          begun
            ? "a job was handed back at a shutdown"
            : told
            ? "a worker that was told to end handed back what it was claiming"
            : "a job was handed back that was claimed too late"
        )
      }
      return findings.sometimes("a job was snoozed", row.status === "pending" && row.available_at > row.updated_at)
    case "releaseStale":
      findings.sometimes("a job of another program's was released", row.kind === foreignKind)
      findings.sometimes("a job was released whose errors were not a list", !Array.isArray(parsed(before.errors)))
      findings.sometimes(
        "a job was released that had failed more often than it may",
        before.failures > before.max_attempts
      )
      findings.sometimes(
        "a job was released that was locked at an instant which no date holds",
        Number.isNaN(new Date(before.locked_at ?? 0).getTime())
      )
      findings.sometimes("a stale job was released to the next attempt", row.status === "pending")
      findings.sometimes("a stale job had spent its budget", row.status === "failed")
      return findings.sometimes("a stale job was cancelled", row.status === "cancelled")
    case "cancel":
      return findings.sometimes("a pending job was cancelled", row.status === "cancelled")
    case "retry":
      findings.sometimes("a job was retried to a later instant", row.available_at > row.updated_at)
      return findings.sometimes("a finished job was retried")
    case "edit":
      findings.sometimes("a job's priority was changed", row.priority !== before.priority)
      return findings.sometimes(
        "a job was made due that waited for its next attempt",
        before.failures > 0 && row.available_at < before.available_at
      )
    case "enqueue":
      findings.sometimes("a pending job's payload was replaced", carries !== carried)
      return findings.sometimes("a pending job's due time was moved", row.available_at !== before.available_at)
    case "nextDue":
    case "due":
    case "laneHeads":
    case "claim":
    case "progress":
    case "laneHolders":
    case "staleLeases":
    case "get":
    case "list":
    case "search":
    case "count":
    case "delete":
    case "act":
    case "pause":
    case "resume":
    case "pauses":
    case "laneDepths":
    case "countAhead":
    case "endedLately":
    case "beatWorker":
    case "forgetWorker":
    case "workers":
    case "pruneWorkers":
    case "prune":
      return
  }
}
