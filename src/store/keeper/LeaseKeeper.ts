import type { Effect, Scope } from "effect"
import type { Lease } from "../../domain/Lease.ts"

/** A heartbeat is overdue when this many intervals have passed since the last one. */
export const overdueAfter = 1.25

/**
 * Extends leases from a thread while the event loop of this process is blocked and
 * no heartbeat can run. It uses the statement of a heartbeat, so it extends nothing
 * that is another attempt's, and it stops once the loop has been blocked for a
 * job's `stallLimit`: a process that hangs must lose its jobs.
 */
export interface LeaseKeeper {
  /** Keeps leases of one worker, until the scope closes. The thread starts with the first, and ends with the last worker. */
  readonly open: (worker: KeptWorker) => Effect.Effect<KeptLeases, never, Scope.Scope>
  /** True while the thread runs: not before the first lease, and not after it has died. */
  readonly isRunning: () => boolean
}

/** A worker whose leases are to be kept. */
export interface KeptWorker {
  readonly name: string
  /** The most leases at once. Those beyond are not kept. */
  readonly capacity: number
}

/** The leases that the thread keeps for one worker. */
export interface KeptLeases {
  /** Keeps the lease from now on. Undefined if that cannot be done; its heartbeat is then all it has. */
  readonly keep: (lease: Lease, terms: Terms) => KeptByThread | undefined
}

/** The state of a lease. Instants are monotonic milliseconds of the worker's clock. */
export interface Terms {
  /** The instant before the claim or the last extension was sent. */
  readonly sentAt: number
  /** Milliseconds that an extension asks for. */
  readonly leaseFor: number
  /** The milliseconds between two heartbeats, which are fewer in a drain. */
  readonly interval: number
  /** Milliseconds from before an extension is sent to the deadline that it buys. */
  readonly holdsFor: number
  /** The deadline. A lease is not extended behind it. */
  readonly deadline: number
  /**
   * Milliseconds for which its handler may block the event loop. Nobody can tell which handler does, so the longest
   * of a process's jobs holds for all: after that their leases are left to run out.
   */
  readonly stallLimit: number
}

/** One lease that the thread keeps. */
export interface KeptByThread {
  /** The deadline that the thread's last extension has bought, in monotonic milliseconds of the worker's clock; -Infinity before the first. */
  readonly heldUntil: () => number
  /** The heartbeat has extended it. */
  readonly extended: (sentAt: number, deadline: number) => void
  /** Stops keeping it. An extension that is under way may still land. */
  readonly letGo: () => void
}
