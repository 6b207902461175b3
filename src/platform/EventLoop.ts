import { Context, Effect, identity } from "effect"
import { performance } from "node:perf_hooks"
import { setImmediate } from "node:timers"
import { callersContext } from "./asyncContext.ts"

/** The event loop. A loop over the synchronous driver must pause for it. */
export interface EventLoopService {
  /** Lets everything else that is ready run once: timers, sockets, other fibers. */
  readonly turn: Effect.Effect<void>
  /** True once 10 ms have passed since the first call in this turn of the loop: the caller should wait for the next turn. */
  readonly overdue: () => boolean
}

/** A tenth of what a person notices, and some hundred statements of SQLite. */
const longestTurn = 10

// As they are now: a test that fakes timers later would wait forever for one.
const immediately = setImmediate
const monotonicMillis = performance.now.bind(performance)

/**
 * The event loop of the process, which there is one of. Of fibers that wait for
 * a turn it resumes one after the other and only until the turn is overdue, or a
 * thousand of them would make up one long turn.
 */
const ofTheProcess = (): EventLoopService => {
  let beganAt: number | undefined
  const began = () => void (beganAt = undefined)
  const overdue = () => {
    if (beganAt !== undefined) return monotonicMillis() - beganAt >= longestTurn
    beganAt = monotonicMillis()
    immediately(began)
    return false
  }

  const waiting = new Set<() => void>()
  /** Those for whom a turn has come. */
  const ready = new Set<() => void>()
  let scheduled = false
  const schedule = () => {
    if (!scheduled) immediately(turned)
    scheduled = true
  }
  const turned = () => {
    scheduled = false
    for (const one of waiting) ready.add(one)
    waiting.clear()
    resumeNext()
  }
  const resumeNext = () => {
    const [next] = ready
    if (next === undefined) return
    if (overdue()) return schedule()
    ready.delete(next)
    next()
    // It runs before this does, up to its next pause.
    queueMicrotask(resumeNext)
  }
  return {
    turn: Effect.async<void>((resume) => {
      const inItsContext = callersContext()
      const go = () => inItsContext(() => resume(Effect.void))
      waiting.add(go)
      schedule()
      return Effect.sync(() => void (waiting.delete(go) || ready.delete(go)))
    }),
    overdue
  }
}

/** Replaceable, so that a simulation may schedule everything itself. */
export class EventLoop extends Context.Reference<EventLoop>()("holdfast/platform/EventLoop", {
  defaultValue: ofTheProcess
}) {}

/** As `giveWay`, but waits for the turn as the caller says. */
export const giveWayBy = (wait: (turn: Effect.Effect<void>) => Effect.Effect<void>): Effect.Effect<void> =>
  Effect.flatMap(EventLoop, ({ overdue, turn }) => overdue() ? wait(turn) : Effect.void)

/**
 * Gives way to the rest of the process if it has waited for long.
 *
 * Fibers over a synchronous driver never give way by themselves, so that a loop
 * of enqueues once held up every timer of its process, heartbeats included, for
 * as long as it went on. By time and not by statement, since a turn costs as
 * much as a short one.
 */
export const giveWay: Effect.Effect<void> = giveWayBy(identity)
