import type { Lease } from "../../src/domain/Lease.ts"
import type { ClaimRequest, StaleChoice } from "../../src/store/JobStore.ts"
import type { Call, History } from "./History.ts"
import { settles } from "./History.ts"

/** What may keep a process from ending when it is told to, or have it leave something behind. `now` is true time. */
export const heldUp = (history: History, process: string, now: number) => {
  const waits = history.calls.filter((call) => call.process === process && (call.returned?.at ?? Infinity) > now - 1000)
  return {
    /** The store still keeps a call waiting, which is left behind. */
    stalled: waits.some(({ faults, returned }) => returned === undefined && faults.includes("stall")),
    /** A handler does not stop, or did not until just now. */
    refused: history.runs.some((run) =>
      run.process === process && run.behaviour === "refuse to stop" && (run.ended?.at ?? Infinity) > now - 1000
    ),
    /** A client, which is no worker, waits for the store. */
    client: waits.some(isOfClient) ||
      history.enclosings.some((enclosing) =>
        enclosing.process === process && (enclosing.end?.at ?? Infinity) > now - 1000
      ),
    /** The store does not answer a claim. */
    claiming: waits.some(({ operation }) => operation === "claim"),
    /** The store does not answer a settle that began late, as of a claim that was answered after the grace. */
    settling: history.calls.some((call) => {
      if (call.process !== process || !settles(call.operation)) return false
      // Between two tries of one that fails lie seconds in which no call waits.
      const tries = settlesOf(history, call)
      return (tries[0]?.invoked.at ?? Infinity) > now - lastWait
        && !tries.some(({ returned }) =>
          returned !== undefined && returned.tag !== "unknown" && returned.at <= now - 1000
        )
    })
  }
}

/** How many milliseconds a worker that has to end still waits for the store to take an outcome. */
export const lastWait = 4000

/** The calls that settle the same attempt as this one, in the order in which they were sent. */
const settlesOf = (history: History, { request }: Call): ReadonlyArray<Call> => {
  const leases = (call: Pick<Call, "request">) => (call.request as ReadonlyArray<{ readonly lease: Lease }>)
  const [of] = leases({ request })
  return history.calls.filter((call) =>
    settles(call.operation)
    && leases(call).some(({ lease }) => lease.jobId === of?.lease.jobId && lease.attempt === of.lease.attempt)
  )
}

/** How long a process was stopped since an instant. */
export const stoppedSince = ({ incidents }: History, process: string, since: number, now: number): number => {
  let stopped = 0
  let from: number | undefined
  for (const { at, to, what } of incidents) {
    if (to !== process || at < since) continue
    if (what === "pause" || what === "blocked") from ??= at
    if (what === "resumed" && from !== undefined) {
      stopped += at - from
      from = undefined
    }
  }
  return stopped + (from === undefined ? 0 : now - from)
}

/** Whether a client made a call. */
const isOfClient = ({ operation, request }: Call): boolean => {
  switch (operation) {
    case "nextDue":
    case "due":
    case "laneHeads":
    case "laneHolders":
    case "staleLeases":
    case "laneDepths":
    case "countAhead":
    case "endedLately":
    case "beatWorker":
    case "forgetWorker":
    case "workers":
    case "pruneWorkers":
    case "prune":
      return false
    case "claim":
      return (request as ClaimRequest).worker.startsWith("hand.")
    case "extend":
    case "progress":
    case "complete":
    case "fail":
    case "release":
      return (request as ReadonlyArray<{ readonly lease: Lease }>).some(({ lease }) => lease.worker.startsWith("hand."))
    case "enqueue":
    case "cancel":
    case "retry":
    case "get":
    case "list":
    case "search":
    case "count":
    case "edit":
    case "delete":
    case "act":
    case "pause":
    case "resume":
    case "pauses":
      return true
    case "releaseStale":
      return !("leases" in (request as StaleChoice))
  }
}
