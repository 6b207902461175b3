import { assert, it } from "@effect/vitest"
import { Effect } from "effect"
import { readdirSync } from "node:fs"
import { JobQueue, Worker } from "../../src/index.ts"
import { Block, opened, options } from "./blockingJobs.ts"

it.scopedLive("a keeper's thread ends with the last worker, also two hundred times, and leaves no file open", () =>
  Effect.gen(function*() {
    const { inStore, threads } = yield* opened
    yield* inStore(Effect.gen(function*() {
      const once = Effect.zipRight(JobQueue.enqueue(Block, { millis: 0 }), Worker.run({ ...options, once: true }))
      yield* once
      const before = readdirSync("/proc/self/fd").length
      yield* Effect.repeatN(once, 199)
      assert.strictEqual(threads.length, 201)
      assert.isTrue(threads.every(({ isOver }) => isOver))
      assert.isAtMost(readdirSync("/proc/self/fd").length, before)
    }))
  }))
