import { SqlClient } from "@effect/sql"
import { SqliteClient } from "@effect/sql-sqlite-node"
import { afterEach, assert, describe, it, vi } from "@effect/vitest"
import { Array as Arr, Deferred, Effect, Fiber, Layer, Schema } from "effect"
import { EventLoop, Job, JobQueue, JobStore } from "../../../src/index.ts"
import { SqlJobStore } from "../../../src/sqlite.ts"
import { claim, enqueue, job, memory } from "../someJobs.ts"

const Task = Job.make("way.task", { payload: Schema.Unknown })

const SqliteStores = Layer.provideMerge(JobQueue.layer, memory)

const OwnClient = JobQueue.layer.pipe(
  Layer.provideMerge(SqlJobStore.layer()),
  Layer.provideMerge(SqliteClient.layer({ filename: ":memory:" }))
)

const insert = Effect.flatMap(SqlClient.SqlClient, (sql) => sql`INSERT INTO notes VALUES ('a note')`)
const notes = Effect.flatMap(SqlClient.SqlClient, (sql) => sql`CREATE TABLE notes (text TEXT)`)

const inTransaction = <A, E, R>(effect: Effect.Effect<A, E, R>) =>
  Effect.flatMap(SqlClient.SqlClient, (sql) => sql.withTransaction(effect))

/** Far more than a loop runs in 10 ms, and fewer than Effect's scheduler takes to give way by itself. */
const many = 2000

/** Runs an effect again and again until a timer of the process has gone off. Answers whether one has. */
const untilATimer = <A, E, R>(effect: Effect.Effect<A, E, R>) =>
  Effect.gen(function*() {
    const timer = { fired: false }
    setTimeout(() => void (timer.fired = true), 1)
    for (let ran = 0; ran < many && !timer.fired; ran++) yield* effect
    return timer.fired
  })

const enqueueOne = JobQueue.enqueue(Task, "one")

describe("timers go off beside a loop of", () => {
  it.live("enqueues", () =>
    Effect.gen(function*() {
      assert.isTrue(yield* untilATimer(enqueueOne))
    }).pipe(Effect.provide(SqliteStores)))

  it.live("enqueues in one transaction", () =>
    Effect.gen(function*() {
      assert.isTrue(yield* inTransaction(untilATimer(enqueueOne)))
    }).pipe(Effect.provide(SqliteStores)))

  it.live("enqueues on the app's own client", () =>
    Effect.gen(function*() {
      assert.isTrue(yield* untilATimer(enqueueOne))
    }).pipe(Effect.provide(OwnClient)))

  it.live("enqueues in one transaction of the app's own client", () =>
    Effect.gen(function*() {
      assert.isTrue(yield* inTransaction(untilATimer(enqueueOne)))
    }).pipe(Effect.provide(OwnClient)))

  it.live("reads", () =>
    Effect.gen(function*() {
      assert.isTrue(yield* untilATimer(JobQueue.list()))
    }).pipe(Effect.provide(SqliteStores)))

  it.live("the app's own statements", () =>
    Effect.gen(function*() {
      yield* notes
      assert.isTrue(yield* untilATimer(insert))
    }).pipe(Effect.provide(SqliteStores)))

  it.live("the app's own statements in one transaction", () =>
    Effect.gen(function*() {
      yield* notes
      assert.isTrue(yield* inTransaction(untilATimer(insert)))
    }).pipe(Effect.provide(SqliteStores)))

  it.live("the app's own transactions", () =>
    Effect.gen(function*() {
      yield* notes
      assert.isTrue(yield* untilATimer(inTransaction(Effect.void)))
    }).pipe(Effect.provide(SqliteStores)))

  it.live("enqueues that refuse what they are given", () =>
    Effect.gen(function*() {
      assert.isTrue(yield* untilATimer(Effect.flip(JobQueue.enqueue(Task, 1n))))
    }).pipe(Effect.provide(SqliteStores)))

  it.live("many fibers that enqueue once each", () =>
    Effect.gen(function*() {
      let enqueued = 0
      let enqueuedBefore = Infinity
      setTimeout(() => void (enqueuedBefore = enqueued), 1)
      yield* Effect.forEach(Arr.range(1, 500), () => Effect.tap(enqueueOne, () => Effect.sync(() => enqueued++)), {
        concurrency: "unbounded",
        discard: true
      })
      assert.isBelow(enqueuedBefore, 250)
    }).pipe(Effect.provide(SqliteStores)))
})

describe("giving way", () => {
  /** An event loop that has always waited for too long, or never, and how often it had a turn. */
  const counting = (overdue: boolean) => {
    const turns = { count: 0 }
    const turn = Effect.zipRight(Effect.sync(() => turns.count++), Effect.yieldNow())
    return { turns, layer: Layer.succeed(EventLoop, { turn, overdue: () => overdue }) }
  }

  it.effect("costs nothing where nothing has waited", () => {
    const { layer, turns } = counting(false)
    return Effect.gen(function*() {
      yield* Effect.repeatN(enqueueOne, 99)
      yield* inTransaction(Effect.repeatN(enqueueOne, 99))
      assert.strictEqual(turns.count, 0)
    }).pipe(Effect.provide(SqliteStores), Effect.provide(layer))
  })

  it.effect("a claim that is told to end as it gives way claims nothing", () =>
    Effect.gen(function*() {
      yield* enqueue(job(1))
      const turning = yield* Deferred.make<void>()
      const turned = yield* Deferred.make<void>()
      const turn = Effect.zipRight(Deferred.succeed(turning, undefined), Deferred.await(turned))
      const claiming = yield* Effect.uninterruptible(claim()).pipe(
        Effect.provideService(EventLoop, { turn, overdue: () => true }),
        Effect.fork
      )
      yield* Deferred.await(turning)
      yield* Fiber.interruptFork(claiming)
      yield* Effect.yieldNow()
      yield* Deferred.succeed(turned, undefined)
      yield* Fiber.await(claiming)
      const { list } = yield* JobStore
      assert.deepStrictEqual((yield* list({ limit: 1 })).jobs.map(({ status }) => status), ["pending"])
    }).pipe(Effect.provide(memory)))
})

describe("with the timers of the process faked", () => {
  afterEach(() => void vi.useRealTimers())

  it.live("an enqueue of thousands ends, and so does a loop of them", () =>
    Effect.gen(function*() {
      vi.useFakeTimers()
      yield* JobQueue.enqueueMany(Task, Arr.makeBy(2500, (payload) => ({ payload })))
      for (let ran = 0; ran < many / 4; ran++) yield* enqueueOne
    }).pipe(Effect.provide(SqliteStores)), 20_000)
})
