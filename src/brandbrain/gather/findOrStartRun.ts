import { Effect, Option } from "effect"
import { ApifyRuns } from "./ApifyRuns.ts"
import type { ApifyRun } from "./ApifyRuns.ts"
import { getRun } from "./awaitRun.ts"
import { findLeftBehind } from "./findLeftBehind.ts"
import { findRunOfEarlierAttempt } from "./findUnansweredRun.ts"
import { startRun } from "./startRun.ts"
import type { Start } from "./startRun.ts"

/**
 * Finds a run that is paid for already, or starts one.
 *
 * Tries, in this order: the run of an earlier attempt, a run that an earlier attempt started without an answer, a run
 * that an earlier compile left behind, and a new run.
 */
export const findOrStartRun = Effect.fn("findOrStartRun")(function*(
  options: Start & {
    readonly sourceId: string
    readonly compileRunId: string
    /** The row as an earlier attempt left it; null if this is the first. */
    readonly earlier: ApifyRun | null
    readonly forced: boolean
  }
) {
  const { actorId, apifyRunId, compileRunId, earlier, forced, input, sourceId } = options
  const runs = yield* ApifyRuns
  const log = (message: string) => Effect.annotateLogs(Effect.logInfo(message), { apifyRunId })

  if (earlier !== null && earlier.platform_run_id !== null) {
    yield* log("Resuming the run of an earlier attempt")
    return yield* getRun(earlier.platform_run_id)
  }

  const unanswered = earlier === null
    ? Option.none()
    : yield* findRunOfEarlierAttempt(actorId, input, earlier.started_at)
  if (Option.isSome(unanswered)) {
    yield* log("Found the run that an earlier attempt started")
    yield* runs.markStarted(apifyRunId, unanswered.value)
    return unanswered.value
  }

  const leftBehind = yield* findLeftBehind({ sourceId, compileRunId, input, forced }).pipe(
    // Nothing was started yet, unless by an earlier attempt: a later compile would look for it in vain.
    Effect.tapErrorTag(
      "ActorPlatformError",
      (error) => runs.markFailed(apifyRunId, "failed", error.message, { unresolved: earlier !== null })
    )
  )
  if (Option.isSome(leftBehind)) {
    const { left, run } = leftBehind.value
    yield* log("Reusing the run that an earlier compile did not wait for")
    yield* Effect.uninterruptible(
      Effect.zipRight(
        runs.markStarted(apifyRunId, run, { startedAt: left.started_at }),
        runs.markResolved(left.id)
      )
    )
    return run
  }

  return yield* startRun(options)
})
