import { assert, describe, it } from "@effect/vitest"
import { Effect, Fiber, Option, Schema } from "effect"
import { Job, JobQueue, JobStore } from "../../src/index.ts"
import { workerBeat } from "../../src/testing/conformance/StoreUnderTest.ts"
import type { Fault, StoreOperation } from "../../src/testing.ts"
import {
  advance,
  answeredAfter,
  answerLost,
  dying,
  failing,
  hanging,
  layerMemory,
  StoreFaults
} from "../../src/testing.ts"

const Work = Job.make("faults.work", { payload: Schema.Void })

const id = "01890a5d-ac96-774b-bcce-b302099a8057"

const enqueue = JobQueue.enqueue(Work, undefined, { id })

const isThere = Effect.map(Effect.option(JobQueue.get(id)), Option.isSome)

describe("a store that is cut off", () => {
  it.effect("fails, and nothing has happened", () =>
    Effect.gen(function*() {
      yield* StoreFaults.inject("enqueue", failing)
      const error = yield* Effect.flip(enqueue)
      assert(error._tag === "StoreError")
      assert.include(error.message, "enqueue")
      assert.isFalse(yield* isThere)
    }).pipe(Effect.provide(layerMemory)))

  it.effect("does what it is asked, and its answer is lost", () =>
    Effect.gen(function*() {
      yield* StoreFaults.inject("enqueue", answerLost)
      assert.strictEqual((yield* Effect.flip(enqueue))._tag, "StoreError")
      assert.isTrue(yield* isThere)
    }).pipe(Effect.provide(layerMemory)))

  it.effect("never answers", () =>
    Effect.gen(function*() {
      yield* StoreFaults.inject("enqueue", hanging)
      const asked = yield* Effect.forkDaemon(enqueue)
      yield* advance("1 hour")
      assert.isTrue(Option.isNone(yield* Fiber.poll(asked)))
      assert.isFalse(yield* isThere)
    }).pipe(Effect.provide(layerMemory)))

  it.effect("dies", () =>
    Effect.gen(function*() {
      yield* StoreFaults.inject("enqueue", dying)
      assert.strictEqual((yield* Effect.exit(enqueue))._tag, "Failure")
      assert.isFalse(yield* isThere)
    }).pipe(Effect.provide(layerMemory)))

  it.effect("does what it is asked, and answers later", () =>
    Effect.gen(function*() {
      yield* StoreFaults.inject("enqueue", answeredAfter("10 seconds"))
      const asked = yield* Effect.fork(enqueue)
      yield* advance(9999)
      assert.isTrue(yield* isThere)
      assert.isTrue(Option.isNone(yield* Fiber.poll(asked)))
      yield* advance(1)
      assert.isTrue((yield* Fiber.join(asked)).enqueued)
    }).pipe(Effect.provide(layerMemory)))

  it.effect("does what a test makes of a call", () => {
    const noted: Array<string> = []
    const noting: Fault = (call, operation) => Effect.tap(call, () => Effect.sync(() => noted.push(operation)))
    return Effect.gen(function*() {
      yield* StoreFaults.inject(["enqueue", "get"], noting)
      yield* enqueue
      yield* JobQueue.get(id)
      yield* JobQueue.list()
      assert.deepStrictEqual(noted, ["enqueue", "get"])
    }).pipe(Effect.provide(layerMemory))
  })

  it.effect("is well again after as many calls as were said, in all", () =>
    Effect.gen(function*() {
      yield* StoreFaults.inject(["get", "list"], failing, 2)
      assert.isFalse(yield* Effect.isSuccess(JobQueue.list()))
      assert.isFalse(yield* Effect.isSuccess(JobQueue.list()))
      assert.isTrue(yield* Effect.isSuccess(JobQueue.list()))
      yield* enqueue
      assert.isTrue(yield* isThere)
    }).pipe(Effect.provide(layerMemory)))

  it.effect("is well again once it is mended, and what is not mended stays broken", () =>
    Effect.gen(function*() {
      yield* StoreFaults.inject(["enqueue", "get", "list"], failing)
      yield* StoreFaults.mend("list")
      assert.isTrue(yield* Effect.isSuccess(JobQueue.list()))
      assert.isFalse(yield* Effect.isSuccess(enqueue))
      yield* StoreFaults.mend()
      yield* enqueue
      assert.isTrue(yield* isThere)
    }).pipe(Effect.provide(layerMemory)))

  it.effect("has one fault an operation, the last", () =>
    Effect.gen(function*() {
      yield* StoreFaults.inject("every", dying)
      yield* StoreFaults.inject("list", failing)
      assert.strictEqual((yield* Effect.flip(JobQueue.list()))._tag, "StoreError")
    }).pipe(Effect.provide(layerMemory)))
})

describe("every operation of the store", () => {
  const calls: Readonly<Record<StoreOperation, (store: typeof JobStore.Service) => Effect.Effect<unknown, unknown>>> = {
    enqueue: (store) => store.enqueue([]),
    nextDue: (store) => store.nextDue({ kinds: [], queues: Option.none() }),
    due: (store) => store.due({ kinds: [], queues: Option.none(), limit: 1, maxBytes: 1 }),
    laneHeads: (store) => store.laneHeads({ limit: 1 }),
    claim: (store) => store.claim({ worker: "w", kinds: [], queues: Option.none(), limit: 1, maxBytes: 1 }),
    extend: (store) => store.extend([]),
    progress: (store) => store.progress([]),
    complete: (store) => store.complete([]),
    fail: (store) => store.fail([]),
    release: (store) => store.release([]),
    laneHolders: (store) => store.laneHolders({ limit: 1 }),
    staleLeases: (store) => store.staleLeases({ limit: 1 }),
    releaseStale: (store) => store.releaseStale({ limit: 1 }),
    get: (store) => store.get(id as never, undefined),
    list: (store) => store.list({ limit: 1 }),
    search: (store) => store.search({ limit: 1 }),
    count: (store) => store.count({}),
    cancel: (store) => store.cancel(id as never, undefined),
    retry: (store) => store.retry(id as never, undefined),
    edit: (store) => store.edit(id as never, undefined, {}),
    delete: (store) => store.delete(id as never, undefined),
    act: (store) => store.act({ action: "cancel", ids: [id as never], filter: {} }),
    pause: (store) => store.pause({ queue: "q" }, undefined),
    resume: (store) => store.resume({ queue: "q" }),
    pauses: (store) => store.pauses(),
    beatWorker: (store) => store.beatWorker(workerBeat()),
    forgetWorker: (store) => store.forgetWorker("w"),
    workers: (store) => store.workers({ limit: 1 }),
    pruneWorkers: (store) => store.pruneWorkers(),
    laneDepths: (store) => store.laneDepths({ heads: [], limit: 1 }),
    countAhead: (store) =>
      store.countAhead({ queue: "q", kind: "k", priority: 0, availableAt: 0, id: id as never }, { limit: 1 }),
    endedLately: (store) => store.endedLately({ status: "failed", within: 1, limit: 1 }),
    prune: (store) => store.prune({ status: "failed", retention: 1, limit: 1 })
  }
  const failedBySeam = (exit: Effect.Effect<unknown, unknown>) =>
    Effect.map(Effect.either(exit), (either) => JSON.stringify(either).includes("StoreError"))

  for (const [operation, call] of Object.entries(calls)) {
    it.effect(`${operation} is counted, fails when it or everything is cut off, and only then`, () =>
      Effect.gen(function*() {
        const store = yield* JobStore
        const name = operation as StoreOperation
        assert.strictEqual(yield* StoreFaults.calls(name), 0)
        assert.isFalse(yield* failedBySeam(call(store)))
        assert.strictEqual(yield* StoreFaults.calls(name), 1)
        for (const broken of [name, "every"] as const) {
          yield* StoreFaults.inject(broken, failing)
          assert.isTrue(yield* failedBySeam(call(store)))
          assert.isFalse(yield* failedBySeam(call((yield* StoreFaults).beneath)))
          yield* StoreFaults.mend()
          assert.isFalse(yield* failedBySeam(call(store)))
        }
        assert.strictEqual(yield* StoreFaults.calls(name), 5)
      }).pipe(Effect.provide(layerMemory)))
  }
})
