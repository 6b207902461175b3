import { FileSystem } from "@effect/platform"
import { NodeContext } from "@effect/platform-node"
import { SqlClient } from "@effect/sql"
import { SqliteClient } from "@effect/sql-sqlite-node"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Layer, Schema } from "effect"
import { Job, JobQueue } from "../../src/index.ts"
import { SqliteStore, SqlJobStore } from "../../src/sqlite.ts"
import * as Testing from "../../src/testing.ts"

const Work = Job.make("layer.work", { payload: { name: Schema.String } })

describe("the layers", () => {
  it.effect("in memory, jobs share transactions with the app's own tables, and each build is another database", () =>
    Effect.gen(function*() {
      yield* Effect.gen(function*() {
        const sql = yield* SqlClient.SqlClient
        yield* sql`CREATE TABLE users (id TEXT)`
        const signUp = Effect.zipRight(sql`INSERT INTO users VALUES ('ada')`, JobQueue.enqueue(Work, { name: "ada" }))
        yield* Effect.flip(sql.withTransaction(Effect.zipRight(signUp, Effect.fail("no"))))
        yield* Testing.assertNotEnqueued(Work)
        yield* sql.withTransaction(signUp)
        yield* Testing.assertEnqueued(Work, { name: "ada" })
      }).pipe(Effect.provide(Testing.layerMemory))
      yield* Effect.provide(Testing.assertNotEnqueued(Work), Testing.layerMemory)
    }))

  it.effect("over the app's own client", () =>
    Effect.gen(function*() {
      yield* JobQueue.enqueue(Work, { name: "ada" })
      const sql = yield* SqlClient.SqlClient
      assert.strictEqual((yield* sql`SELECT id FROM holdfast_jobs`).length, 1)
      yield* Testing.StoreFaults.inject("every", Testing.failing, 1)
      assert.strictEqual((yield* Effect.flip(Testing.enqueued(Work)))._tag, "StoreError")
    }).pipe(
      Effect.provide(Testing.layer.pipe(
        Layer.provideMerge(SqlJobStore.layer()),
        Layer.provideMerge(SqliteClient.layer({ filename: ":memory:" }))
      ))
    ))

  it.effect("over a file, which another run of the app finds as it was left", () =>
    Effect.gen(function*() {
      const folder = yield* (yield* FileSystem.FileSystem).makeTempDirectoryScoped()
      const onFile = Testing.layer.pipe(Layer.provideMerge(SqliteStore.layer({ filename: `${folder}/jobs.db` })))
      yield* Effect.provide(JobQueue.enqueue(Work, { name: "ada" }), onFile)
      yield* Effect.provide(Testing.assertEnqueued(Work, { name: "ada" }), onFile)
    }).pipe(Effect.scoped, Effect.provide(NodeContext.layer)))
})
