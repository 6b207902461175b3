import { Effect } from "effect"
import type { Scope } from "effect"

/**
 * Runs an effect that never fails until the scope closes.
 *
 * It can be interrupted also where its caller cannot, as in the acquisition of a resource: the scope would wait for it forever.
 */
export const inBackground = <A, R>(effect: Effect.Effect<A, never, R>): Effect.Effect<void, never, R | Scope.Scope> =>
  effect.pipe(
    Effect.tapDefect((defect) => Effect.logError("Unexpected failure behind the HTTP API", defect)),
    Effect.interruptible,
    Effect.forkScoped,
    Effect.asVoid
  )
