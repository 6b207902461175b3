import { assert, it } from "@effect/vitest"
import { Deferred, Effect, Layer, Schema } from "effect"
import { Job, JobQueue, Worker } from "../../src/index.ts"
import { SqliteStore } from "../../src/sqlite.ts"
import { startProcess } from "../processes/startProcess.ts"
import { sharedFolder } from "./workerProcesses.ts"

const Note = Job.make("note", { payload: { n: Schema.Number } })

it.live("a worker that would look again in an hour runs at once what another process enqueues", () =>
  Effect.gen(function*() {
    const { database } = yield* sharedFolder
    const ran = yield* Deferred.make<number>()
    yield* Layer.build(
      Worker.layer({ jobs: [Note], pollInterval: "1 hour" }).pipe(
        Layer.provide(Note.toLayer(({ n }) => Deferred.succeed(ran, n))),
        Layer.provide(JobQueue.layer),
        Layer.provide(SqliteStore.layer({ filename: database }))
      )
    )
    const enqueuer = yield* startProcess([".build/test/crash/enqueuerProcess.js", database, "1"])
    assert.strictEqual(yield* Deferred.await(ran), 0)
    assert.deepStrictEqual(yield* enqueuer.ended, { code: 0, signal: null })
  }).pipe(Effect.scoped))
