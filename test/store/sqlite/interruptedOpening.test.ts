import { assert, describe, it } from "@effect/vitest"
import { Effect, Layer } from "effect"
import { join } from "node:path"
import * as SqliteStore from "../../../src/store/sqlite/SqliteStore.ts"
import { atEachOperation, interruptedAt } from "./interruptedAt.ts"
import { temporaryFolder } from "./temporaryFolder.ts"
import { timesOpen } from "./timesOpen.ts"

/**
 * Operations between two looks at the open files, each of which takes as long as forty operations.
 * They find where a connection is opened and closed to that many operations.
 */
const looks = 20

/** Operations on either side of one at which a connection is opened or closed, all of which are tried. */
const near = 20

/**
 * Elsewhere, one operation in so many is tried, since an opening has three thousand.
 * The gap that Effect's `Layer.provideMerge` leaves is ten operations wide.
 */
const stride = 8

describe.runIf(process.platform === "linux")("a store that is interrupted as it opens", () => {
  it.scopedLive("leaves no connection open, at whichever operation that is", () =>
    Effect.gen(function*() {
      const filename = join(yield* temporaryFolder, "jobs.db")
      const opening = Effect.scoped(Layer.build(SqliteStore.layer({ filename })))
      yield* opening
      let operations = 0
      const open = (yield* atEachOperation(
        opening,
        () => operations++ % looks === 0 ? [timesOpen(filename)] : []
      )).flat()
      assert.isAbove(operations, 1000)
      assert.sameMembers([...new Set(open)], [0, 1])
      const changes = open.flatMap((times, look) => times === (open[look - 1] ?? 0) ? [] : [look * looks])
      const isNearChange = (n: number) => changes.some((change) => n >= change - looks - near && n <= change + near)
      const tried = Array.from({ length: operations }, (_, n) => n).filter((n) => n % stride === 0 || isNearChange(n))
      let interrupted = 0
      for (const n of tried) {
        if (yield* interruptedAt(n, opening)) interrupted++
        assert.strictEqual(timesOpen(filename), 0, `after an interruption at operation ${n}`)
      }
      // An opening is not always of exactly so many operations.
      assert.isAbove(interrupted, tried.length * 0.8)
    }))
})
