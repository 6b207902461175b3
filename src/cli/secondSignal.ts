import { Deferred, Duration, Effect } from "effect"
import type { Scope } from "effect"
import { makeShutdown } from "../runtime/worker/drain.ts"
import { ProcessEnd } from "../runtime/worker/ProcessEnd.ts"

/** Succeeds with an effect that waits for the signal that ends the grace of the process's workers. */
export const secondSignal: Effect.Effect<Effect.Effect<void>, never, Scope.Scope> = Effect.gen(function*() {
  const processEnd = yield* ProcessEnd
  const shutdown = yield* makeShutdown
  yield* processEnd.listen({ shutdown, grace: Duration.zero, cutLeases: () => {}, leaveBehind: Effect.void })
  return Deferred.await(shutdown.graceOver)
})
