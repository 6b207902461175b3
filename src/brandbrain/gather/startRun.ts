import { Clock, Duration, Effect, Option, Schedule } from "effect"
import { ActorPlatform, isFull } from "../actors/ActorPlatform.ts"
import type { ActorPlatformError, ActorRun } from "../actors/ActorPlatform.ts"
import { ApifyRuns } from "./ApifyRuns.ts"
import { pollInterval } from "./awaitRun.ts"
import type { StorageError } from "../storage/StorageError.ts"

/** A source waits this long for room at the platform. Its run then has a time of its own. */
const roomFor = "300 seconds"

/**
 * The platform ends a run after this long. Longer than an attempt waits, since the
 * next compile makes use of a run that took too long for this one.
 */
const runFor = "600 seconds"

/** After this many starts, each of which may have cost money unseen, the source has failed. */
const mostStarts = 3

/** The actor, its input, and the row that tells of the run. */
export interface Start {
  readonly apifyRunId: string
  readonly actorId: string
  readonly input: Readonly<Record<string, unknown>>
  readonly itemLimit: number
}

/**
 * Starts a run and saves what the platform calls it.
 *
 * Where the account has no room, this waits for some. Where a start was not
 * answered, it looks for the run before it starts another.
 */
export const startRun = Effect.fn("startRun")(function*(start: Start) {
  const waiting = yield* Effect.once(Effect.logInfo("The actor platform has no room for another run; waiting for some"))
  const started = (starts: number): Effect.Effect<ActorRun, StartFailure, ActorPlatform | ApifyRuns> =>
    Effect.flatMap(Clock.currentTimeMillis, (askedAt) =>
      ask(start).pipe(
        Effect.tapErrorTag("ActorPlatformError", (error) => isFull(error) ? waiting : Effect.void),
        Effect.retry({
          while: (error) => error._tag === "ActorPlatformError" && isFull(error),
          schedule: forRoom
        }),
        Effect.catchIf(isUncertain, (error) =>
          Effect.flatMap(found(start, askedAt, error), (run) => {
            if (Option.isSome(run)) return Effect.succeed(run.value)
            return starts === mostStarts ? Effect.fail(error) : started(starts + 1)
          }))
      ))
  return yield* started(1)
})

type StartFailure = ActorPlatformError | StorageError

const isUncertain = (error: StartFailure): error is ActorPlatformError =>
  error._tag === "ActorPlatformError" && error.uncertain

// With jitter, as several sources may wait for the same room; in whole milliseconds, as instants are kept.
const forRoom = Schedule.spaced(pollInterval).pipe(
  Schedule.jittered,
  Schedule.modifyDelay((_, delay) => Duration.millis(Math.round(Duration.toMillis(delay)))),
  Schedule.upTo(roomFor)
)

/**
 * What the platform answers, yes or no, is saved even if we are told to stop
 * meanwhile. A start that was not answered stays `starting`, for the next attempt to look for.
 */
const ask = Effect.fn("startRun.ask")(
  function*({ actorId, apifyRunId, input, itemLimit }: Start) {
    const platform = yield* ActorPlatform
    const runs = yield* ApifyRuns
    return yield* platform.startRun(actorId, input, { maxItems: itemLimit, timeout: Duration.decode(runFor) }).pipe(
      Effect.tap((run) => runs.started(apifyRunId, run)),
      Effect.tapErrorTag(
        "ActorPlatformError",
        (error) => isFull(error) || error.uncertain ? Effect.void : runs.ended(apifyRunId, "failed", error.message)
      )
    )
  },
  Effect.uninterruptible
)

/** The run that the start made after all. Where nobody can say whether there is one, no other is started. */
const found = Effect.fn("startRun.found")(function*(start: Start, askedAt: number, error: ActorPlatformError) {
  const runs = yield* ApifyRuns
  return yield* lookAgain(start.actorId, start.input, askedAt, 3).pipe(
    Effect.tap((run) => Option.isSome(run) ? runs.started(start.apifyRunId, run.value) : Effect.void),
    Effect.catchTag("ActorPlatformError", () => Effect.fail(error))
  )
})

/** Looks for it so often, with time between: a platform may show a run some seconds after it started it. */
const lookAgain = (actorId: string, input: Start["input"], since: number, times: number) =>
  lostRun(actorId, input, since).pipe(
    Effect.delay(pollInterval),
    Effect.repeat({ until: Option.isSome, times: times - 1 })
  )

/** After this long a platform shows whatever it started. */
const shownWithin = Duration.minutes(1)

/** The run of a start of an attempt before this one, which did not come to note what the platform answered. */
export const runOfEarlierAttempt = Effect.fn("runOfEarlierAttempt")(
  function*(actorId: string, input: Start["input"], startedAt: number) {
    const run = yield* lostRun(actorId, input, startedAt)
    const isRecent = (yield* Clock.currentTimeMillis) - startedAt < Duration.toMillis(shownWithin)
    return Option.isNone(run) && isRecent ? yield* lookAgain(actorId, input, startedAt, 2) : run
  }
)

/** A run with this input that was started since then and is not known to be ours: that of a start without an answer. */
export const lostRun = Effect.fn("lostRun")(
  function*(actorId: string, input: Readonly<Record<string, unknown>>, since: number) {
    const runs = yield* ApifyRuns
    const candidates = yield* (yield* ActorPlatform).findRuns(actorId, input, since)
    return yield* Effect.findFirst(candidates, ({ id }) => Effect.negate(runs.isKnown(id)))
  }
)
