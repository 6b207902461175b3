import { assert, describe, it } from "@effect/vitest"
import { Context, Deferred, Effect, Layer, LogLevel, ManagedRuntime, Queue } from "effect"
import { Job, JobQueue, Worker } from "holdfast"
import { SqliteStore } from "holdfast/sqlite"
import { symlinkSync } from "node:fs"
import { join } from "node:path"
import { JobStore } from "../../../src/store/JobStore.ts"
import { jobId } from "../someJobs.ts"
import { temporaryFolder } from "./temporaryFolder.ts"

/** The signals of one more store on this file, open until the scope closes, and what a worker of it hears. */
const opened = (filename: string) =>
  Effect.gen(function*() {
    const { signals } = Context.get(yield* Layer.build(SqliteStore.layer({ filename })), JobStore)
    const heard = yield* Queue.unbounded<string>()
    yield* signals.listen({ wake: heard.offer("wake"), cancel: (id) => heard.offer(`cancel ${id}`) })
    return { signals, heard }
  })

/** The process's list of stores, as every copy of the package finds it. */
const openStores = () =>
  (globalThis as { readonly [key: symbol]: unknown })[Symbol.for("holdfast/store/ProcessSignals")] as Map<
    string,
    Set<(signal: { readonly cancelled?: string }) => void>
  >

describe("stores of one process on one database file", () => {
  it.scoped("hear of each other's jobs, by whatever path they were opened, and each of its own once", () =>
    Effect.gen(function*() {
      const folder = yield* temporaryFolder
      symlinkSync(folder, join(folder, "link"))
      const one = yield* opened(join(folder, "jobs.db"))
      const other = yield* opened(join(folder, "link", "jobs.db"))
      yield* one.signals.wake
      yield* one.signals.cancel(jobId(1))
      assert.deepStrictEqual([yield* other.heard, yield* other.heard], ["wake", `cancel ${jobId(1)}`])
      yield* other.signals.wake
      assert.deepStrictEqual([yield* one.heard, yield* one.heard, yield* one.heard], [
        "wake",
        `cancel ${jobId(1)}`,
        "wake"
      ])
      assert.strictEqual((yield* Queue.takeAll(one.heard)).length + (yield* Queue.takeAll(other.heard)).length, 1)
    }))

  it.scoped("hear nothing of another file's, nor of a database in memory", () =>
    Effect.gen(function*() {
      const folder = yield* temporaryFolder
      const { heard } = yield* opened(join(folder, "a.db"))
      const others = [yield* opened(join(folder, "b.db")), yield* opened(":memory:")]
      for (const { signals } of others) yield* signals.wake
      const same = yield* opened(join(folder, "a.db"))
      yield* same.signals.cancel(jobId(1))
      assert.deepStrictEqual(yield* heard, `cancel ${jobId(1)}`)
    }))

  it.scoped("are told no more once they are closed, and what fails in one does not reach the other", () =>
    Effect.gen(function*() {
      const filename = join(yield* temporaryFolder, "jobs.db")
      const before = new Set(openStores().keys())
      const { heard, signals } = yield* opened(filename)
      const identity = [...openStores().keys()].find((identity) => !before.has(identity)) ?? ""
      const hearing = openStores().get(identity) ?? new Set()
      const [ours] = hearing
      assert(ours !== undefined)
      yield* Effect.scoped(opened(filename))
      assert.deepStrictEqual([...hearing], [ours])
      // As a store of another copy of the package would hear, in a runtime that is gone.
      const told: Array<unknown> = []
      hearing.add((signal) => {
        told.push(signal)
        throw new Error("gone")
      })
      yield* signals.cancel(jobId(1))
      assert.deepStrictEqual(told, [{ cancelled: jobId(1) }])
      ours({})
      assert.deepStrictEqual([yield* heard, yield* heard], [`cancel ${jobId(1)}`, "wake"])
    }))
})

it.live(
  "a job that one runtime of a process enqueues starts at once in another's worker, which polls once an hour",
  () =>
    Effect.gen(function*() {
      const filename = join(yield* temporaryFolder, "jobs.db")
      const Task = Job.make("task", { payload: {} })
      const ran = yield* Deferred.make<void>()
      const idle = yield* Deferred.make<void>()
      const store = Layer.fresh(SqliteStore.layer({ filename }))
      /** Says once that the worker has found nothing due. */
      const watched = Layer.effect(
        JobStore,
        Effect.map(JobStore, (store) => ({
          ...store,
          nextDue: (request) => Effect.tap(store.nextDue(request), () => Deferred.succeed(idle, undefined))
        }))
      ).pipe(Layer.provide(store))
      const enqueuing = ManagedRuntime.make(JobQueue.layer.pipe(Layer.provide(store)))
      const working = ManagedRuntime.make(
        Worker.layer({ jobs: [Task], pollInterval: "1 hour", logLevel: LogLevel.None }).pipe(
          Layer.provide(Task.toLayer(() => Deferred.succeed(ran, undefined))),
          Layer.provide(watched)
        )
      )
      yield* Effect.addFinalizer(() => Effect.zipRight(working.disposeEffect, enqueuing.disposeEffect))
      yield* Effect.promise(() => working.runPromise(Effect.void))
      yield* Deferred.await(idle)
      yield* Effect.promise(() => enqueuing.runPromise(JobQueue.enqueue(Task, {})))
      yield* Deferred.await(ran)
    }).pipe(Effect.scoped),
  20_000
)
