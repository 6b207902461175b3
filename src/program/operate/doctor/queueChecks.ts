import type { Finding } from "../../../cli/findings.ts"
import { ok, problem, warning } from "../../../cli/findings.ts"
import { counted } from "../../../cli/progressBar.ts"
import { spanText } from "../../../cli/spanText.ts"
import type { JobRecord, Stats } from "../../../index.ts"

const minute = 60_000

/** A worker with room starts a due job at once; one that is busy makes it wait. */
const longWait = 5 * minute
const tooLongWait = 60 * minute

/** The job that has been due for the longest time, where nothing is paused, and how long it waits. */
export const checkDue = ({ at, lanes }: Pick<Stats, "at" | "lanes">): Finding => {
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
  const says = `The oldest due job waits for ${
    spanText(waits)
  }, of kind ${oldest.kind} in queue ${oldest.queue}${behind}`
  const todo =
    "Look whether workers for that kind and queue run and have room; `explain` of such a job says what is known"
  return waits >= tooLongWait
    ? problem("due", says, todo)
    : waits >= longWait
    ? warning("due", says, todo)
    : ok("due", says)
}

/** A worker that holds leases which are over. */
interface Holder {
  readonly worker: string
  readonly leases: number
  /** The latest instant at which it took or extended one of them, in epoch milliseconds. */
  readonly lastBeat: number
}

/** Those who hold leases that are over, by how many these are. */
export const holdersOf = (jobs: ReadonlyArray<JobRecord>, now: number): ReadonlyArray<Holder> => {
  const holders = new Map<string, Holder>()
  for (const { lockedAt, lockedBy, lockedUntil } of jobs) {
    if (lockedBy === null || lockedUntil === null || lockedUntil > now) continue
    const before = holders.get(lockedBy) ?? { worker: lockedBy, leases: 0, lastBeat: 0 }
    holders.set(lockedBy, {
      worker: lockedBy,
      leases: before.leases + 1,
      lastBeat: Math.max(before.lastBeat, lockedAt ?? 0)
    })
  }
  return [...holders.values()].toSorted((one, other) => other.leases - one.leases)
}

/**
 * Leases that are over, and who holds them. A worker's sweep frees them within
 * `sweptWithin` milliseconds, so what is over for longer shows that none sweeps.
 */
export const checkLeases = (
  running: ReadonlyArray<JobRecord>,
  { isWhole, now, sweptWithin }: { readonly isWhole: boolean; readonly now: number; readonly sweptWithin: number }
): ReadonlyArray<Finding> => {
  const over = running.flatMap(({ lockedUntil }) =>
    lockedUntil === null || lockedUntil > now ? [] : [now - lockedUntil]
  )
  const among = isWhole ? counted(running.length) : `the first ${counted(running.length)}`
  if (over.length === 0) return [ok("leases", `No lease is over, of ${among} that are held`)]
  const longest = Math.max(...over)
  const are = over.length === 1 ? "1 lease is over" : `${counted(over.length)} leases are over`
  const says = `${are}, of ${among}, one of them for ${spanText(longest)}`
  const holders = holdersOf(running, now)
  return [
    longest > sweptWithin
      ? problem(
        "leases",
        says,
        `Start a worker: its sweep frees them, which takes ${spanText(sweptWithin)} at most where one runs`
      )
      : warning(
        "leases",
        says,
        `Look again in ${spanText(sweptWithin)}: the sweep of a worker that runs frees them by then`
      ),
    warning(
      "holders",
      `${holders.length === 1 ? "A worker looks" : `${counted(holders.length)} workers look`} dead: ${
        holders.slice(0, 3).map(({ lastBeat, leases, worker }) =>
          `${worker} holds ${counted(leases)}, last beat ${spanText(now - lastBeat)} ago`
        ).join("; ")
      }${holders.length > 3 ? "; …" : ""}`,
      "Look at these processes: one that still runs has a blocked event loop or no way to the database"
    )
  ]
}
