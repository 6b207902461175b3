import { Clock, Duration, Effect, Option, Schedule } from "effect"
import { ActorPlatform, isFull } from "../actors/ActorPlatform.ts"
import type { ActorPlatformError, ActorRun } from "../actors/ActorPlatform.ts"
import type { StorageError } from "../storage/StorageError.ts"
import { ApifyRuns } from "./ApifyRuns.ts"
import { pollInterval } from "./awaitRun.ts"
import { lookForUnansweredRun } from "./findUnansweredRun.ts"

/** The longest that a source waits for room at the platform. The time for its run comes on top. */
const roomFor = "300 seconds"

/**
 * The time after which the platform ends a run.
 *
 * Longer than an attempt waits, since the next compile uses a run that took too long for this one.
 */
const runFor = "600 seconds"

/** The most starts for one source, since a start without an answer may have cost money. */
const maxStarts = 3

/** The actor, its input, and our row for the run. */
export interface Start {
  readonly apifyRunId: string
  readonly actorId: string
  readonly input: Readonly<Record<string, unknown>>
  readonly itemLimit: number
}

/**
 * Starts a run and saves the platform's id of it.
 *
 * Waits while the account has no room for another run. After a start without an answer it looks for the run before it
 * starts another.
 */
export const startRun = Effect.fn("startRun")(function*(start: Start) {
  const logWaiting = yield* Effect.once(
    Effect.logInfo("The actor platform has no room for another run; waiting for one to end")
  )
  const attempt = (starts: number): Effect.Effect<ActorRun, StartFailure, ActorPlatform | ApifyRuns> =>
    Effect.flatMap(Clock.currentTimeMillis, (startedAt) =>
      requestStart(start).pipe(
        Effect.tapErrorTag("ActorPlatformError", (error) => isFull(error) ? logWaiting : Effect.void),
        Effect.retry({
          while: (error) => error._tag === "ActorPlatformError" && isFull(error),
          schedule: forRoom
        }),
        Effect.catchIf(isUncertain, (error) =>
          Effect.flatMap(findStarted(start, startedAt, error), (run) => {
            if (Option.isSome(run)) return Effect.succeed(run.value)
            return starts === maxStarts ? Effect.fail(error) : attempt(starts + 1)
          }))
      ))
  return yield* attempt(1)
})

type StartFailure = ActorPlatformError | StorageError

const isUncertain = (error: StartFailure): error is ActorPlatformError =>
  error._tag === "ActorPlatformError" && error.uncertain

// Jittered, as several sources may wait for the same room; in whole milliseconds, as instants are stored.
const forRoom = Schedule.spaced(pollInterval).pipe(
  Schedule.jittered,
  Schedule.modifyDelay((_, delay) => Duration.millis(Math.round(Duration.toMillis(delay)))),
  Schedule.upTo(roomFor)
)

/**
 * Uninterruptible, so that the platform's answer is saved even during a shutdown.
 *
 * Without an answer the row stays `starting`, and the next attempt looks for the run.
 */
const requestStart = Effect.fn("startRun.request")(
  function*({ actorId, apifyRunId, input, itemLimit }: Start) {
    const platform = yield* ActorPlatform
    const runs = yield* ApifyRuns
    return yield* platform.startRun(actorId, input, { maxItems: itemLimit, timeout: Duration.decode(runFor) }).pipe(
      Effect.tap((run) => runs.markStarted(apifyRunId, run)),
      Effect.tapErrorTag(
        "ActorPlatformError",
        (error) => isFull(error) || error.uncertain ? Effect.void : runs.markFailed(apifyRunId, "failed", error.message)
      )
    )
  },
  Effect.uninterruptible
)

/** Finds the run that the unanswered start made. Fails with `error`, and starts no other, if the platform cannot tell. */
const findStarted = Effect.fn("startRun.findStarted")(
  function*(start: Start, startedAt: number, error: ActorPlatformError) {
    const runs = yield* ApifyRuns
    return yield* lookForUnansweredRun(start.actorId, start.input, startedAt, 3).pipe(
      Effect.tap((run) => Option.isSome(run) ? runs.markStarted(start.apifyRunId, run.value) : Effect.void),
      Effect.catchTag("ActorPlatformError", () => Effect.fail(error))
    )
  }
)
