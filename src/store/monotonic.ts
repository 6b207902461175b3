import { Duration, Effect, Option, Schedule, ScheduleDecision, ScheduleInterval } from "effect"

/**
 * Nanoseconds on a clock that no one sets, for spans within this process only:
 * in Effect's they are Node's monotonic clock from a fixed origin.
 */
export const monotonicNanos: Effect.Effect<bigint> = Effect.map(
  Effect.clock,
  // A TestClock's own effect dies between two milliseconds, where a jittered wait leaves it.
  (clock) => clock.unsafeCurrentTimeNanos()
)

/**
 * Recurs for as long as less than `duration` has passed since its first step.
 * Effect's own asks the wall clock, and ends a wait too early or too late when
 * that is set.
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
