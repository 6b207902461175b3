import { assert, describe, it } from "@effect/vitest"
import { Deferred, Effect, Either, Layer, Redacted, Schedule, Schema } from "effect"
import { Job, JobQueue, Worker } from "holdfast"
import { PostgresStore } from "holdfast/postgres"
import { ownServer } from "./ownServer.ts"

const Count = Job.make("count", { payload: { number: Schema.Number }, leaseFor: "3 seconds", maxAttempts: 20 })

describe("a server that crashes and comes back", () => {
  it.live("costs no acknowledged job, and workers go on by themselves", () =>
    Effect.gen(function*() {
      const server = yield* ownServer({ fsync: "on" })
      const begun = yield* Deferred.make<void>()
      const crashed = yield* Deferred.make<void>()
      // The first jobs are running when the server is gone.
      const handlers = Count.toLayer(() =>
        Effect.zipRight(Deferred.succeed(begun, undefined), Effect.zipRight(Deferred.await(crashed), Effect.void))
      )
      const app = Worker.layer({
        jobs: [Count],
        concurrency: 5,
        pollInterval: "200 millis",
        heartbeatInterval: "500 millis",
        staleCheckInterval: "500 millis"
      }).pipe(
        Layer.provide(handlers),
        Layer.provideMerge(JobQueue.layer),
        Layer.provideMerge(PostgresStore.layer({ url: Redacted.make(server.url), maxConnections: 5 }))
      )
      yield* Effect.gen(function*() {
        const ids: Array<string> = []
        for (let number = 0; number < 20; number++) ids.push((yield* JobQueue.enqueue(Count, { number })).id)
        yield* Deferred.await(begun)
        yield* Effect.promise(server.crash)
        const refused = yield* Effect.either(JobQueue.enqueue(Count, { number: -1 }))
        assert.strictEqual(Either.isLeft(refused) ? refused.left._tag : "enqueued", "StoreError")
        yield* Deferred.succeed(crashed, undefined)
        yield* Effect.promise(server.startAgain)
        const again = yield* Effect.retry(JobQueue.enqueue(Count, { number: 20 }), Schedule.spaced("100 millis"))
        for (const id of [...ids, again.id]) {
          yield* Effect.retry(JobQueue.get(id), Schedule.spaced("100 millis")).pipe(Effect.repeat({
            until: ({ status }) => status === "succeeded",
            schedule: Schedule.spaced("50 millis")
          }))
        }
      }).pipe(Effect.provide(app))
    }).pipe(Effect.scoped))
})
