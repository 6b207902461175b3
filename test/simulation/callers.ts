import { SqlClient } from "@effect/sql"
import { Effect, Fiber, Random } from "effect"
import { Ids } from "../../src/platform/Ids.ts"
import { JobQueue } from "../../src/runtime/JobQueue.ts"
import { abandoned, aside, byHand } from "./clients.ts"
import { crowd } from "./crowd.ts"
import { enclosed } from "./enclosing.ts"
import { mayBeTaken, pauseBriefly } from "./operators.ts"
import type { Client } from "./work.ts"
import { oneOf, someJob, someOptions, someWork } from "./work.ts"

type Part = Effect.Effect<unknown, unknown, JobQueue | SqlClient.SqlClient>

/**
 * Uses the job queue in transactions of its own, with others nested in them, one
 * after the other and beside each other, some of which fail; now and then a
 * statement ends the whole. Never fails, and ends when the fleet heals.
 */
export const caller = (
  client: Client,
  seed: number
): Effect.Effect<void, never, JobQueue | SqlClient.SqlClient> => {
  const { process, world } = client
  const act = Effect.flatMap(Random.next, (draw) => {
    if (world.crowds > 0) {
      world.crowds--
      return crowd(client)
    }
    const some = transaction(client, 0)
    return draw < 0.15 ? abandoned(world, some) : some
  })
  return Random.nextRange(0, 2 * world.plan.callerPause).pipe(
    Effect.flatMap(Effect.sleep),
    Effect.zipRight(Effect.suspend(() => world.healing ? Effect.void : act)),
    // Its process may lose the database; what it is refused, the history tells.
    Effect.catchAllCause(() => Effect.void),
    Effect.repeat({ until: () => world.healing }),
    Effect.asVoid,
    Effect.withRandom(Random.make(`${seed} ${process} caller`))
  )
}

/** Some parts one after the other, of which some fail and are caught; the whole of them fails now and then. */
const transaction = (client: Client, depth: number): Part =>
  enclosed(
    client.world.history,
    client.process,
    Effect.gen(function*() {
      const parts = yield* Random.nextIntBetween(1, 4)
      for (let done = 0; done < parts; done++) {
        const some = yield* part(client, depth)
        yield* (yield* Random.next) < 0.7 ? Effect.ignore(some) : some
        yield* Effect.sleep(yield* Random.nextIntBetween(0, 30))
      }
      return (yield* Random.next) < 0.25 ? yield* Effect.fail("roll back" as const) : undefined
    })
  )

/** What is done in a transaction at a depth. Three levels show all that more would. */
const part = (client: Client, depth: number) =>
  Effect.gen(function*() {
    if (client.world.plan.pauses && (yield* Random.next) < 0.08) return pauseBriefly
    const draw = yield* Random.next
    const nested = Effect.suspend(() => transaction(client, depth + 1))
    if (depth < 2 && draw < 0.2) return nested
    if (depth < 2 && draw < 0.3) return beside(nested, yield* Random.nextIntBetween(2, 4))
    if (depth < 2 && draw < 0.35) return Effect.timeout(nested, yield* Random.nextIntBetween(1, 60))
    if (draw < 0.55) return enqueue(client)
    if (draw < 0.62) return takenId(client)
    if (draw < 0.75) return aside(client.world)
    if (draw < 0.94) return byHand(client)
    return failing(draw < 0.98 ? "INSERT" : "INSERT OR ROLLBACK")
  })

/**
 * Nested transactions at once, each of which may fail by itself. Not by
 * `Effect.all`, which never ends if it is interrupted before its first fiber has started.
 */
const beside = (nested: Part, count: number): Part =>
  Effect.uninterruptibleMask((restore) =>
    Effect.flatMap(
      Effect.replicateEffect(Effect.fork(restore(Effect.ignore(nested))), count),
      (fibers) => Effect.onInterrupt(restore(Fiber.awaitAll(fibers)), () => Fiber.interruptAll(fibers))
    )
  )

const enqueue = ({ world }: Client): Part =>
  Effect.gen(function*() {
    if (world.left <= 0) return
    const { kind } = yield* someWork(world)
    const entries = yield* Effect.replicateEffect(
      Effect.gen(function*() {
        const { payload } = yield* someWork(world)
        return { payload, ...(yield* someOptions), id: yield* (yield* Ids).jobId }
      }),
      yield* oneOf([1, 1, 1, 2])
    )
    world.left -= entries.length
    world.known.push(...entries.map(({ id }) => id))
    yield* JobQueue.enqueueMany(kind, entries)
  })

/**
 * Jobs of which one has the id of another that may be there: then none of them is
 * added. Not where jobs are soon pruned, after which the id would have a second life.
 */
const takenId = ({ world }: Client): Part =>
  Effect.gen(function*() {
    if (world.plan.worker.retention < world.plan.troubledFor) return
    const { kind, payload } = yield* someWork(world)
    const taken = yield* someJob(world)
    if (world.plan.edits && !mayBeTaken(taken)) return
    const ids = [yield* (yield* Ids).jobId, taken]
    yield* JobQueue.enqueueMany(kind, ids.map((id) => ({ payload, id })))
  })

/** A statement of the app's that the database refuses, by itself or with the whole transaction. */
const failing = (statement: "INSERT" | "INSERT OR ROLLBACK"): Part =>
  Effect.flatMap(
    SqlClient.SqlClient,
    (sql) => sql`${sql.literal(statement)} INTO simulation_enclosed (enclosing, place) VALUES (0, 'taken')`
  )
