import { SqlClient } from "@effect/sql"
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { JobQueue, Worker } from "../../src/index.ts"
import { Block, opened, openedWith, options, untilOver, untilSaid } from "./blockingJobs.ts"

/*
 * A worker in this process whose handlers block its event loop, and the thread that
 * keeps its leases: what becomes of the worker when the thread fails.
 */

describe("the thread that keeps leases", () => {
  it.scopedLive("extends the lease of a handler that blocks the loop for longer, and says so", () =>
    Effect.gen(function*() {
      const { inStore, lines, threads } = yield* opened
      yield* inStore(
        Effect.gen(function*() {
          yield* Effect.forkScoped(Worker.run(options))
          const { id } = yield* JobQueue.enqueue(Block, { millis: 2_500 })
          const { attempts, failures, status } = yield* untilOver(id)
          assert.deepStrictEqual([status, attempts, failures], ["succeeded", 1, 0])
          yield* untilSaid(lines, "a thread extended the leases")
        }).pipe(Effect.scoped)
      )
      assert.deepStrictEqual(threads.map(({ isOver }) => isOver), [true])
    }))

  it.scopedLive("is not needed by a worker: where it dies the worker goes on as without it, and says so", () =>
    Effect.gen(function*() {
      const { inStore, lines, threads } = yield* opened
      yield* inStore(
        Effect.gen(function*() {
          yield* Effect.forkScoped(Worker.run(options))
          const first = yield* JobQueue.enqueue(Block, { millis: 10 })
          assert.strictEqual((yield* untilOver(first.id)).status, "succeeded")
          yield* Effect.promise(() => threads[0]?.thread.terminate() ?? Promise.resolve(0))
          yield* untilSaid(lines, "The thread that keeps leases has ended")
          const second = yield* JobQueue.enqueue(Block, { millis: 300 })
          assert.strictEqual((yield* untilOver(second.id)).status, "succeeded")
          const third = yield* JobQueue.enqueue(Block, { millis: 2_500 })
          yield* untilSaid(lines, "Lease lost")
          assert.strictEqual((yield* JobQueue.get(third.id)).status, "running")
          yield* untilSaid(lines, "it can cost a lease")
          assert.deepStrictEqual(lines.filter((line) => line.includes("a thread extends the leases")), [])
        }).pipe(Effect.scoped)
      )
      assert.strictEqual(threads.length, 1)
    }))

  it.scopedLive("is not needed by a worker where its statement fails, and is tried again", () =>
    Effect.gen(function*() {
      const { inStore, lines, threads } = yield* opened
      yield* inStore(
        Effect.gen(function*() {
          const sql = yield* SqlClient.SqlClient
          yield* Effect.forkScoped(Worker.run(options))
          yield* sql`
          CREATE TRIGGER refusing BEFORE UPDATE OF locked_until ON holdfast_jobs
          WHEN old.status = 'running' AND new.status = 'running' BEGIN SELECT RAISE(ABORT, 'refused by the test'); END`
          const { id } = yield* JobQueue.enqueue(Block, { millis: 2_500 })
          yield* untilSaid(lines, "The thread that keeps leases cannot write")
          yield* untilSaid(lines, "Lease lost")
          yield* sql`DROP TRIGGER refusing`
          assert.strictEqual((yield* JobQueue.get(id)).status, "running")
          const next = yield* JobQueue.enqueue(Block, { millis: 2_500 })
          assert.strictEqual((yield* untilOver(next.id)).status, "succeeded")
        }).pipe(Effect.scoped)
      )
      assert.strictEqual(threads.length, 1)
    }))

  it.scopedLive("waits for a lock that its own process holds, and the worker goes on as without it", () =>
    Effect.gen(function*() {
      const { inStore, lines } = yield* opened
      yield* inStore(
        Effect.gen(function*() {
          yield* Effect.forkScoped(Worker.run(options))
          yield* JobQueue.enqueue(Block, { millis: 2_500, locks: true })
          yield* untilSaid(lines, "Lease lost")
          const { id } = yield* JobQueue.enqueue(Block, { millis: 2_500 })
          assert.strictEqual((yield* untilOver(id)).status, "succeeded")
          assert.deepStrictEqual(lines.filter((line) => line.includes("cannot write")), [])
        }).pipe(Effect.scoped)
      )
    }))

  it.scopedLive("is not started by a worker that claims nothing, nor where it is turned off", () =>
    Effect.gen(function*() {
      const idle = yield* opened
      yield* idle.inStore(Worker.run({ ...options, once: true }))
      assert.strictEqual(idle.threads.length, 0)
      const without = yield* openedWith({ leaseKeeper: false })
      yield* without.inStore(
        Effect.zipRight(JobQueue.enqueue(Block, { millis: 1 }), Worker.run({ ...options, once: true }))
      )
      assert.strictEqual(without.threads.length, 0)
    }))
})
