import type { Option } from "effect"
import { Clock, Duration, Effect } from "effect"
import * as Backoff from "../../domain/Backoff.ts"
import * as log from "../telemetry/workerLog.ts"

/** The longest that a backoff schedule may take to name a delay: long for a computation, and short beside a lease. */
const longestThought = Duration.seconds(1)

/**
 * The delay after this failure, or none where the job is not to run again. A schedule is the
 * app's code: one that throws, hangs or interrupts itself must not keep a failed
 * job from being settled, and the default takes its place.
 */
export const delayAfter = (
  backoff: Backoff.Backoff,
  failures: number
): Effect.Effect<Option.Option<Duration.Duration>> => {
  const after = (backoff: Backoff.Backoff) =>
    Effect.flatMap(Clock.currentTimeMillis, (now) => Backoff.delayAfter(backoff, failures, now))
  return after(backoff).pipe(
    Effect.disconnect,
    Effect.timeout(longestThought),
    Effect.catchAllCause((cause) => Effect.zipRight(log.backoffDied(cause), after(Backoff.defaultBackoff)))
  )
}
