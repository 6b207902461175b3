import * as SqlClient from "@effect/sql/SqlClient"
import { assert, describe, it } from "@effect/vitest"
import { Cause, Deferred, Effect, Exit, Fiber, Layer, Redacted, Ref, Schedule, Schema } from "effect"
import { Job, JobQueue, Worker } from "holdfast"
import { PostgresStore } from "holdfast/postgres"
import { freshDatabase } from "./freshDatabase.ts"
import { ownNetwork } from "./ownServer.ts"

const Count = Job.make("count", { payload: { number: Schema.Number }, leaseFor: "4 seconds" })

/** A database behind a network that a test can break, and behind one that it cannot. */
const brittle = Effect.gen(function*() {
  const direct = yield* freshDatabase
  const proxy = yield* ownNetwork(Redacted.value(direct))
  return { direct, proxy, url: Redacted.make(proxy.url) }
})

const queueOn = (url: Redacted.Redacted, options: Partial<PostgresStore.Options> = {}) =>
  Layer.provideMerge(JobQueue.layer, PostgresStore.layer({ url, connectTimeout: "1 second", ...options }))

/** Asks until the answer is as it should be, also while there is none. */
const until = <A, E, R>(effect: Effect.Effect<A, E, R>, isSo: (value: A) => boolean) =>
  Effect.retry(Effect.filterOrFail(effect, isSo, () => "not yet" as const), Schedule.spaced("50 millis"))

const id = (number: number) => `018f2b5e-7a30-7000-8000-00000000000${number}`

describe("an answer that is lost", () => {
  for (
    const [of, how, message, count] of [
      ["an insert", "closed", /INSERT INTO "public".holdfast_jobs/, 1],
      ["an insert", "reset", /INSERT INTO "public".holdfast_jobs/, 1],
      ["a COMMIT", "closed", /COMMIT/, 2],
      ["a COMMIT", "reset", /COMMIT/, 2]
    ] as const
  ) {
    it.live(`of ${of} is an error, its connection being ${how}, and the enqueue can be repeated`, () =>
      Effect.gen(function*() {
        const { proxy, url } = yield* brittle
        yield* Effect.gen(function*() {
          const entries = Array.from({ length: count }, (_, number) => ({ payload: { number }, id: id(number) }))
          const unique = count === 1 ? {} : { uniqueKey: "one" }
          const enqueue = JobQueue.enqueueMany(
            Count,
            entries.map((entry) => ({ ...entry, ...unique, partitionKey: entry.id }))
          )
          yield* Effect.sync(() => void proxy.loseAnswerOf(message, how))
          const lost = yield* Effect.flip(enqueue)
          assert.strictEqual(lost._tag, "StoreError")
          const again = yield* enqueue
          assert.deepStrictEqual(again.map(({ outcome }) => outcome), entries.map(() => "kept"))
          assert.strictEqual((yield* JobQueue.list()).jobs.length, count)
        }).pipe(Effect.provide(queueOn(url)))
      }).pipe(Effect.scoped))
  }

  it.live("of a settle costs no second run", () =>
    Effect.gen(function*() {
      const { proxy, url } = yield* brittle
      const runs = yield* Ref.make(0)
      const handlers = Count.toLayer(() =>
        Effect.zipRight(
          Ref.update(runs, (count) => count + 1),
          Effect.sync(() => void proxy.loseAnswerOf(/UPDATE "public".holdfast_jobs/))
        )
      )
      yield* Effect.gen(function*() {
        const { id } = yield* JobQueue.enqueue(Count, { number: 1 })
        yield* Worker.run({ jobs: [Count], once: true, heartbeatInterval: "1 second" })
        const { attempts, status } = yield* JobQueue.get(id)
        assert.deepStrictEqual([status, attempts, yield* Ref.get(runs)], ["succeeded", 1, 1])
      }).pipe(Effect.provide(Layer.provideMerge(handlers, queueOn(url))))
    }).pipe(Effect.scoped))
})

describe("a network that drops packets", () => {
  it.live("is an error also of a store that opens", () =>
    Effect.gen(function*() {
      const { proxy, url } = yield* brittle
      for (const message of [/SELECT 1/, /to_regclass/]) {
        yield* Effect.sync(() => void proxy.loseAnswerOf(message, "silently"))
        const refused = yield* Effect.flip(Layer.build(queueOn(url, { statementTimeout: "300 millis" })))
        assert.strictEqual(refused._tag, "StoreError")
        assert.match(refused.message, /has not answered/)
      }
    }).pipe(Effect.scoped))

  it.live("is an error within the time of a statement, and costs the pool no connection", () =>
    Effect.gen(function*() {
      const { direct, proxy, url } = yield* brittle
      yield* Effect.gen(function*() {
        const sql = yield* SqlClient.SqlClient
        const inTransaction = yield* Effect.fork(sql.withTransaction(Effect.zipRight(
          JobQueue.enqueue(Count, { number: 0 }),
          Effect.zipRight(Effect.sync(proxy.cut), JobQueue.enqueue(Count, { number: 1 }))
        )))
        const failed = yield* Fiber.await(inTransaction)
        assert(Exit.isFailure(failed))
        assert.match(
          Cause.pretty(failed.cause),
          /has not answered for 500ms.*whether the statement was carried out is unknown/
        )
        const alone = yield* Effect.flip(JobQueue.enqueue(Count, { number: 2 }))
        assert.strictEqual(alone._tag, "StoreError")
        yield* Effect.sync(proxy.heal)
        yield* until(JobQueue.enqueue(Count, { number: 3 }, { id: id(3) }), () => true)
        // The statement of the second enqueue was swallowed, and the transaction of the first went with its connection.
        const { jobs } = yield* Effect.provide(JobQueue.list(), queueOn(direct))
        assert.deepStrictEqual(jobs.map(({ payload }) => payload), [{ number: 3 }])
      }).pipe(Effect.provide(queueOn(url, { maxConnections: 2, statementTimeout: "500 millis" })))
    }).pipe(Effect.scoped))

  it.live("keeps no store from closing, nor a later wake-up from being sent", () =>
    Effect.gen(function*() {
      const { direct, proxy, url } = yield* brittle
      const heard = yield* Deferred.make<void>()
      const worker = Worker.layer({ jobs: [Count], pollInterval: "1 hour", heartbeatInterval: "1 second" }).pipe(
        Layer.provide(Count.toLayer(({ number }) => number === 2 ? Deferred.succeed(heard, undefined) : Effect.void)),
        Layer.provide(queueOn(direct))
      )
      yield* Layer.build(worker)
      yield* Effect.gen(function*() {
        yield* Effect.sync(() => void proxy.loseAnswerOf(/pg_notify/, "silently"))
        yield* JobQueue.enqueue(Count, { number: 1 })
        // Sent once the first is given up.
        yield* until(
          Effect.zipRight(JobQueue.enqueue(Count, { number: 2 }), Deferred.isDone(heard)),
          (isHeard) => isHeard
        )
        yield* Effect.sync(() => void proxy.loseAnswerOf(/pg_notify/, "silently"))
        yield* JobQueue.enqueue(Count, { number: 3 })
      }).pipe(Effect.provide(queueOn(url, { statementTimeout: "300 millis" })))
    }).pipe(Effect.scoped))

  it.live("stops a handler before its lease ends, and its worker goes on when the network is back", () =>
    Effect.gen(function*() {
      const { direct, proxy, url } = yield* brittle
      const begun = yield* Deferred.make<void>()
      const stoppedAt = yield* Deferred.make<number>()
      const handlers = Count.toLayer(({ number }) =>
        number > 1 ? Effect.void : Effect.zipRight(Deferred.succeed(begun, undefined), Effect.never).pipe(
          Effect.onInterrupt(() =>
            Effect.flatMap(
              Effect.clock,
              (clock) => Effect.flatMap(clock.currentTimeMillis, (now) => Deferred.succeed(stoppedAt, now))
            )
          )
        )
      )
      const worker = Worker.layer({
        jobs: [Count],
        pollInterval: "200 millis",
        heartbeatInterval: "500 millis",
        staleCheckInterval: "500 millis"
      }).pipe(Layer.provide(handlers), Layer.provide(queueOn(url, { maxConnections: 4, statementTimeout: "1 second" })))
      yield* Effect.gen(function*() {
        const { id } = yield* JobQueue.enqueue(Count, { number: 1 }, { maxAttempts: 1 })
        yield* Layer.build(worker)
        yield* Deferred.await(begun)
        yield* Effect.sync(proxy.cut)
        const stopped = yield* Deferred.await(stoppedAt)
        const { lockedUntil } = yield* JobQueue.get(id)
        assert.isBelow(stopped, lockedUntil ?? 0)
        yield* Effect.sync(proxy.heal)
        const next = yield* JobQueue.enqueue(Count, { number: 2 })
        yield* until(JobQueue.get(next.id), ({ status }) => status === "succeeded")
        // Its one attempt is spent once the lease is over.
        yield* until(JobQueue.get(id), ({ status }) => status === "failed")
      }).pipe(Effect.provide(queueOn(direct)))
    }).pipe(Effect.scoped))
})
