import { Clock, Duration, Effect, Option } from "effect"
import { ActorPlatform } from "../actors/ActorPlatform.ts"
import { ApifyRuns } from "./ApifyRuns.ts"
import { pollInterval } from "./awaitRun.ts"

type Input = Readonly<Record<string, unknown>>

/**
 * Finds the run of a start whose answer was lost. It has this input, began after
 * `since`, and is not recorded in our tables.
 */
export const findUnansweredRun = Effect.fn("findUnansweredRun")(
  function*(actorId: string, input: Input, since: number) {
    const runs = yield* ApifyRuns
    const candidates = yield* (yield* ActorPlatform).findRuns(actorId, input, since)
    return yield* Effect.findFirst(candidates, ({ id }) => Effect.negate(runs.isKnown(id)))
  }
)

/** Looks that many times, with a pause before each: a platform may show a run only seconds after its start. */
export const lookForUnansweredRun = (actorId: string, input: Input, since: number, times: number) =>
  findUnansweredRun(actorId, input, since).pipe(
    Effect.delay(pollInterval),
    Effect.repeat({ until: Option.isSome, times: times - 1 })
  )

/** The platform shows every run within this time. */
const shownWithin = Duration.minutes(1)

/** Finds the run that an earlier attempt started without saving the platform's answer. */
export const findRunOfEarlierAttempt = Effect.fn("findRunOfEarlierAttempt")(
  function*(actorId: string, input: Input, startedAt: number) {
    const run = yield* findUnansweredRun(actorId, input, startedAt)
    const isRecent = (yield* Clock.currentTimeMillis) - startedAt < Duration.toMillis(shownWithin)
    return Option.isNone(run) && isRecent ? yield* lookForUnansweredRun(actorId, input, startedAt, 2) : run
  }
)
