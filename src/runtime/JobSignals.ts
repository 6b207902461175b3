import type { Scope } from "effect"
import { Context, Effect, Layer } from "effect"
import type { JobId } from "../domain/JobId.ts"

/** A worker that wants to hear at once what it would find out at its next poll or heartbeat. */
export interface SignalListener {
  /** A job may be due. */
  readonly wake: Effect.Effect<void>
  /** Someone asked to cancel this job, which may be running here. */
  readonly cancel: (id: JobId) => Effect.Effect<void>
}

/** Hints between the job queue and the workers of one process. Losing one costs a poll interval, nothing else. */
export class JobSignals extends Context.Tag("holdfast/runtime/JobSignals")<
  JobSignals,
  SignalListener & {
    /** Hears every signal until the scope closes. */
    readonly listen: (listener: SignalListener) => Effect.Effect<void, never, Scope.Scope>
  }
>() {}

/** One process's signals. */
export const layer: Layer.Layer<JobSignals> = Layer.sync(JobSignals, () => {
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
})
