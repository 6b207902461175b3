import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { existsSync, readdirSync } from "node:fs"
import { JobQueue } from "../../src/index.ts"
import { Hold } from "./jobs.ts"
import { dirname, join } from "node:path"
import { inSharedFolder, queueOn, untilFinished } from "./sharedQueue.ts"
import { startWorker } from "./workerProcesses.ts"

/*
 * Leases of ten minutes, and a worker that is killed beside another: what it held
 * runs there at once.
 */

const settings = {
  leaseFor: "600 seconds",
  heartbeat: "30 seconds",
  concurrency: 4,
  grace: "5 seconds"
} as const

const lasting = (n: number, millis: number) => ({ payload: { n, millis, stubborn: false } })

describe("jobs of a worker that is killed", () => {
  it.live("run within three seconds in the process beside it, as failed attempts that say why", () =>
    inSharedFolder(settings, (options) =>
      Effect.gen(function*() {
        const killed = yield* startWorker(options)
        yield* killed.says("started")
        const enqueued = yield* JobQueue.enqueueMany(Hold, [lasting(1, 60_000), lasting(2, 60_000)])
        yield* killed.says("running 1 1")
        yield* killed.says("running 2 1")
        const other = yield* startWorker(options)
        yield* other.says("started")
        // It has looked once by then, and now waits.
        yield* Effect.flatMap(
          JobQueue.enqueue(Hold, lasting(3, 1).payload),
          ({ id }) => untilFinished([id])
        )
        const at = performance.now()
        yield* killed.kill("SIGKILL")
        yield* other.says("running 1 2")
        assert.isBelow(performance.now() - at, 3_000)
        for (const { id } of enqueued) {
          const { attempts, failures, lastError } = yield* JobQueue.get(id)
          assert.deepStrictEqual([attempts, failures], [2, 1])
          assert.match(String(lastError), /^Released from a dead worker \(was locked by \S+ since [\d:TZ.-]+\)$/)
        }
        yield* other.complains("Released a job of a worker whose process is gone")
      })))

  it.live("run at once where the database's path is longer than a socket's may be", () =>
    inSharedFolder(settings, (shared) => {
      const folders = ["a", "b"].map((letter) => letter.repeat(80))
      const options = { ...shared, database: join(dirname(shared.database), ...folders, "jobs.db") }
      return Effect.gen(function*() {
        const killed = yield* startWorker(options)
        yield* killed.says("started")
        yield* JobQueue.enqueue(Hold, lasting(1, 60_000).payload)
        yield* killed.says("running 1 1")
        const other = yield* startWorker(options)
        yield* other.says("started")
        const at = performance.now()
        yield* killed.kill("SIGKILL")
        yield* other.says("running 1 2")
        assert.isBelow(performance.now() - at, 3_000)
      }).pipe(Effect.provide(queueOn(options.database)))
    }))

  it.live("run at once in a process that is started after its death", () =>
    inSharedFolder(settings, (options) =>
      Effect.gen(function*() {
        const killed = yield* startWorker(options)
        const { id } = yield* JobQueue.enqueue(Hold, lasting(1, 1_000).payload)
        yield* killed.says("running 1 1")
        yield* killed.kill("SIGKILL")
        yield* killed.ended
        const next = yield* startWorker(options)
        yield* next.says("running 1 2")
        yield* untilFinished([id])
        // Nothing is left of the dead one once its successor has tidied up.
        yield* next.kill("SIGTERM")
        assert.strictEqual((yield* next.ended).code, 0)
        assert.deepStrictEqual(readdirSync(`${options.database}-workers`), [])
      })))

  it.live("wait for their leases where nothing shows that the process is gone", () =>
    inSharedFolder({ ...settings, presence: false }, (options) =>
      Effect.gen(function*() {
        const killed = yield* startWorker(options)
        const { id } = yield* JobQueue.enqueue(Hold, lasting(1, 1_000).payload)
        yield* killed.says("running 1 1")
        yield* killed.kill("SIGKILL")
        yield* killed.ended
        assert.isFalse(existsSync(`${options.database}-workers`))
        const next = yield* startWorker({ ...options, presence: true })
        const second = yield* JobQueue.enqueue(Hold, lasting(2, 1).payload)
        yield* untilFinished([second.id])
        assert.strictEqual((yield* JobQueue.get(id)).status, "running")
        assert.deepStrictEqual(next.said.filter((line) => line.startsWith("running 1")), [])
      })))

  it.live("stay with a worker that is stopped, and with one whose event loop is blocked", () =>
    inSharedFolder(settings, (options) =>
      Effect.gen(function*() {
        const stopped = yield* startWorker(options)
        const { id } = yield* JobQueue.enqueue(Hold, { n: 1, millis: 10, stubborn: false, blocks: 3_000 })
        yield* stopped.says("running 1 1")
        const other = yield* startWorker(options)
        const second = yield* JobQueue.enqueue(Hold, lasting(2, 1).payload)
        yield* untilFinished([second.id])
        yield* stopped.kill("SIGSTOP")
        const third = yield* JobQueue.enqueue(Hold, lasting(3, 500).payload)
        yield* untilFinished([third.id])
        yield* stopped.kill("SIGCONT")
        yield* untilFinished([id])
        assert.strictEqual((yield* JobQueue.get(id)).attempts, 1)
        assert.deepStrictEqual(other.said.filter((line) => line.startsWith("running 1 ")), [])
      })))
})
