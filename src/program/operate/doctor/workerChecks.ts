import type { Finding } from "../../../cli/findings.ts"
import { ok, warning } from "../../../cli/findings.ts"
import { counted } from "../../../cli/progressBar.ts"
import { spanText } from "../../../cli/spanText.ts"
import { claimsLane, mayLackLive } from "../../../domain/WorkerRecord.ts"
import type { Stats, WorkerRecord } from "../../../index.ts"

/** Names that a finding has room for. */
const mostNamed = 3

/** The workers that were live in the last hour and are dead, and the queues and kinds with due jobs that no live one claims. */
export const checkWorkers = (
  workers: ReadonlyArray<WorkerRecord>,
  lanes: Stats["lanes"]
): ReadonlyArray<Finding> => [checkDead(workers), ...checkClaimed(workers, lanes)]

const checkDead = (workers: ReadonlyArray<WorkerRecord>): Finding => {
  const dead = workers.filter(({ isLive }) => !isLive).toSorted((one, other) => one.sinceBeat - other.sinceBeat)
  const live = workers.length - dead.length
  const are = live === 0 ? "No worker is live" : live === 1 ? "1 worker is live" : `${counted(live)} workers are live`
  return dead.length === 0
    ? ok("workers", are)
    : warning(
      "workers",
      `${dead.length === 1 ? "A worker gives" : `${counted(dead.length)} workers give`} no sign of life: ${
        named(dead.map(({ sinceBeat, worker }) => `${worker}, last beat ${spanText(sinceBeat)} ago`))
      }; ${are.charAt(0).toLowerCase()}${are.slice(1)}`,
      "Check whether these processes were killed, or run with a blocked event loop or without the database"
    )
}

const checkClaimed = (workers: ReadonlyArray<WorkerRecord>, lanes: Stats["lanes"]): ReadonlyArray<Finding> => {
  const unclaimed = mayLackLive(workers) ?
    [] :
    lanes.filter((lane) =>
      lane.due.count > 0 && lane.queuePaused === null && lane.kindPaused === null
      && !workers.some((worker) => claimsLane(worker, lane))
    )
  return unclaimed.length === 0 ? [] : [warning(
    "claimed",
    `No live worker claims due jobs of ${
      named(unclaimed.map(({ kind, queue }) => `the kind ${kind} in the queue ${queue}`))
    }`,
    "Start a worker that lists them, unless a program claims them by hand, which is not known here"
  )]
}

const named = (names: ReadonlyArray<string>) =>
  `${names.slice(0, mostNamed).join("; ")}${
    names.length > mostNamed ? `; and ${counted(names.length - mostNamed)} more` : ""
  }`
