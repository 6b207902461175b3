import { Effect } from "effect"
import { hostname } from "node:os"
import { Ids } from "./Ids.ts"

/** Who holds a lease: `host:pid:incarnation`. A restarted process is another worker, even under the same pid. */
export const makeWorkerId: Effect.Effect<string> = Effect.gen(function*() {
  const ids = yield* Ids
  return `${hostname()}:${process.pid}:${yield* ids.incarnation}`
})
