import { assert, describe, it } from "@effect/vitest"
import { Effect, Logger, LogLevel, Schema, TestClock } from "effect"
import { StoreError } from "../../src/domain/errors.ts"
import * as Job from "../../src/domain/Job.ts"
import { JobQueue } from "../../src/runtime/JobQueue.ts"
import type { Fault, StoreOperation } from "../../src/testing.ts"
import { StoreFaults } from "../../src/testing.ts"
import { inHoldfast, linesSaying, work } from "./harness.ts"

const Task = Job.make("unreadableErrors.task", { payload: Schema.Void, leaseFor: "1 minute" })

const loop = new Error("round and round")
loop.cause = loop

const errors: Readonly<Record<string, { readonly thrown: unknown; readonly told: RegExp }>> = {
  "an object that has no text": { thrown: Object.create(null), told: /An error that throws when it is shown$/ },
  "an error that is its own cause": {
    thrown: new StoreError({ operation: "every", cause: loop }),
    told: /^StoreError: .*: round and round$/
  }
}

for (const [what, { thrown, told }] of Object.entries(errors)) {
  const throwing: Fault = () => Effect.die(thrown)

  /** Runs a job with a store that throws in one operation, and answers what became of the job within two minutes. */
  const runOnce = (operation: StoreOperation, times?: number) =>
    Effect.gen(function*() {
      yield* StoreFaults.inject(operation, throwing, times)
      const { id } = yield* JobQueue.enqueue(Task, undefined)
      yield* work({
        jobs: [Task],
        heartbeatInterval: "20 seconds",
        pollInterval: "5 seconds",
        staleCheckInterval: "10 seconds"
      })
      yield* TestClock.adjust("2 minutes")
      return yield* JobQueue.get(id)
      // At Debug a fiber shows its whole error by itself.
    }).pipe(Logger.withMinimumLogLevel(LogLevel.Info))

  const expectLine = (message: string) =>
    Effect.gen(function*() {
      const [line] = yield* linesSaying(message)
      assert.match(String(line?.annotations["error"]), told)
    })

  describe(`a store that throws ${what}`, () => {
    it.effect("is told of, and asked again by its worker", () =>
      Effect.gen(function*() {
        assert.strictEqual((yield* runOnce("nextDue", 1)).status, "succeeded")
        yield* expectLine("The job store failed, trying again")
      }).pipe(inHoldfast(Task.toLayer(() => Effect.void))))

    it.effect("is told of, and the next sweep is made", () =>
      Effect.gen(function*() {
        yield* runOnce("staleLeases", 1)
        assert.isAbove(yield* StoreFaults.calls("staleLeases"), 2)
        yield* expectLine("The job store failed, trying again")
      }).pipe(inHoldfast(Task.toLayer(() => Effect.void))))

    it.effect("is told of, and the next heartbeat keeps the lease", () =>
      Effect.gen(function*() {
        const { failures, status } = yield* runOnce("extend", 1)
        assert.deepStrictEqual([status, failures], ["succeeded", 0])
        yield* expectLine("Heartbeat failed, trying again")
      }).pipe(inHoldfast(Task.toLayer(() => Effect.sleep("90 seconds")))))

    it.effect("is told of, and so is that its job's settle is given up", () =>
      Effect.gen(function*() {
        yield* runOnce("complete")
        yield* expectLine("Settling failed, trying again")
        yield* expectLine("Settling was given up; the lease will run out")
      }).pipe(inHoldfast(Task.toLayer(() => Effect.void))))
  })
}
