import { assert, describe, it } from "@effect/vitest"
import { Effect, Layer } from "effect"
import { readdirSync, readlinkSync } from "node:fs"
import { join } from "node:path"
import * as SqliteStore from "../../../src/store/sqlite/SqliteStore.ts"
import { interruptedAt } from "./interruptedAt.ts"
import { temporaryFolder } from "./temporaryFolder.ts"

/** How often this process has the file open. */
const timesOpen = (file: string) =>
  readdirSync("/proc/self/fd").filter((descriptor) => {
    try {
      return readlinkSync(`/proc/self/fd/${descriptor}`) === file
    } catch {
      // That by which the folder itself was read.
      return false
    }
  }).length

/** Each takes as long as all its openings, so that they are shared out. */
const parts = 4

describe.runIf(process.platform === "linux")("a store that is interrupted as it opens", () => {
  it.scopedLive.each(Array.from({ length: parts }, (_, part) => part))(
    `leaves no connection open, at whichever operation that is: part %i of ${parts}`,
    (part) =>
      Effect.gen(function*() {
        const filename = join(yield* temporaryFolder, "jobs.db")
        const opening = Effect.scoped(Layer.build(SqliteStore.layer({ filename })))
        yield* Effect.scoped(Effect.zipRight(
          Layer.build(SqliteStore.layer({ filename })),
          Effect.sync(() => assert.strictEqual(timesOpen(filename), 1))
        ))
        let n = part
        while (yield* interruptedAt(n, opening)) {
          assert.strictEqual(timesOpen(filename), 0, `after an interruption at operation ${n}`)
          n += parts
        }
        assert.isAbove(n, 1000)
      })
  )
})
