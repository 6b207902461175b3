import { Cause, Duration, Effect, Exit, Option } from "effect"
import type { StoreError } from "../../domain/errors.ts"
import { isLasting } from "../../domain/errors.ts"
import type { StoreFailure } from "../../store/JobStore.ts"
import * as log from "../telemetry/workerLog.ts"
import { monotonicMillis } from "../../platform/monotonic.ts"

/** A worker that dies of a bug is started again after this long, and twice as long each time it dies again. */
const shortestPause = Duration.seconds(1)

/** Short enough for a worker to come back soon once it can live. */
const longestPause = Duration.minutes(1)

/** A worker that ran for this long was well, and its next death begins a new series. */
const wellAfter = Duration.minutes(5)

/**
 * Runs a worker until it ends by itself, and starts it again when it dies. One
 * whose store fails for good is not started again: `onEnd` is run, once its jobs
 * have ended.
 */
export const keepRunning = <R, R2>(
  worker: Effect.Effect<void, StoreFailure, R>,
  onEnd: (error: StoreError) => Effect.Effect<void, never, R2>
): Effect.Effect<void, never, R | R2> =>
  Effect.gen(function*() {
    let pause = shortestPause
    while (true) {
      const startedAt = yield* monotonicMillis
      // When this fiber is interrupted, nothing after it runs.
      const exit = yield* Effect.exit(worker)
      if (Exit.isSuccess(exit)) return
      const lasting = Option.filter(Cause.failureOption(exit.cause), isLasting)
      if (Option.isSome(lasting)) {
        yield* log.workerEnded(lasting.value)
        return yield* Effect.catchAllCause(onEnd(lasting.value), log.onEndDied)
      }
      if ((yield* monotonicMillis) - startedAt >= Duration.toMillis(wellAfter)) pause = shortestPause
      yield* log.workerDied(exit.cause, pause)
      yield* Effect.sleep(pause)
      pause = Duration.min(Duration.times(pause, 2), longestPause)
    }
  })
