import type { Scope } from "effect"
import { Clock, Context, DefaultServices, Effect } from "effect"
import { performance } from "node:perf_hooks"
import { clearInterval, setInterval } from "node:timers"

/** Measures how late the event loop runs its timers. */
export interface LoopDelayService {
  /**
   * Tells, some times a second until the scope closes, by how many milliseconds the loop was late, and how many
   * milliseconds of CPU time the process has used since it told before.
   */
  readonly watch: (tell: (late: number, computed: number) => void) => Effect.Effect<void, never, Scope.Scope>
  /** By how many milliseconds it is late now, which nobody has been told yet: 0 unless it stands or has only just stood. */
  readonly overdue: () => number
  /** The milliseconds of CPU time that go with `overdue`. */
  readonly computed: () => number
}

/** In milliseconds: often enough to see what costs a lease of a second, and seldom enough to cost nothing. */
const every = 100

// As they are now: a test that fakes timers later would see its own time.
const repeat = setInterval
const stop = clearInterval
const monotonicMillis = performance.now.bind(performance)

/**
 * The event loop of the process, measured by one timer for all watchers. Its clock
 * is monotonic, so setting the wall clock does not count as a delay. Stopping the
 * process does, once it goes on.
 *
 * `monitorEventLoopDelay` of Node knows how long the loop has stood, but not
 * when, and so not which jobs ran then.
 */
const ofTheProcess = (): LoopDelayService => {
  const watching = new Set<(late: number, computed: number) => void>()
  let timer: NodeJS.Timeout | undefined
  let dueAt = Infinity
  let used = 0
  const overdue = () => Math.max(0, monotonicMillis() - dueAt)
  const computed = () => cpuMillis() - used
  const tick = () => {
    const late = overdue()
    const worked = computed()
    dueAt = monotonicMillis() + every
    used += worked
    for (const tell of watching) tell(late, worked)
  }
  const start = () => {
    dueAt = monotonicMillis() + every
    used = cpuMillis()
    timer = repeat(tick, every).unref()
  }
  const end = () => {
    stop(timer)
    timer = undefined
    dueAt = Infinity
  }
  return {
    watch: (tell) =>
      Effect.whenEffect(
        Effect.asVoid(Effect.acquireRelease(
          Effect.sync(() => {
            watching.add(tell)
            if (timer === undefined) start()
          }),
          () =>
            Effect.sync(() => {
              watching.delete(tell)
              if (watching.size === 0) end()
            })
        )),
        isByRealTime
      ),
    overdue,
    computed
  }
}

/** The CPU time of the process, of all its threads. */
const cpuMillis = () => {
  const { system, user } = process.cpuUsage()
  return (system + user) / 1000
}

/** True unless a test moves the clock: real delays mean nothing then. */
export const isByRealTime = Effect.map(
  Effect.clock,
  (clock) => clock === Context.get(DefaultServices.liveServices, Clock.Clock)
)

/** Replaceable, so that a test may say how late it is. */
export class LoopDelay extends Context.Reference<LoopDelay>()("holdfast/platform/LoopDelay", {
  defaultValue: ofTheProcess
}) {}
