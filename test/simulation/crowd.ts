import type { SqlClient } from "@effect/sql"
import { Effect, Random } from "effect"
import { Ids } from "../../src/platform/Ids.ts"
import { JobQueue } from "../../src/runtime/JobQueue.ts"
import { enclosed } from "./enclosing.ts"
import type { Client } from "./work.ts"
import { oneOf } from "./work.ts"

/** More than are written by one statement. */
const crowded = 1100

/** As large as a payload may be, with all that stands around it. */
const largest = 1024 * 1024 - JSON.stringify({ behaviour: "succeed", takes: 1, filler: "" }).length

/**
 * A thousand jobs at once, in fifty queues and of every priority, in a transaction
 * of the caller's or without one; and a few as large as a job may be.
 */
export const crowd = ({ process, world }: Client): Effect.Effect<void, unknown, JobQueue | SqlClient.SqlClient> =>
  Effect.gen(function*() {
    const { kinds } = world
    const jobId = Effect.flatMap(Ids, (ids) => ids.jobId)
    const entries = yield* Effect.replicateEffect(
      Effect.gen(function*() {
        return {
          id: yield* jobId,
          payload: { behaviour: "succeed", takes: yield* Random.nextIntBetween(1, 1000), filler: "" } as const,
          queue: `queue-${yield* Random.nextIntBetween(0, 50)}`,
          priority: yield* Random.nextIntBetween(-1000, 1001)
        }
      }),
      crowded
    )
    const some = JobQueue.enqueueMany(kinds.brief, entries)
    yield* (yield* Random.next) < 0.5 ? some : enclosed(world.history, process, Effect.ignore(some))
    world.history.rare.push("more jobs were enqueued at once than one statement writes")
    const kind = yield* oneOf([kinds.steady, kinds.once])
    const payload = { behaviour: "succeed", takes: 1, filler: "x".repeat(largest) } as const
    yield* JobQueue.enqueueMany(kind, [{ id: yield* jobId, payload }, { id: yield* jobId, payload }])
  })
