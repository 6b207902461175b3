import { Context, Effect } from "effect"
import type { Lease } from "../../domain/Lease.ts"
import type { StaleLease } from "../../store/JobStore.ts"
import { monotonicMillis } from "../../platform/monotonic.ts"

/**
 * The leases that the workers of this process hold, so that none of them takes the
 * job of a live sibling for a dead worker's.
 */
export interface HeldLeasesService {
  /**
   * Notes that this process holds the lease until the monotonic millisecond that `deadline` answers, which may move.
   * `now` is the current one. Repeating it replaces the deadline.
   */
  readonly hold: (lease: Lease, deadline: () => number, now: number) => void
  /** Forgets the lease, if it was noted. */
  readonly letGo: (lease: Lease) => void
  /** Those of these leases that this process does not hold, or whose deadline has passed. */
  readonly notHeld: (leases: ReadonlyArray<StaleLease>) => Effect.Effect<ReadonlyArray<StaleLease>>
}

/** Replaceable, so that a simulation may run several processes in one. */
export class HeldLeases extends Context.Reference<HeldLeases>()("holdfast/runtime/lease/HeldLeases", {
  defaultValue: (): HeldLeasesService => makeHeldLeases()
}) {}

/** The registry of one process. */
export const makeHeldLeases = (): HeldLeasesService => {
  const deadlines = new Map<string, () => number>()
  let tidyAt = fewest

  /** A claim by hand may never be settled, so leases that are over are forgotten before the registry doubles. */
  const tidy = (now: number) => {
    for (const [name, deadline] of deadlines) if (deadline() <= now) deadlines.delete(name)
    tidyAt = Math.max(fewest, 2 * deadlines.size)
  }

  return {
    hold: (lease, deadline, now) => {
      deadlines.set(nameOf(lease.jobId, lease.worker, lease.attempt), deadline)
      if (deadlines.size > tidyAt) tidy(now)
    },
    letGo: (lease) => void deadlines.delete(nameOf(lease.jobId, lease.worker, lease.attempt)),
    notHeld: (leases) =>
      Effect.map(monotonicMillis, (now) =>
        leases.filter(({ attempt, id, lockedBy }) => {
          const deadline = deadlines.get(nameOf(id, lockedBy, attempt))
          return deadline === undefined || deadline() <= now
        }))
  }
}

/** As many as one worker may run. */
const fewest = 1000

/** A worker's name is random, so two databases in one process share none. */
const nameOf = (id: string, worker: string, attempt: number) => `${worker} ${attempt} ${id}`
