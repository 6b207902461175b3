import { Duration, Effect, Option, Schedule, ScheduleDecision, ScheduleIntervals } from "effect"
import { longestDelay } from "./limits.ts"

/** A retry schedule of a job: any Schedule without requirements. Its output is ignored. */
export type Backoff = Schedule.Schedule<unknown>

/** 60 s after the first failure, then 120 s, doubling to at most an hour; exact, without jitter. */
export const defaultBackoff: Backoff = Schedule.exponential("60 seconds").pipe(
  Schedule.union(Schedule.spaced("1 hour"))
)

/**
 * The wait after the `failures`-th failure of a job whose payload did not decode.
 * A rolling deploy is over in minutes, a forgotten worker in an hour.
 */
export const undecodedDelay = (failures: number): Duration.Duration =>
  Duration.minutes(failures <= 1 ? 1 : failures === 2 ? 10 : 60)

/**
 * The wait in milliseconds of a job whose worker died in its last two attempts: the default backoff for `failures`. Such a
 * job may be what kills its processes, and everything else that they run. After a first death there is no wait, so a crash
 * costs seconds.
 */
export const delayAfterDeath = (failures: number): number =>
  Math.min(60_000 * 2 ** Math.max(0, failures - 1), 3_600_000)

/** A delay as a row can keep it: whole milliseconds, rounded up, and at most ten years. */
export const storableMillis = (delay: Duration.Duration): number =>
  Math.ceil(Duration.toMillis(Duration.min(delay, longestDelay)))

/**
 * The wait of a job after its `failures`-th failure, counted from 1, or none if
 * the schedule ends before that and the job has failed for good.
 *
 * A job's schedule keeps no state between attempts. It is replayed from its start,
 * as if each attempt had failed at once when it was due, and the last one now. So
 * a schedule that counts or measures has come as far as it would have, and one
 * that names instants of the calendar names the next after `now`, in epoch
 * milliseconds.
 */
export const delayAfter = (
  backoff: Backoff,
  failures: number,
  now: number
): Effect.Effect<Option.Option<Duration.Duration>> =>
  Effect.gen(function*() {
    // What the delays before this one come to says when the first attempt has failed.
    const ahead = yield* replay(backoff, failures - 1, now, Infinity)
    if (ahead === undefined) return Option.none()
    const before = yield* replay(backoff, failures - 1, now - (ahead.instant - now), now)
    if (before === undefined) return Option.none()
    const last = yield* step(backoff, { state: before.state, instant: now })
    return Option.map(Option.fromNullable(last), ({ instant }) => Duration.millis(instant - now))
  })

/** The state of a schedule after some of its steps, and the instant at which the next one is due. */
interface Progress {
  readonly state: unknown
  readonly instant: number
}

/** Takes so many steps, each at the instant that the one before named, or at `latest` where that is earlier. */
const replay = (backoff: Backoff, steps: number, start: number, latest: number) =>
  Effect.gen(function*() {
    let progress: Progress | undefined = { state: backoff.initial, instant: start }
    for (let taken = 0; taken < steps && progress !== undefined; taken++) {
      progress = yield* step(backoff, { ...progress, instant: Math.min(progress.instant, latest) })
    }
    return progress
  })

/** One step; undefined when the schedule ends with it. */
const step = (backoff: Backoff, { instant, state }: Progress): Effect.Effect<Progress | undefined> =>
  Effect.map(backoff.step(instant, undefined, state), ([next, , decision]) => {
    if (ScheduleDecision.isDone(decision)) return undefined
    const due = ScheduleIntervals.start(decision.intervals)
    // Not `due`: an endless delay would make it Infinity, and every delay after that nothing.
    return { state: next, instant: instant + Math.min(Math.max(0, due - instant), Duration.toMillis(longestDelay)) }
  })
