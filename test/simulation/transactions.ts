import type { ClaimedJob } from "../../src/store/JobStore.ts"
import type { Findings } from "./Findings.ts"
import type { Call, Enclosing } from "./History.ts"
import type { Timeline } from "./Timeline.ts"

/**
 * Transactions of callers, with others nested in them: each leaves all that was
 * done in it or nothing, as its caller was told, and with it what the store wrote.
 */
export const checkTransactions = (timeline: Timeline, findings: Findings): void => {
  const { enclosings, history } = timeline
  for (const enclosing of enclosings.all) {
    findings.expect(
      isAsSaid(timeline, enclosing),
      "a caller's transaction leaves all or nothing, as it says",
      () =>
        `transaction ${enclosing.number} of ${enclosing.process}, in ${enclosing.around ?? "none"}, was ${
          enclosing.end?.how ?? "not ended"
        } and left ${enclosings.rowsOf(enclosing)} of its 2 rows`
    )
    noteRareStates(timeline, enclosing, findings)
  }
  for (const call of history.calls) {
    if (call.within === undefined) continue
    const length = timeline.stepsOfCall(call).length + timeline.pauses.filter((one) => one.call === call).length
    findings.expect(
      length === 0 || enclosings.stands(call),
      "nothing is left of what was done in a transaction that was rolled back",
      () => `${call.operation} by ${call.process} in transaction ${call.within} made ${length} changes`
    )
    noteRareCalls(timeline, call, findings)
  }
}

const isAsSaid = ({ enclosings }: Timeline, enclosing: Enclosing): boolean => {
  const rows = enclosings.rowsOf(enclosing)
  const around = enclosings.get(enclosing.around)
  // Nothing of it can be there without what it is nested in.
  if (rows > 0 && around !== undefined && enclosings.rowsOf(around) !== 2) return false
  switch (enclosing.end?.how) {
    case "rolled back":
      return rows === 0
    case "committed":
      return rows === (around === undefined || enclosings.rowsOf(around) === 2 ? 2 : 0)
    case "unknown":
    case undefined:
      return rows === 0 || rows === 2
  }
}

const noteRareStates = ({ enclosings }: Timeline, enclosing: Enclosing, findings: Findings): void => {
  const around = enclosings.get(enclosing.around)
  const how = enclosing.end?.how
  const isThere = enclosings.rowsOf(enclosing) === 2
  findings.sometimes(
    "a caller's transaction was committed though one nested in it had failed",
    how === "rolled back" && around !== undefined && enclosings.rowsOf(around) === 2
  )
  findings.sometimes(
    "a nested transaction was committed and lost with the one around it",
    how === "committed" && !isThere
  )
  findings.sometimes(
    "transactions were nested beside each other in one",
    around !== undefined &&
      enclosings.all.some((other) =>
        other.around === around.number && other.number !== enclosing.number
        && other.began.order < (enclosing.end?.order ?? Infinity)
        && enclosing.began.order < (other.end?.order ?? Infinity)
      )
  )
}

const noteRareCalls = ({ enclosings }: Timeline, call: Call, findings: Findings): void => {
  const { operation, returned } = call
  if (returned?.tag !== "ok") return
  const isGone = !enclosings.stands(call)
  if (operation === "enqueue") {
    findings.sometimes(isGone ? "jobs were enqueued and rolled back" : "jobs were enqueued and committed")
  } else if (operation === "claim" && (returned.answer as ReadonlyArray<ClaimedJob>).length > 0) {
    findings.sometimes(
      isGone ? "a claim was rolled back with its transaction" : "a claim was committed with its transaction"
    )
  } else if (operation === "pause" && !isGone) {
    findings.sometimes("a pause was committed with its transaction")
  } else if (operation === "complete" || operation === "fail") {
    findings.sometimes(
      isGone ? "a settle was rolled back with its transaction" : "a settle was committed with its transaction"
    )
  }
}
