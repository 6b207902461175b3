import { Duration, Effect, Option, Schedule, ScheduleDecision, ScheduleIntervals } from "effect"
import { spanOf } from "./spanOf.ts"

/** A retry schedule of a job: any Schedule without requirements. What it outputs is not looked at. */
export type Backoff = Schedule.Schedule<unknown>

/** 60 s after the first failure, then 120 s, doubling to at most an hour; exact, without jitter. */
export const defaultBackoff: Backoff = Schedule.exponential("60 seconds").pipe(
  Schedule.union(Schedule.spaced("1 hour"))
)

/**
 * How long a job whose payload did not decode waits after its `failures`-th
 * failure: a rolling deploy is over in minutes, a forgotten worker in an hour.
 */
export const undecodedDelay = (failures: number): Duration.Duration =>
  Duration.minutes(failures <= 1 ? 1 : failures === 2 ? 10 : 60)

/** Ten years, which for a job is never. */
export const longestDelay = Duration.days(3650)

/** `input` as a delay from 0 to ten years, or none. */
export const storable = (input: unknown): Option.Option<Duration.Duration> =>
  Option.filter(spanOf(input), Duration.lessThanOrEqualTo(longestDelay))

/** A delay as a row can keep it: whole milliseconds, rounded up, and at most ten years. */
export const storableMillis = (delay: Duration.Duration): number =>
  Math.ceil(Duration.toMillis(Duration.min(delay, longestDelay)))

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
      delay = Math.min(Math.max(0, due - instant), Duration.toMillis(longestDelay))
      // Not `due`: an endless delay would make it Infinity, and every delay after that nothing.
      instant += delay
      state = next
    }
    return Option.some(Duration.millis(delay))
  })
