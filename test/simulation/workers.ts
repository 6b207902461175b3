import type { WorkerBeat } from "../../src/store/JobStore.ts"
import type { WorkerRow } from "./database.ts"
import type { Findings } from "./Findings.ts"
import type { Call } from "./History.ts"
import type { Timeline } from "./Timeline.ts"
import { rounding } from "./Timeline.ts"

/** How many milliseconds a worker waits for the answer to a beat at most. */
const beatMayTake = 5_000

/** A worker reports at its interval as long as it works, and is forgotten once it has ended. */
export const checkWorkers = (timeline: Timeline, findings: Findings, left: ReadonlyArray<WorkerRow>): void => {
  const { history } = timeline
  const ofWorker = new Map<string, Array<Call>>()
  for (const call of history.calls) {
    const worker = workerOf(call)
    if (worker !== undefined) ofWorker.set(worker, [...ofWorker.get(worker) ?? [], call])
  }
  for (const [worker, calls] of ofWorker) {
    calls.forEach((call, index) => {
      if (call.operation !== "beatWorker" || call.returned === undefined) return
      // One that takes longer is given up, and may return at any time.
      const given = Math.min(beatMayTake, (call.request as WorkerBeat).beatEvery)
      if (call.returned.at - call.invoked.at >= given - rounding) return
      checkNext(timeline, findings, call, call.returned.at, calls[index + 1])
    })
    const forgotten = calls.find(({ operation, returned }) => operation === "forgetWorker" && returned?.tag === "ok")
    // A beat that was given up, or was cut off with its answer, may be written after that.
    const isLate = calls.some(({ operation, returned }) => operation === "beatWorker" && returned?.tag !== "ok")
    findings.expect(
      forgotten === undefined || isLate || !left.some((row) => row.worker === worker),
      "a worker that has ended has no row, if the store has deleted it",
      () => `${worker} was forgotten at ${forgotten?.returned?.at}`
    )
    findings.sometimes("a worker that ended was forgotten", forgotten !== undefined)
  }
  findings.sometimes("the row of a dead worker stayed", left.length > 0)
}

const workerOf = ({ operation, request }: Call): string | undefined =>
  operation === "beatWorker"
    ? (request as WorkerBeat).worker
    : operation === "forgetWorker"
    ? request as string
    : undefined

/** After an answer, the next beat comes an interval later, unless the worker has begun to end by then. */
const checkNext = (
  timeline: Timeline,
  findings: Findings,
  { invoked, process, request }: Call,
  answeredAt: number,
  next: Call | undefined
): void => {
  const { beatEvery, isDraining, worker } = request as WorkerBeat
  // A worker that fails as it starts may send its first beat in the instant in which it has begun to drain.
  const drains = timeline.history.incidents.find(({ at, to, what }) =>
    what === "worker drains" && to === process && at >= invoked.at
  )
  // Its process may go on without it.
  if (isDraining || (drains?.at ?? Infinity) <= answeredAt) return
  const by = Math.min(next?.invoked.at ?? Infinity, drains?.at ?? Infinity, timeline.endOf(process))
  findings.expect(
    by - answeredAt - timeline.stoppedFor(process, answeredAt, by) <= beatEvery + rounding,
    "a worker beats at its interval",
    () => `${worker} was answered at ${answeredAt}, and its next beat was at ${next?.invoked.at}`
  )
}
