import { Clock, Duration, Effect } from "effect"
import type { LaneHolder } from "../../store/JobStore.ts"
import { remember } from "../remember.ts"
import * as log from "../telemetry/workerLog.ts"

/*
 * Logs the dead workers that left jobs locked. After a crash, or a drain that was
 * cut short, a person starts the app again and sees nothing happen until the leases
 * are over. A live worker extends each of its leases every heartbeat interval, or a
 * quarter of one later when that fails. So a worker that has extended none of its
 * leases for one and a half intervals is taken for dead here. That is only logged:
 * a sweep takes two looks before it releases a job.
 */

/** The time after its last claim or extension at which a worker is taken for dead. */
export const silentAfter = (heartbeatInterval: Duration.Duration) => Duration.times(heartbeatInterval, 1.5)

/** The most names of dead workers that are remembered; each is logged once. */
const mostRemembered = 1000

/**
 * Logs, once each, the silent workers that hold jobs of lanes taken here. `told`
 * has the names of those that were logged.
 */
export const tellSilentHolders = (
  told: Set<string>,
  holders: ReadonlyArray<LaneHolder>,
  options: {
    readonly isTaken: (lane: LaneHolder) => boolean
    /** True for the name of a worker of this process. */
    readonly isHere: (worker: string) => boolean
    readonly heartbeatInterval: Duration.Duration
  }
): Effect.Effect<void> =>
  Effect.gen(function*() {
    const now = yield* Clock.currentTimeMillis
    const aliveSince = now - Duration.toMillis(silentAfter(options.heartbeatInterval))
    for (const [name, lanes] of byName(holders)) {
      // A worker that extends any of its leases is alive.
      if (lanes.some(({ lockedAt }) => lockedAt > aliveSince) || options.isHere(name) || told.has(name)) continue
      const awaited = lanes.filter(options.isTaken)
      if (awaited.length === 0) continue
      remember(told, name, mostRemembered)
      yield* log.jobsHeld({
        lockedBy: name,
        jobs: awaited.reduce((total, { jobs }) => total + jobs, 0),
        lockedAt: Math.max(...lanes.map(({ lockedAt }) => lockedAt)),
        lockedUntil: Math.max(...awaited.map(({ lockedUntil }) => lockedUntil))
      })
    }
  })

const byName = (holders: ReadonlyArray<LaneHolder>) => {
  const lanesOf = new Map<string, Array<LaneHolder>>()
  for (const holder of holders) {
    const lanes = lanesOf.get(holder.lockedBy)
    if (lanes === undefined) lanesOf.set(holder.lockedBy, [holder])
    else lanes.push(holder)
  }
  return lanesOf
}
