import { Clock, Duration, Effect, Option } from "effect"
import { EventLoop } from "../../platform/EventLoop.ts"
import type { JobStore, LaneHead, StoreFailure } from "../../store/JobStore.ts"
import * as log from "../telemetry/workerLog.ts"
import { monotonicMillis } from "../../platform/monotonic.ts"

/*
 * Logs that jobs wait for a worker that may not exist: jobs of a kind that no
 * deployed release knows, or in a queue whose name is misspelled. A worker knows
 * only its own lanes, each a queue and a kind; another process may take the others.
 * So it judges by what a claim leaves behind. A claim takes the first job of its
 * lane and counts an attempt. If the first due job of a lane is the same as before,
 * after the same number of attempts, nobody has claimed from the lane in between.
 */

type Store = typeof JobStore.Service

/** Longer than a worker takes to be started again, and than most that are busy let a lane wait. */
const longWait = Duration.toMillis("2 minutes")

/** Twelve polls of a worker that has room. */
const unmoved = Duration.toMillis("1 minute")

/** Heads read at a time, so that no read takes more than some milliseconds. */
const page = 500

/** Heads that one look reads at most. Lanes behind those are not seen. */
const mostHeads = 10_000

/** Jobs of a lane that are counted at most. */
const mostCounted = 1000

/** The most lanes that a look logs, so that a thousand of them do not fill the log at once. */
const mostTold = 20

/** The due jobs of one lane. */
export interface DueLane {
  readonly queue: string
  readonly kind: string
  /** The one that a claim takes first. */
  readonly head: LaneHead
  /** The epoch milliseconds since which the oldest has been due. */
  readonly dueSince: number
}

/** A lane as the look before saw it. */
export interface Unclaimed {
  readonly lane: DueLane
  /** The monotonic millisecond at which its head was first seen there. */
  readonly since: number
  readonly isTold: boolean
}

/** The lanes that no worker of this process takes, by their names. */
export type UnclaimedLanes = Map<string, Unclaimed>

/** Every lane with a due job. */
export const dueLanes = (store: Store): Effect.Effect<ReadonlyArray<DueLane>, StoreFailure> =>
  Effect.gen(function*() {
    const { turn } = yield* EventLoop
    const now = yield* Clock.currentTimeMillis
    const lanes = new Map<string, DueLane>()
    let after: LaneHead | undefined
    let read = 0
    do {
      const heads: ReadonlyArray<LaneHead> = yield* store.laneHeads({ limit: page, after })
      for (const head of heads) {
        const { availableAt, kind, queue } = head
        if (availableAt > now) continue
        const name = nameOf(head)
        const lane = lanes.get(name)
        // Higher priorities come first.
        lanes.set(name, {
          queue,
          kind,
          head: lane?.head ?? head,
          dueSince: Math.min(lane?.dueSince ?? Infinity, availableAt)
        })
      }
      read += heads.length
      after = heads[page - 1]
      if (after !== undefined) yield* turn
    } while (after !== undefined && read < mostHeads)
    return [...lanes.values()]
  })

/**
 * Gets the due lanes that nobody here takes and nobody works on. Compares them with
 * what is known, and logs those that have waited for long: once, until a claim
 * takes from them or they are empty.
 */
export const tellUnclaimed = (
  store: Store,
  known: UnclaimedLanes,
  lanes: ReadonlyArray<DueLane>
): Effect.Effect<void, StoreFailure> =>
  Effect.gen(function*() {
    const seenAt = yield* monotonicMillis
    const now = yield* Clock.currentTimeMillis
    const found = new Map(lanes.map((lane) => [nameOf(lane), lane]))
    for (const [name, { isTold, lane }] of known) {
      const seen = found.get(name)
      if (seen !== undefined && isSameHead(seen.head, lane.head)) continue
      known.delete(name)
      if (isTold) yield* log.laneClaimed(lane)
    }
    let told = 0
    for (const [name, lane] of found) {
      const before = known.get(name) ?? { since: seenAt, isTold: false }
      known.set(name, { ...before, lane })
      const waited = now - lane.dueSince
      if (before.isTold) yield* log.laneWaits(lane, waited)
      else if (told < mostTold && waited >= longWait && seenAt - before.since >= unmoved) {
        told++
        const jobs = yield* countDue(store, lane)
        yield* log.laneUnclaimed({ ...lane, jobs, isMore: jobs === mostCounted, waited })
        known.set(name, { ...before, lane, isTold: true })
      }
    }
  })

/** Due jobs of a lane, counted up to a thousand. */
const countDue = (store: Store, { kind, queue }: DueLane) =>
  Effect.map(
    store.due({
      queues: Option.some([{ queue, limit: mostCounted }]),
      kinds: [{ kind, leaseFor: 0 }],
      limit: mostCounted,
      maxBytes: Infinity
    }),
    (jobs) => jobs.length
  )

const isSameHead = (a: LaneHead, b: LaneHead) => a.id === b.id && a.attempts === b.attempts

/** A lane's name: no queue or kind can stand for another's. */
export const nameOf = ({ kind, queue }: { readonly queue: string; readonly kind: string }) =>
  JSON.stringify([queue, kind])
