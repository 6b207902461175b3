import { Effect, Layer } from "effect"
import type { StoreError } from "../domain/errors.ts"
import { EventLoop } from "../platform/EventLoop.ts"
import { JobQueue } from "../runtime/JobQueue.ts"
import type { JobStore } from "../store/JobStore.ts"
import * as SqliteStore from "../store/sqlite/SqliteStore.ts"
import { StoreFaults } from "./StoreFaults.ts"

/**
 * Holdfast for tests, over the job store that is provided: what `JobQueue.layer`
 * gives, with a store that can be cut off.
 *
 * Loops give way to ready fibers only, and not to real timers, so that with
 * Effect's TestClock everything that can happen has happened before the clock moves.
 * Build it for each test: one that is shared shares its clock and its jobs.
 * Each mention is built over the store it is given, as `JobQueue.layer` is.
 */
export const layer: Layer.Layer<JobQueue | JobStore | StoreFaults | EventLoop, never, JobStore> = Layer.fresh(
  JobQueue.layer.pipe(
    Layer.provideMerge(StoreFaults.layer),
    Layer.provideMerge(Layer.succeed(EventLoop, { turn: Effect.yieldNow(), overdue: () => false }))
  )
)

/** The same over a SQLite database in memory, whose client is the app's too. */
export const layerMemory: Layer.Layer<
  Layer.Layer.Success<typeof layer> | Layer.Layer.Success<ReturnType<typeof SqliteStore.layer>>,
  StoreError
> = Layer.provideMerge(layer, SqliteStore.layer({ filename: ":memory:" }))
