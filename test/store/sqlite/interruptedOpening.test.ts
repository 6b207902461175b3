import { assert, describe, it } from "@effect/vitest"
import { Effect, Layer } from "effect"
import { readdirSync, readlinkSync } from "node:fs"
import { join } from "node:path"
import * as SqliteStore from "../../../src/store/sqlite/SqliteStore.ts"
import { atEachOperation, interruptedAt } from "./interruptedAt.ts"
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

/** Operations on either side of one at which a connection is opened or closed. */
const near = 100

/**
 * Elsewhere, one operation in so many is tried, since an opening has thousands. The
 * gap that Effect's `Layer.provideMerge` leaves is ten operations wide.
 */
const stride = 4

/** Each takes as long as all its openings, so that they are shared out. */
const parts = 4

describe.runIf(process.platform === "linux")("a store that is interrupted as it opens", () => {
  it.scopedLive.each(Array.from({ length: parts }, (_, part) => part))(
    `leaves no connection open, at whichever operation that is: part %i of ${parts}`,
    (part) =>
      Effect.gen(function*() {
        const filename = join(yield* temporaryFolder, "jobs.db")
        const opening = Effect.scoped(Layer.build(SqliteStore.layer({ filename })))
        yield* opening
        const open = yield* atEachOperation(opening, () => timesOpen(filename))
        assert.sameMembers([...new Set(open)], [0, 1])
        assert.isAbove(open.length, 1000)
        const changes = open.flatMap((times, n) => times === (open[n - 1] ?? 0) ? [] : [n])
        const tried = [...open.keys()]
          .filter((n) => n % stride === 0 || changes.some((change) => Math.abs(change - n) <= near))
          .filter((_, index) => index % parts === part)
        let interrupted = 0
        for (const n of tried) {
          if (yield* interruptedAt(n, opening)) interrupted++
          assert.strictEqual(timesOpen(filename), 0, `after an interruption at operation ${n}`)
        }
        // An opening is not always of exactly so many operations.
        assert.isAbove(interrupted, tried.length * 0.8)
      })
  )
})
