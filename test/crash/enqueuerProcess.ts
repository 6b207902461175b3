import { Clock, Effect, Layer, Schema } from "effect"
import { writeSync } from "node:fs"
import { Job, JobQueue } from "../../src/index.ts"
import { SqliteStore } from "../../src/sqlite.ts"

/*
 * Opens the store and enqueues one job after another, for the test of many
 * processes on one file. Says how long the longest enqueue took, in milliseconds.
 */

const [filename = "", jobs = "0"] = process.argv.slice(2)

const Note = Job.make("note", { payload: { n: Schema.Number } })

await Effect.gen(function*() {
  const context = yield* Layer.build(JobQueue.layer.pipe(Layer.provide(SqliteStore.layer({ filename }))))
  let longest = 0
  for (let n = 0; n < Number(jobs); n++) {
    const sent = yield* Clock.currentTimeMillis
    yield* Effect.provide(JobQueue.enqueue(Note, { n }), context)
    longest = Math.max(longest, (yield* Clock.currentTimeMillis) - sent)
  }
  writeSync(1, `longest ${longest}\n`)
}).pipe(Effect.scoped, Effect.runPromise)
