import { assert, it } from "@effect/vitest"
import { Effect } from "effect"
import { readdirSync } from "node:fs"
import { JobQueue, Worker } from "../../src/index.ts"
import { Block, opened, options, untilSaid } from "./blockingJobs.ts"

it.scopedLive("a keeper's thread ends with the last worker, also two hundred times, and leaves no file open", () =>
  Effect.gen(function*() {
    const { inStore, lines, threads } = yield* opened
    yield* inStore(Effect.gen(function*() {
      // Every tenth blocks the loop for so long that the thread opens its connection.
      const once = (n: number) =>
        Effect.zipRight(
          JobQueue.enqueue(Block, { millis: n % 10 === 0 ? 500 : 0 }),
          Worker.run({ ...options, once: true })
        )
      yield* once(0)
      const before = readdirSync("/proc/self/fd").length
      for (let n = 1; n <= 200; n++) yield* once(n)
      assert.strictEqual(threads.length, 201)
      assert.isTrue(threads.every(({ isOver }) => isOver))
      assert.isAtMost(readdirSync("/proc/self/fd").length, before)
      yield* untilSaid(lines, "a thread extended the leases")
    }))
  }))
