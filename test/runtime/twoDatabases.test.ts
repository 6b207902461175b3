import { assert, describe, it } from "@effect/vitest"
import { Context, Effect, Layer, Schema } from "effect"
import { EventLoop, Job, JobQueue, JobStore, Worker } from "../../src/index.ts"
import { SqliteStore } from "../../src/sqlite.ts"
import type { JobQueueService } from "../../src/index.ts"
import * as Testing from "../../src/testing.ts"
import { calm, settled } from "./harness.ts"

const Work = Job.make("two.work", { payload: { name: Schema.String } })
const Next = Job.make("two.next", { payload: { name: Schema.String } })

type Database = { readonly queue: JobQueueService; readonly store: typeof JobStore.Service }

class First extends Context.Tag("test/First")<First, Database>() {}
class Second extends Context.Tag("test/Second")<Second, Database>() {}

const database = Effect.all({ queue: JobQueue, store: JobStore })

/** Gives way to ready fibers only, so that `settled` waits for all of them. */
const still = Layer.succeed(EventLoop, { turn: Effect.yieldNow(), overdue: () => false })

const inMemory = () => SqliteStore.layer({ filename: ":memory:" })

const kindsIn = ({ store }: Database) =>
  Effect.map(store.list({ limit: 100 }), ({ jobs }) => jobs.map(({ kind, status }) => `${kind} ${status}`).toSorted())

describe("an app with two databases", () => {
  const queues = (layer: Layer.Layer<JobQueue, never, JobStore>) =>
    Layer.merge(
      Layer.effect(First, database).pipe(Layer.provide(layer), Layer.provide(inMemory())),
      Layer.effect(Second, database).pipe(Layer.provide(layer), Layer.provide(inMemory()))
    )

  for (const [name, layer] of [["JobQueue.layer", JobQueue.layer], ["Testing.layer", Testing.layer]] as const) {
    it.effect(`has two of ${name}, and each keeps its jobs in the store it was given`, () =>
      Effect.gen(function*() {
        const first = yield* First
        const second = yield* Second
        yield* first.queue.enqueue(Work, { name: "ada" })
        yield* second.queue.enqueue(Next, { name: "bob" })
        assert.deepStrictEqual(yield* kindsIn(first), ["two.work pending"])
        assert.deepStrictEqual(yield* kindsIn(second), ["two.next pending"])
      }).pipe(Effect.provide(queues(layer))))
  }

  it.effect("has handlers of one kind in both, each with the queue of its own database", () => {
    const WorkLive = Work.toLayer(({ name }) => Effect.asVoid(JobQueue.enqueue(Next, { name })))
    const side = <Self>(tag: Context.Tag<Self, Database>) =>
      Worker.layer({ ...calm, jobs: [Work] }).pipe(
        Layer.provide(WorkLive),
        Layer.provideMerge(Layer.effect(tag, database)),
        Layer.provide(JobQueue.layer),
        Layer.provide(inMemory())
      )
    return Effect.gen(function*() {
      yield* (yield* First).queue.enqueue(Work, { name: "ada" })
      yield* (yield* Second).queue.enqueue(Work, { name: "bob" })
      yield* settled
      for (const one of [yield* First, yield* Second]) {
        assert.deepStrictEqual(yield* kindsIn(one), ["two.next pending", "two.work succeeded"])
      }
    }).pipe(Effect.provide(Layer.merge(side(First), side(Second))), Effect.provide(still))
  })
})

describe("the queues of one store", () => {
  it.effect("share its workers, however often the layer is mentioned", () => {
    const WorkLive = Work.toLayer(() => Effect.void)
    // The worker is built beside one queue, and the job is enqueued through another.
    const beside = Layer.effect(First, database).pipe(Layer.provide(JobQueue.layer))
    const app = Layer.merge(
      beside,
      Worker.layer({ ...calm, jobs: [Work] }).pipe(Layer.provide(WorkLive), Layer.provide(JobQueue.layer))
    ).pipe(Layer.provide(inMemory()))
    return Effect.gen(function*() {
      const { queue, store } = yield* First
      yield* settled
      yield* queue.enqueue(Work, { name: "ada" })
      yield* settled
      assert.deepStrictEqual(yield* kindsIn({ queue, store }), ["two.work succeeded"])
    }).pipe(Effect.provide(app), Effect.provide(still))
  })

  it.effect("share its faults in a test", () =>
    Effect.gen(function*() {
      const { queue } = yield* First
      yield* Testing.StoreFaults.inject("enqueue", Testing.failing, 1)
      assert.strictEqual((yield* Effect.flip(queue.enqueue(Work, { name: "ada" })))._tag, "StoreError")
      yield* queue.enqueue(Work, { name: "ada" })
      assert.strictEqual(yield* Testing.StoreFaults.calls("enqueue"), 2)
    }).pipe(
      Effect.provide(
        Layer.merge(Layer.effect(First, database).pipe(Layer.provide(Testing.layer)), Testing.layer).pipe(
          Layer.provide(inMemory())
        )
      )
    ))
})

describe("a worker", () => {
  it.effect("hears of the jobs of its own store, also beside the queue of another", () => {
    const WorkLive = Work.toLayer(() => Effect.void)
    return Effect.gen(function*() {
      const { queue, store } = yield* First
      yield* Worker.run({ ...calm, jobs: [Work] }).pipe(
        Effect.provide(WorkLive),
        // What is in the context besides is the queue of the second database.
        Effect.provideService(JobStore, store),
        Effect.forkScoped
      )
      yield* settled
      yield* queue.enqueue(Work, { name: "ada" })
      yield* settled
      assert.deepStrictEqual(yield* kindsIn({ queue, store }), ["two.work succeeded"])
    }).pipe(
      Effect.scoped,
      Effect.provide(JobQueue.layer),
      Effect.provide(Layer.merge(
        Layer.effect(First, database).pipe(Layer.provide(JobQueue.layer), Layer.provide(inMemory())),
        inMemory()
      )),
      Effect.provide(still)
    )
  })
})
