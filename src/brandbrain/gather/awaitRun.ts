import { Effect, Option, Schedule } from "effect"
import { ActorPlatform, isTerminal, isUnseen } from "../actors/ActorPlatform.ts"
import type { ActorPlatformError, ActorRun } from "../actors/ActorPlatform.ts"

/** The pause between two polls of a run. */
export const pollInterval = "5 seconds"

/** The longest that one attempt waits for a run. An attempt that resumes the run waits as long again. */
export const pollFor = "300 seconds"

/** Polls the run until it has ended. None if that takes longer than `pollFor`. */
export const awaitRun = Effect.fn("awaitRun")(function*(run: ActorRun) {
  if (isTerminal(run.status)) {
    return Option.some(run)
  }
  return yield* getRun(run.id).pipe(
    Effect.delay(pollInterval),
    Effect.repeat({ until: ({ status }) => isTerminal(status) }),
    Effect.timeoutOption(pollFor)
  )
})

/** Reads a run that was started, which the platform may not show at once. */
export const getRun = (runId: string) => Effect.flatMap(ActorPlatform, ({ getRun }) => retryUnseen(getRun(runId)))

/** Retries for half a minute while the platform does not show the thing yet. */
export const retryUnseen = <A>(call: Effect.Effect<A, ActorPlatformError>): Effect.Effect<A, ActorPlatformError> =>
  Effect.retry(call, { while: isUnseen, schedule: Schedule.spaced(pollInterval).pipe(Schedule.upTo("30 seconds")) })
