import { SqlClient } from "@effect/sql"
import { SqliteClient } from "@effect/sql-sqlite-node"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Layer } from "effect"
import type { LeaseLost } from "../../src/domain/errors.ts"
import { Lease } from "../../src/domain/Lease.ts"
import type { JobStore, StoreFailure } from "../../src/store/JobStore.ts"
import * as SqlJobStore from "../../src/store/sqlite/SqliteJobStore.ts"
import { allRows, claimOne, complete, enqueue, extend, fail, job, memory, progress, release } from "./someJobs.ts"

const inTransaction = <A, E, R>(effect: Effect.Effect<A, E, R>) =>
  Effect.flatMap(SqlClient.SqlClient, (sql) => sql.withTransaction(effect))

/** The lease of a claim that is taken back. */
const rolledBack = <E, R>(claim: Effect.Effect<Lease, E, R>) =>
  Effect.gen(function*() {
    const error = yield* Effect.flip(inTransaction(Effect.flatMap(claim, Effect.fail)))
    return error instanceof Lease ? error : yield* Effect.dieMessage("not claimed")
  })

type Write = (lease: Lease) => Effect.Effect<unknown, LeaseLost | StoreFailure, JobStore>

const writes = {
  extend,
  progress: (lease: Lease) => progress(lease, `{"step":1}`),
  complete: (lease: Lease) => complete(lease),
  fail: (lease: Lease) => fail(lease),
  release: (lease: Lease) => release(lease)
} satisfies Record<string, Write>

/** Each another claim by the same worker at the same instant, which gets the number that was given back. */
const nextClaims = {
  "by itself": claimOne(),
  "in a transaction": inTransaction(claimOne()),
  "in a nested transaction": inTransaction(inTransaction(claimOne()))
}

const clients = {
  "the store's own client": memory,
  "a client the app made": SqlJobStore.layer().pipe(
    Layer.provideMerge(Layer.orDie(SqliteClient.layer({ filename: ":memory:" })))
  )
}

for (const [whose, store] of Object.entries(clients)) {
  describe(`the lease of a claim that was rolled back, on ${whose}`, () => {
    for (const [name, write] of Object.entries<Write>(writes)) {
      for (const [how, nextClaim] of Object.entries(nextClaims)) {
        it.effect(`does not let its holder ${name} what is claimed ${how} after it`, () =>
          Effect.gen(function*() {
            yield* enqueue(job(1))
            const gone = yield* rolledBack(claimOne())
            assert.strictEqual((yield* Effect.flip(write(gone)))._tag, "LeaseLost")
            const lease = yield* nextClaim
            assert.strictEqual(lease.attempt, gone.attempt)
            const before = yield* allRows
            assert.strictEqual((yield* Effect.flip(write(gone)))._tag, "LeaseLost")
            assert.deepStrictEqual(yield* allRows, before)
            yield* write(lease)
            assert.strictEqual((yield* Effect.flip(write(gone)))._tag, "LeaseLost")
          }).pipe(Effect.provide(store)))
      }
    }
  })
}

it.effect("the lease of a nested claim that was rolled back is worth nothing in the transaction that goes on", () =>
  Effect.gen(function*() {
    yield* enqueue(job(1))
    yield* inTransaction(Effect.gen(function*() {
      const gone = yield* rolledBack(claimOne())
      const lease = yield* claimOne()
      assert.strictEqual((yield* Effect.flip(complete(gone)))._tag, "LeaseLost")
      yield* complete(lease)
    }))
  }).pipe(Effect.provide(memory)))
