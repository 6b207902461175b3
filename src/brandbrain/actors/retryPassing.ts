import { Clock, Effect, Random } from "effect"
import { ActorPlatformError, isFull } from "./ActorPlatform.ts"
import type { PlatformFault } from "./PlatformFault.ts"

/** Retries the request while its fault may pass and a second request does no harm. Then fails with the last fault. */
export const retryPassing = (options: {
  /** True if sending the request twice does the same as sending it once. */
  readonly idempotent: boolean
}) =>
<A>(request: Effect.Effect<A, PlatformFault>): Effect.Effect<A, ActorPlatformError> => {
  const isHarmless = (fault: PlatformFault) => fault.nothingDone || options.idempotent

  const attempt = (failures: number, startedAt: number): Effect.Effect<A, PlatformFault> =>
    Effect.catchIf(request, (fault) => fault.passing && isHarmless(fault), (fault) =>
      Effect.gen(function*() {
        const backoff = firstBackoff * 2 ** failures * (yield* Random.nextRange(0.75, 1.25))
        // The jitter comes on top of Retry-After, so that the clients that were sent away do not all return at once.
        const delay = Math.round(backoff) + fault.retryAfter
        const elapsed = (yield* Clock.currentTimeMillis) - startedAt
        if (failures === maxRetries || elapsed + delay > maxElapsed) {
          return yield* Effect.fail(fault)
        }
        yield* Effect.logWarning("The actor platform failed; trying again").pipe(
          Effect.annotateLogs({ status: fault.status, type: fault.type, delay })
        )
        // No request is under way here, so an interruption may end the wait even if requests must finish.
        yield* Effect.interruptible(Effect.sleep(delay))
        return yield* attempt(failures + 1, startedAt)
      }))

  return Effect.flatMap(Clock.currentTimeMillis, (now) => attempt(0, now)).pipe(
    Effect.mapError((fault) => {
      const uncertain = !isHarmless(fault)
      return new ActorPlatformError({
        status: fault.status,
        type: fault.type,
        reason: uncertain ? `${fault.reason}; the request may have taken effect` : fault.reason,
        // A full account is not retried here, since that makes no room. A caller with more time may wait for it.
        retryable: (fault.passing || isFull(fault)) && !uncertain,
        uncertain
      })
    })
  )
}

/** Waits of about 1, 2, 4, 8 and 16 seconds outlast the restart of a gateway. */
const firstBackoff = 1_000
const maxRetries = 5

/** No request starts later than this after the first, even if Retry-After asks for it. */
const maxElapsed = 120_000
