import { assert, describe, it } from "@effect/vitest"
import { Effect, Exit, Fiber, Layer, Schema, TestClock } from "effect"
import { rmSync } from "node:fs"
import { join } from "node:path"
import { StoreError } from "../../src/domain/errors.ts"
import * as Job from "../../src/domain/Job.ts"
import { JobQueue } from "../../src/runtime/JobQueue.ts"
import * as Worker from "../../src/runtime/Worker.ts"
import { temporaryFolder } from "../store/sqlite/temporaryFolder.ts"
import { calm, inHoldfast, linesSaying, settled } from "./harness.ts"

const Task = Job.make("replaced.task", { payload: Schema.Void })
const Long = Job.make("replaced.long", { payload: Schema.Void })

const handlers = Layer.merge(Task.toLayer(() => Effect.void), Long.toLayer(() => Effect.sleep("20 seconds")))

const worker = Worker.run({ ...calm, jobs: [Task, Long], pollInterval: "5 seconds", leaseFor: "90 seconds" })

describe("a worker whose database file is deleted", () => {
  it.scoped("ends at its next look, and says why", () =>
    Effect.gen(function*() {
      const filename = join(yield* temporaryFolder, "jobs.db")
      yield* Effect.gen(function*() {
        const running = yield* Effect.fork(worker)
        yield* settled
        yield* Effect.sync(() => rmSync(filename))
        yield* TestClock.adjust("5 seconds")
        const error = yield* Effect.flip(Fiber.join(running))
        assert.isTrue(error instanceof StoreError && error.reason === "databaseReplaced")
      }).pipe(inHoldfast(handlers, filename))
    }))

  it.scoped("says of no job that runs then that it succeeded", () =>
    Effect.gen(function*() {
      const filename = join(yield* temporaryFolder, "jobs.db")
      yield* Effect.gen(function*() {
        const running = yield* Effect.fork(worker)
        yield* JobQueue.enqueue(Long, undefined)
        yield* settled
        yield* Effect.sync(() => rmSync(filename))
        yield* TestClock.adjust("10 minutes")
        assert.isTrue(Exit.isFailure(yield* Fiber.await(running)))
        assert.deepStrictEqual(yield* linesSaying("Job succeeded"), [])
        assert.lengthOf(yield* linesSaying("Settling failed, trying again"), 1)
        assert.lengthOf(yield* linesSaying("Settling was given up; the lease will run out"), 1)
      }).pipe(inHoldfast(handlers, filename))
    }))
})
