import { Effect, Option, Schedule } from "effect"
import { ActorPlatform, isTerminal, isUnseen } from "../actors/ActorPlatform.ts"
import type { ActorPlatformError, ActorRun } from "../actors/ActorPlatform.ts"

/** The pause between two looks at a run. */
export const pollInterval = "5 seconds"

/** One attempt waits this long for a run, and an attempt that resumes the run waits as long again. */
export const pollFor = "300 seconds"

/** Looks at the run until it has ended. None when that takes longer than we wait. */
export const awaitRun = Effect.fn("awaitRun")(function*(run: ActorRun) {
  if (isTerminal(run.status)) {
    return Option.some(run)
  }
  return yield* look(run.id).pipe(
    Effect.delay(pollInterval),
    Effect.repeat({ until: ({ status }) => isTerminal(status) }),
    Effect.timeoutOption(pollFor)
  )
})

/** Asks the platform for the run. One just started may not be seen at once. */
export const look = (runId: string) => Effect.flatMap(ActorPlatform, ({ getRun }) => onceSeen(getRun(runId)))

/** Asks again, for half a minute, about what the platform does not see yet. */
export const onceSeen = <A>(ask: Effect.Effect<A, ActorPlatformError>): Effect.Effect<A, ActorPlatformError> =>
  Effect.retry(ask, { while: isUnseen, schedule: Schedule.spaced(pollInterval).pipe(Schedule.upTo("30 seconds")) })
