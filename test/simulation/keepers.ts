import type { Findings } from "./Findings.ts"
import type { Timeline } from "./Timeline.ts"

/**
 * What a thread writes while the event loop of its process is blocked: nothing once
 * that has lasted for as long as a job may block it.
 */
export const checkKeepers = (timeline: Timeline, findings: Findings): void => {
  const { history, plan } = timeline
  const blocks = history.incidents.filter(({ what }) => what === "blocked")
  for (const { at, order, to } of blocks) {
    const over = history.incidents.find((next) =>
      next.to === to && next.order > order && (next.what === "resumed" || next.what === "ended" || next.what === "kill")
    )
    const meanwhile = history.calls.filter(({ invoked, process }) =>
      process === to && invoked.order > order && invoked.at > at && invoked.order < (over?.order ?? Infinity)
    )
    for (const { invoked, operation } of meanwhile) {
      findings.expect(
        operation === "extend" && invoked.at - at < plan.worker.stallLimit,
        "a process whose event loop is blocked extends leases, and no longer than its stall limit",
        () => `${operation} by ${to} at ${invoked.at}, blocked from ${at} on`
      )
    }
  }
}
