import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { JobQueue } from "../../src/index.ts"
import { Hold } from "./jobs.ts"
import { inSharedFolder, untilFinished } from "./sharedQueue.ts"
import type { WorkerProcessOptions } from "./workerProcesses.ts"
import { startWorker } from "./workerProcesses.ts"

/*
 * A handler that computes blocks the event loop of its process, and with it every
 * heartbeat. A thread extends the leases meanwhile.
 */

const settings = {
  leaseFor: "3 seconds",
  heartbeat: "1 seconds",
  concurrency: 10,
  grace: "5 seconds"
} as const

const blocking = (n: number, blocks: number) => ({ payload: { n, millis: 10, stubborn: false, blocks } })

/** A worker whose one job blocks its event loop for so many milliseconds, and has begun. */
const blocked = (options: WorkerProcessOptions, blocks: number) =>
  Effect.gen(function*() {
    const first = yield* startWorker(options)
    yield* first.says("started")
    const { id } = yield* JobQueue.enqueue(Hold, blocking(1, blocks).payload)
    yield* first.says("running 1 1")
    return { first, id }
  })

/** Lines that begin with this word. */
const count = (said: ReadonlyArray<string>, word: string) => said.filter((line) => line.startsWith(`${word} `)).length

describe("a handler that blocks the event loop for longer than its lease", () => {
  it.live("runs once, while another process waits for its job", () =>
    inSharedFolder(settings, (options) =>
      Effect.gen(function*() {
        const { first, id } = yield* blocked(options, 10_000)
        const second = yield* startWorker(options)
        const [job] = yield* untilFinished([id])
        assert.strictEqual(job?.status, "succeeded")
        assert.strictEqual(job?.attempts, 1)
        assert.strictEqual(job?.failures, 0)
        assert.strictEqual(count([...first.said, ...second.said], "running"), 1)
        assert.strictEqual(count([...first.said, ...second.said], "done"), 1)
        yield* first.complains("a thread extended the leases")
      })))

  it.live("without the thread loses its job to the other process, or this test shows nothing", () =>
    inSharedFolder({ ...settings, leaseKeeper: false }, (options) =>
      Effect.gen(function*() {
        const { id } = yield* blocked(options, 10_000)
        const second = yield* startWorker(options)
        yield* second.says("running 1 2")
        yield* second.kill("SIGKILL")
        assert.strictEqual((yield* JobQueue.get(id)).attempts, 2)
      })))

  it.live("costs its neighbours nothing", () =>
    inSharedFolder(settings, (options) =>
      Effect.gen(function*() {
        const first = yield* startWorker(options)
        yield* first.says("started")
        const enqueued = yield* JobQueue.enqueueMany(Hold, [
          ...Array.from({ length: 9 }, (_, n) => ({ payload: { n, millis: 6_000, stubborn: false } })),
          blocking(9, 8_000)
        ])
        yield* first.says("running 9 1")
        const second = yield* startWorker(options)
        const jobs = yield* untilFinished(enqueued.map(({ id }) => id))
        assert.deepStrictEqual(
          jobs.map(({ attempts, failures, status }) => [attempts, failures, status]),
          jobs.map(() => [1, 0, "succeeded"])
        )
        assert.strictEqual(count([...first.said, ...second.said], "running"), 10)
      })))

  it.live("hangs after its stall limit: its job runs elsewhere, and the stack is told", () =>
    inSharedFolder({ ...settings, stallLimit: "4 seconds" }, (options) =>
      Effect.gen(function*() {
        const { first, id } = yield* blocked(options, 15_000)
        const told = yield* first.complains("fiber=#keeper")
        assert.match(told, /The event loop has been blocked for \d+\.\d s\. The leases of 1 job are left to run out\./)
        assert.match(told, /workerProcess\.js:\d+/)
        const second = yield* startWorker(options)
        yield* second.says("running 1 2")
        yield* first.kill("SIGKILL")
        yield* second.kill("SIGKILL")
        assert.strictEqual((yield* JobQueue.get(id)).attempts, 2)
      })))
})

describe("a process that is stopped past its lease", () => {
  it.live("loses its job, and its own completion is refused", () =>
    inSharedFolder(settings, (options) =>
      Effect.gen(function*() {
        const { first, id } = yield* blocked(options, 2_000)
        yield* first.kill("SIGSTOP")
        const second = yield* startWorker(options)
        yield* second.says("done 1 2")
        yield* first.kill("SIGCONT")
        yield* first.complains("Lease lost")
        const job = yield* JobQueue.get(id)
        assert.strictEqual(job.status, "succeeded")
        assert.strictEqual(job.attempts, 2)
      })))
})
