import { assert, it } from "@effect/vitest"
import { Effect, Layer, Schema } from "effect"
import { Job, JobQueue } from "holdfast"
import { SqliteStore } from "holdfast/sqlite"
import { temporaryFolder } from "../../test/store/sqlite/temporaryFolder.ts"
import { program } from "./backup.ts"

const Task = Job.make("backup.task", { payload: Schema.Number })

it.scopedLive("a backup has every job that was enqueued before it", () =>
  Effect.gen(function*() {
    const folder = yield* temporaryFolder
    const queue = (file: string) => Layer.provide(JobQueue.layer, SqliteStore.layer({ filename: `${folder}/${file}` }))
    const { id } = yield* Effect.provide(JobQueue.enqueue(Task, 1), queue("app.db"))
    yield* program(folder)
    assert.strictEqual((yield* Effect.provide(JobQueue.get(id), queue("copy.db"))).payload, 1)
  }))
