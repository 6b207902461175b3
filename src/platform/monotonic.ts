import { Duration, Effect, Option, Schedule, ScheduleDecision, ScheduleInterval } from "effect"

/** Nanoseconds on a clock that nobody sets: in Effect's, Node's monotonic clock from a fixed origin. */
export const monotonicNanos: Effect.Effect<bigint> = Effect.map(
  Effect.clock,
  // A TestClock's own effect dies between two milliseconds, where a jittered wait leaves it.
  (clock) => clock.unsafeCurrentTimeNanos()
)

/** Whole milliseconds from the nanoseconds of an Effect clock. */
export const toMillis = (nanos: bigint): number => Number(nanos / 1_000_000n)

/** Milliseconds on the same clock, for spans within this process only. */
export const monotonicMillis: Effect.Effect<number> = Effect.map(monotonicNanos, toMillis)

/**
 * Recurs until `duration` has passed since its first step. Effect's own
 * `Schedule.upTo` reads the wall clock, and ends a wait too early or too late
 * when somebody sets that.
 */
export const recurUpTo = (duration: Duration.DurationInput): Schedule.Schedule<void> =>
  Schedule.makeWithState(Option.none<bigint>(), (wall, _, began) =>
    Effect.map(monotonicNanos, (now) => {
      const since = Option.getOrElse(began, () => now)
      const decision = Duration.lessThan(Duration.nanos(now - since), duration)
        ? ScheduleDecision.continueWith(ScheduleInterval.after(wall))
        : ScheduleDecision.done
      return [Option.some(since), undefined, decision]
    }))
