import * as Reactivity from "@effect/experimental/Reactivity"
import * as PgClient from "@effect/sql-pg/PgClient"
import { assert, describe, it } from "@effect/vitest"
import type { Duration, Redacted } from "effect"
import { Deferred, Effect, Fiber, Layer, Logger, Schedule } from "effect"
import { Job, JobQueue, Worker } from "holdfast"
import { PostgresStore } from "holdfast/postgres"
import { freshDatabase } from "./freshDatabase.ts"
import { endListening, listeners, listening } from "./listening.ts"

const Ping = Job.make("ping")

/** A process whose worker looks by itself once an hour, and so must be told, unless it polls. */
const worker = (
  url: Redacted.Redacted,
  handler: Effect.Effect<void>,
  options?: Partial<PostgresStore.Options>,
  pollInterval: Duration.DurationInput = "1 hour"
) =>
  Layer.build(
    Worker.layer({ jobs: [Ping], pollInterval }).pipe(
      Layer.provide(Ping.toLayer(() => handler)),
      Layer.provide(JobQueue.layer),
      Layer.provide(PostgresStore.layer({ url, maxConnections: 3, ...options }))
    )
  )

/** Another process, which only enqueues. */
const producer = (url: Redacted.Redacted) =>
  Layer.build(Layer.provide(JobQueue.layer, PostgresStore.layer({ url, maxConnections: 2 })))

describe("a worker on PostgreSQL is told", () => {
  it.live("of jobs that another process enqueues, also after its connection was ended", () =>
    Effect.gen(function*() {
      const url = yield* freshDatabase
      const admin = yield* PgClient.make({ url, maxConnections: 1 })
      let ran = 0
      let done = yield* Deferred.make<void>()
      yield* worker(url, Effect.suspend(() => Effect.asVoid(Deferred.succeed(done, void ran++))))
      const other = yield* producer(url)
      for (let round = 1; round <= 3; round++) {
        yield* listening(admin)
        done = yield* Deferred.make<void>()
        yield* Effect.provide(JobQueue.enqueue(Ping), other)
        yield* Deferred.await(done)
        assert.strictEqual(ran, round)
        yield* endListening(admin)
      }
    }).pipe(Effect.scoped, Effect.provide(Reactivity.layer)))

  it.live("that a job is to be cancelled, before its next beat", () =>
    Effect.gen(function*() {
      const url = yield* freshDatabase
      const begun = yield* Deferred.make<void>()
      const stopped = yield* Deferred.make<void>()
      yield* worker(
        url,
        Effect.onInterrupt(
          Effect.zipRight(Deferred.succeed(begun, undefined), Effect.never),
          () => Deferred.succeed(stopped, undefined)
        )
      )
      const other = yield* producer(url)
      const { id } = yield* Effect.provide(JobQueue.enqueue(Ping), other)
      yield* Deferred.await(begun)
      yield* Effect.provide(JobQueue.cancel(id), other)
      yield* Deferred.await(stopped)
      const status = yield* Effect.fork(Effect.repeat(Effect.provide(JobQueue.get(id), other), {
        until: ({ status }) => status === "cancelled",
        schedule: Schedule.spaced("10 millis")
      }))
      yield* Fiber.join(status)
    }).pipe(Effect.scoped))

  it.live("that it hears nothing, where its listenUrl leads to another database", () =>
    Effect.gen(function*() {
      const url = yield* freshDatabase
      const listenUrl = yield* freshDatabase
      const said = yield* Deferred.make<string>()
      const log = Logger.replace(
        Logger.defaultLogger,
        Logger.make(({ annotations, message }) => {
          if (String(message).startsWith("Cannot listen")) {
            Deferred.unsafeDone(said, Effect.succeed(JSON.stringify([message, ...annotations])))
          }
        })
      )
      yield* Effect.provide(worker(url, Effect.void, { listenUrl }), log)
      assert.match(yield* Deferred.await(said), /notifications do not reach the connection that listens/)
    }).pipe(Effect.scoped))

  it.live("nothing where it is not to listen, and finds the jobs by its poll", () =>
    Effect.gen(function*() {
      const url = yield* freshDatabase
      const ran = yield* Deferred.make<void>()
      const admin = yield* PgClient.make({ url, maxConnections: 1 })
      yield* worker(url, Effect.asVoid(Deferred.succeed(ran, undefined)), { listenUrl: false }, "50 millis")
      yield* Effect.provide(JobQueue.enqueue(Ping), yield* producer(url))
      yield* Deferred.await(ran)
      // A connection that listens has run nothing since, for 15 s.
      assert.deepStrictEqual(yield* listeners(admin), [])
    }).pipe(Effect.scoped, Effect.provide(Reactivity.layer)))
})
