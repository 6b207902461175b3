import { Duration, Effect, Option, Schedule, ScheduleDecision, ScheduleIntervals } from "effect"

/** A retry schedule of a job: any Schedule without requirements. What it outputs is not looked at. */
export type Backoff = Schedule.Schedule<unknown>

/** 60 s after the first failure, then 120 s, doubling to at most an hour; exact, without jitter. */
export const defaultBackoff: Backoff = Schedule.exponential("60 seconds").pipe(
  Schedule.union(Schedule.spaced("1 hour"))
)

/** A delay must fit an instant that Date can hold; ten years is never, for a job. */
const longest = Duration.days(3650)

/**
 * How long a job waits after its `failures`-th failure, counted from 1, or none
 * when the schedule ends before that and the job has failed for good.
 *
 * A job's schedule keeps no state between attempts: it is replayed from its
 * start, each step at the instant the one before it named. `now` is epoch
 * milliseconds.
 */
export const delayAfter = (
  backoff: Backoff,
  failures: number,
  now: number
): Effect.Effect<Option.Option<Duration.Duration>> =>
  Effect.gen(function*() {
    let state: unknown = backoff.initial
    let instant = now
    let delay = 0
    for (let step = 0; step < failures; step++) {
      const [next, , decision] = yield* backoff.step(instant, undefined, state)
      if (ScheduleDecision.isDone(decision)) return Option.none()
      const due = ScheduleIntervals.start(decision.intervals)
      delay = Math.max(0, due - instant)
      instant = Math.max(instant, due)
      state = next
    }
    return Option.some(Duration.min(Duration.millis(delay), longest))
  })
