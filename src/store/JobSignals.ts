import type { Scope } from "effect"
import { Effect } from "effect"
import type { JobId } from "../domain/JobId.ts"

/** A worker that wants to hear at once what it would find out at its next poll or heartbeat. */
export interface SignalListener {
  /** A job may be due. */
  readonly wake: Effect.Effect<void>
  /** Someone asked to cancel this job, which may be running here. */
  readonly cancel: (id: JobId) => Effect.Effect<void>
}

/**
 * Hints between the queues and the workers on one database. They belong to its
 * store, so that no worker listens to another database's queue. How far they reach
 * is up to the store: within its process, or to others too. Losing one costs a poll
 * interval, nothing else.
 */
export interface JobSignals extends SignalListener {
  /** Hears every signal until the scope closes. */
  readonly listen: (listener: SignalListener) => Effect.Effect<void, never, Scope.Scope>
}

/** The signals of a new store. */
export const makeJobSignals = (): JobSignals => {
  const listeners = new Set<SignalListener>()
  return {
    wake: Effect.suspend(() => Effect.forEach(listeners, (listener) => listener.wake, { discard: true })),
    cancel: (id) =>
      Effect.suspend(() => Effect.forEach(listeners, (listener) => listener.cancel(id), { discard: true })),
    listen: (listener) =>
      Effect.acquireRelease(
        Effect.sync(() => void listeners.add(listener)),
        () => Effect.sync(() => void listeners.delete(listener))
      )
  }
}
