import { assert, it } from "@effect/vitest"
import { Effect, Exit, Layer } from "effect"
import { join } from "node:path"
import { JobStore } from "../../src/store/JobStore.ts"
import * as SqliteStore from "../../src/store/SqliteStore.ts"
import { temporaryFolder } from "./temporaryFolder.ts"

it.scopedLive("five stores that are opened at once on no database all have its tables", () =>
  Effect.gen(function*() {
    const filename = join(yield* temporaryFolder, "jobs.db")
    const open = Effect.flatMap(
      Layer.build(Layer.fresh(SqliteStore.layer({ filename }))),
      (context) => Effect.provide(Effect.flatMap(JobStore, (store) => store.list({ limit: 1 })), context)
    )
    // Each gives way to the others every few steps, as processes do.
    const opened = yield* Effect.all(
      [16, 17, 19, 23, 29].map((steps) => Effect.exit(Effect.withMaxOpsBeforeYield(open, steps))),
      { concurrency: "unbounded" }
    )
    assert.deepStrictEqual(opened, opened.map(() => Exit.succeed([])))
  }))
