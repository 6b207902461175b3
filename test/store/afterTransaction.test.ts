import { SqlClient } from "@effect/sql"
import { SqliteClient } from "@effect/sql-sqlite-node"
import { assert, describe, it } from "@effect/vitest"
import { Array as Arr, Effect, Layer, Supervisor } from "effect"
import { JobStore } from "../../src/store/JobStore.ts"
import * as SqlJobStore from "../../src/store/sqlite/SqliteJobStore.ts"
import { memory } from "./someJobs.ts"
import { interruptedAt } from "./sqlite/interruptedAt.ts"

const stores = {
  "the store's own client": memory,
  "a client the app made": SqlJobStore.layer().pipe(
    Layer.provideMerge(Layer.orDie(SqliteClient.layer({ filename: ":memory:" })))
  )
}

const inTransaction = <A, E, R>(effect: Effect.Effect<A, E, R>) =>
  Effect.flatMap(SqlClient.SqlClient, (sql) => sql.withTransaction(effect))

const afterTransaction = (effect: Effect.Effect<void>) =>
  Effect.flatMap(JobStore, (store) => store.afterTransaction(effect))

/** Lets the other fibers run for a while. */
const yields = Effect.repeatN(Effect.yieldNow(), 20)

for (const [whose, store] of Object.entries(stores)) {
  describe(`what is to run after a transaction of ${whose}`, () => {
    it.effect("waits in one fiber, and runs once, however often it is asked for", () =>
      Effect.gen(function*() {
        const supervisor = yield* Supervisor.track
        let runs = 0
        const wake = Effect.sync(() => void (runs += 1))
        yield* inTransaction(Effect.gen(function*() {
          yield* Effect.repeatN(afterTransaction(wake), 999)
          assert.lengthOf(yield* supervisor.value, 1)
        })).pipe(Effect.supervised(supervisor))
        yield* yields
        assert.strictEqual(runs, 1)

        yield* inTransaction(afterTransaction(wake))
        yield* yields
        assert.strictEqual(runs, 2)
      }).pipe(Effect.provide(store)))

    it.effect("runs in the order in which it was asked for, also after something that dies", () =>
      Effect.gen(function*() {
        const ran: Array<number> = []
        const note = (number: number) => Effect.sync(() => void ran.push(number))
        yield* inTransaction(Effect.all([
          afterTransaction(note(1)),
          afterTransaction(Effect.die("no")),
          afterTransaction(note(2)),
          afterTransaction(note(3))
        ]))
        yield* yields
        assert.deepStrictEqual(ran, [1, 2, 3])
      }).pipe(Effect.provide(store)))

    it.effect("runs also after one who asked first was interrupted as it did, wherever that was", () =>
      Effect.gen(function*() {
        let runs = 0
        const interruptedOnes: Array<number> = []
        for (let n = 0; n < 40; n++) {
          if (yield* inTransaction(interruptedAt(n, afterTransaction(Effect.void)))) interruptedOnes.push(n)
          yield* yields
          yield* inTransaction(afterTransaction(Effect.sync(() => void (runs += 1))))
          yield* yields
          assert.strictEqual(runs, n + 1, `interrupted before operation ${n}`)
        }
        assert.isAbove(interruptedOnes.length, 5)
      }).pipe(Effect.provide(store)))

    it.effect("does not run while the next transaction, which asks for more, is open", () =>
      Effect.gen(function*() {
        const one = Effect.suspend(() => {
          let ran = false
          const run = Effect.sync(() => void (ran = true))
          return inTransaction(Effect.gen(function*() {
            yield* afterTransaction(run)
            yield* yields
            assert.isFalse(ran)
          }))
        })
        // The first, and so what waits for it, gives way somewhere else each time; the other comes far meanwhile.
        for (const rate of Arr.range(11, 50)) {
          yield* Effect.all([Effect.withMaxOpsBeforeYield(one, rate), Effect.repeatN(one, 2)], {
            concurrency: "unbounded"
          })
        }
      }).pipe(Effect.provide(store)))
  })
}
