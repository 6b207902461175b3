import { SqlClient } from "@effect/sql"
import { afterEach, assert, describe, it } from "@effect/vitest"
import { Deferred, Effect, Exit, FiberId, Layer, ManagedRuntime, Schema } from "effect"
import { AsyncLocalStorage } from "node:async_hooks"
import { CurrentJob, Job, JobQueue, Worker } from "../../src/index.ts"
import { SqliteStore } from "../../src/sqlite.ts"

const Task = Job.make("context.task", { payload: { until: Schema.Literal("at once", "cancelled") } })

/** What a web framework keeps of the request that is served. */
const request = new AsyncLocalStorage<string>()

const tenants = ["a", "b", "c"]

/** A web process with a worker in it, which notes what handlers see of requests, and at which point. */
const makeApp = () => {
  const seen: Array<string> = []
  const note = (point: string) => Effect.sync(() => void seen.push(`${point}: ${request.getStore()}`))
  const reached = Deferred.unsafeMake<void>(FiberId.none)
  const Handlers = Task.toLayer(({ until }) =>
    Effect.gen(function*() {
      const { progress } = yield* CurrentJob
      yield* note("begins")
      yield* progress("under way")
      yield* note("goes on")
      yield* Deferred.succeed(reached, undefined)
      if (until === "cancelled") yield* Effect.onInterrupt(Effect.never, () => note("stops"))
    })
  )
  const layer = Worker.layer({ jobs: [Task], pollInterval: "1 hour", shutdownGrace: 0 }).pipe(
    Layer.provide(Handlers),
    Layer.provideMerge(JobQueue.layer),
    Layer.provideMerge(SqliteStore.layer({ filename: ":memory:" }))
  )
  const runtime = ManagedRuntime.make(layer)
  return { seen, reached: Deferred.await(reached), runtime }
}

type App = ReturnType<typeof makeApp>

const apps: Array<App> = []
const startApp = async (during = "the start") => {
  const app = makeApp()
  apps.push(app)
  await request.run(during, () => app.runtime.runPromise(Effect.void))
  return app
}
afterEach(() => Promise.all(apps.splice(0).map(({ runtime }) => runtime.dispose())))

const serve = <A, E>(
  app: App,
  tenant: string,
  effect: Effect.Effect<A, E, ManagedRuntime.ManagedRuntime.Context<App["runtime"]>>
) => request.run(tenant, () => app.runtime.runPromise(effect))

/** The job has ended, by what its row says. */
const ended = (app: App, id: string) =>
  app.runtime.runPromise(
    Effect.repeat(Effect.zipLeft(JobQueue.get(id), Effect.promise(() => new Promise(setImmediate))), {
      until: ({ finishedAt }) => finishedAt !== null
    })
  )

const enqueue = (until: "at once" | "cancelled") => JobQueue.enqueue(Task, { until })

describe("a handler sees no request", () => {
  it("not that which enqueued its job, nor the one that the process began in", async () => {
    const app = await startApp()
    for (const tenant of tenants) {
      const { id } = await serve(app, tenant, enqueue("at once"))
      await ended(app, id)
    }
    assert.deepStrictEqual(app.seen, tenants.flatMap(() => ["begins: undefined", "goes on: undefined"]))
  })

  it("not that whose transaction enqueued its job, and held the connection meanwhile", async () => {
    const app = await startApp()
    for (const tenant of tenants) {
      const { id } = await serve(
        app,
        tenant,
        Effect.gen(function*() {
          const sql = yield* SqlClient.SqlClient
          return yield* sql.withTransaction(Effect.tap(enqueue("at once"), Effect.yieldNow()))
        })
      )
      await ended(app, id)
    }
    assert.deepStrictEqual(app.seen, tenants.flatMap(() => ["begins: undefined", "goes on: undefined"]))
  })

  it("not that which cancels its job", async () => {
    const app = await startApp()
    const { id } = await serve(app, "a", enqueue("cancelled"))
    await app.runtime.runPromise(app.reached)
    await serve(app, "b", JobQueue.cancel(id))
    await ended(app, id)
    assert.deepStrictEqual(app.seen, ["begins: undefined", "goes on: undefined", "stops: undefined"])
  })

  it("not that whose transaction made it wait for the connection", async () => {
    const app = await startApp()
    const begun = Deferred.unsafeMake<void>(FiberId.none)
    const { id } = await serve(
      app,
      "a",
      Effect.gen(function*() {
        const sql = yield* SqlClient.SqlClient
        const enqueued = yield* enqueue("at once")
        // The worker has heard of the job, and is behind this one.
        yield* sql.withTransaction(Effect.zipRight(
          Deferred.succeed(begun, undefined),
          Effect.promise(() => new Promise(setImmediate))
        ))
        return enqueued
      })
    )
    await ended(app, id)
    assert.deepStrictEqual(app.seen, ["begins: undefined", "goes on: undefined"])
  })
})

describe("a request keeps its own context", () => {
  it("through an enqueue that waits for the connection that another has", async () => {
    const app = await startApp()
    const released = Deferred.unsafeMake<void>(FiberId.none)
    const begun = Deferred.unsafeMake<void>(FiberId.none)
    const holder = serve(
      app,
      "a",
      Effect.gen(function*() {
        const sql = yield* SqlClient.SqlClient
        yield* sql.withTransaction(Effect.zipRight(Deferred.succeed(begun, undefined), Deferred.await(released)))
      })
    )
    await app.runtime.runPromise(Deferred.await(begun))
    const waiting = ["b", "c"].map((tenant) =>
      serve(app, tenant, Effect.zipRight(enqueue("at once"), Effect.sync(() => request.getStore())))
    )
    const transacting = ["d", "e"].map((tenant) =>
      serve(
        app,
        tenant,
        Effect.gen(function*() {
          const sql = yield* SqlClient.SqlClient
          return yield* sql.withTransaction(Effect.sync(() => request.getStore()))
        })
      )
    )
    await new Promise(setImmediate)
    Deferred.unsafeDone(released, Exit.void)
    await holder
    assert.deepStrictEqual(await Promise.all([...waiting, ...transacting]), ["b", "c", "d", "e"])
  })
})
