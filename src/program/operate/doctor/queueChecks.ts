import type { Finding } from "../../../cli/findings.ts"
import { ok, problem, warning } from "../../../cli/findings.ts"
import { counted } from "../../../cli/progressBar.ts"
import { spanText } from "../../../cli/spanText.ts"
import type { Stats } from "../../../index.ts"
import type { LaneHolder } from "../../../store/JobStore.ts"

const minute = 60_000

/** A worker with room starts a due job at once; a busy one makes it wait. */
const longWait = 5 * minute
const tooLongWait = 60 * minute

/** The longest wait of a due job outside paused queues and kinds. Not ok unless `lanes` are all. */
export const checkDue = ({ at, isWhole, lanes }: Pick<Stats, "at" | "isWhole" | "lanes">): Finding => {
  const found = longestWait({ at, lanes })
  return isWhole ? found : {
    ...found,
    verdict: found.verdict === "ok" ? "warning" : found.verdict,
    says: `${found.says}; there are more queues and kinds than were looked at`,
    todo: found.todo ?? "Look at those that matter: `jobs list --status pending --kind <kind>`"
  }
}

const longestWait = ({ at, lanes }: Pick<Stats, "at" | "lanes">): Finding => {
  const waiting = lanes.flatMap(({ kind, kindPaused, oldestDueAt, queue, queuePaused }) =>
    oldestDueAt === null ? [] : [{ kind, queue, since: oldestDueAt, isPaused: (queuePaused ?? kindPaused) !== null }]
  ).toSorted((one, other) => one.since - other.since)
  const paused = waiting.filter(({ isPaused }) => isPaused).length
  const behind = paused === 0
    ? ""
    : `; ${paused} paused ${paused === 1 ? "queue or kind has" : "queues or kinds have"} due jobs`
  const oldest = waiting.find(({ isPaused }) => !isPaused)
  if (oldest === undefined) {
    return ok("due", `No job is due${paused === 0 ? "" : " but those that are paused"}${behind}`)
  }
  const waits = at - oldest.since
  const says = `The oldest due job has waited for ${
    spanText(waits)
  }, of kind ${oldest.kind} in queue ${oldest.queue}${behind}`
  const todo =
    "Check whether workers for that kind and queue run and have room; `explain` gives the reasons for one job"
  return waits >= tooLongWait
    ? problem("due", says, todo)
    : waits >= longWait
    ? warning("due", says, todo)
    : ok("due", says)
}

/** The leases that are over. Instants are epoch milliseconds. */
export interface OverLeases {
  /** Those who hold them, by queue and kind. */
  readonly holders: ReadonlyArray<LaneHolder>
  /** The end of the lease that has been over for the longest time; undefined if that is not known. */
  readonly firstEnd: number | undefined
  /** False if only those were counted that ended first. */
  readonly isWhole: boolean
}

/** A worker that holds leases that are over. */
interface Holder {
  readonly worker: string
  readonly leases: number
  /** The latest instant at which it took or extended one of them, in epoch milliseconds. */
  readonly lastBeat: number
}

/** The workers of all queues and kinds, those with the most leases first. */
const workersOf = (holders: OverLeases["holders"]): ReadonlyArray<Holder> => {
  const workers = new Map<string, Holder>()
  for (const { jobs, lockedAt, lockedBy } of holders) {
    const before = workers.get(lockedBy) ?? { worker: lockedBy, leases: 0, lastBeat: 0 }
    workers.set(lockedBy, {
      worker: lockedBy,
      leases: before.leases + jobs,
      lastBeat: Math.max(before.lastBeat, lockedAt)
    })
  }
  return [...workers.values()].toSorted((one, other) => other.leases - one.leases)
}

/**
 * Leases that are over, and who holds them. A worker's sweep frees them within
 * `sweptWithin` milliseconds, so one that is over for longer shows that no worker sweeps.
 */
export const checkLeases = (
  over: OverLeases,
  { lanes, now, sweptWithin }: {
    readonly lanes: ReadonlyArray<Pick<Stats["lanes"][number], "running">>
    readonly now: number
    readonly sweptWithin: number
  }
): ReadonlyArray<Finding> => {
  const live = lanes.reduce((sum, { running }) => sum + running.count, 0)
  const moreLive = lanes.some(({ running }) => running.isMore)
  if (over.holders.length === 0) {
    return [ok("leases", `No lease is over, of ${countText(live, moreLive)} that are held`)]
  }
  const leases = over.holders.reduce((sum, { jobs }) => sum + jobs, 0)
  const firstEnd = over.firstEnd ?? Math.min(...over.holders.map(({ lockedUntil }) => lockedUntil))
  const longest = Math.max(0, now - firstEnd)
  const all = countText(live + leases, moreLive || !over.isWhole)
  const are = `${countText(leases, !over.isWhole)} ${leases === 1 ? "lease is" : "leases are"} over`
  const says = `${are}, of ${all}, one of them for ${spanText(longest)}`
  const workers = workersOf(over.holders)
  return [
    longest > sweptWithin
      ? problem(
        "leases",
        says,
        `Start a worker: its sweep frees them within ${spanText(sweptWithin)}`
      )
      : warning(
        "leases",
        says,
        `Check again in ${spanText(sweptWithin)}: the sweep of a running worker frees them by then`
      ),
    warning(
      "holders",
      `${workers.length === 1 ? "A worker looks" : `${counted(workers.length)} workers look`} dead: ${
        workers.slice(0, 3).map(({ lastBeat, leases, worker }) =>
          `${worker} holds ${counted(leases)}, last beat ${spanText(Math.max(0, now - lastBeat))} ago`
        ).join("; ")
      }${workers.length > 3 ? "; …" : ""}`,
      "Check these processes: one that still runs has a blocked event loop or cannot reach the database"
    )
  ]
}

const countText = (count: number, isMore: boolean) => `${counted(count)}${isMore ? "+" : ""}`
