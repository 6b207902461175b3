import { Context, Effect } from "effect"

/** What a loop over the synchronous driver must give way to. */
export interface EventLoopService {
  /**
   * Lets everything else that is ready run once: timers, sockets, other fibers.
   *
   * Fibers over a synchronous driver never give way by themselves; a loop of
   * claims once held up every timer, so every heartbeat, for three seconds.
   */
  readonly turn: Effect.Effect<void>
}

/** Replaceable, so that a simulation may schedule everything itself. */
export class EventLoop extends Context.Reference<EventLoop>()("holdfast/runtime/EventLoop", {
  defaultValue: (): EventLoopService => ({
    turn: Effect.async<void>((resume) => {
      const immediate = setImmediate(() => resume(Effect.void))
      return Effect.sync(() => clearImmediate(immediate))
    })
  })
}) {}
