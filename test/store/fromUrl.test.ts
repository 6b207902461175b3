import * as SqlClient from "@effect/sql/SqlClient"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Layer, Redacted } from "effect"
import { Job, JobQueue } from "holdfast"
import { Store } from "holdfast/store"
import { existsSync, statSync } from "node:fs"
import { join } from "node:path"
import { temporaryFolder } from "./sqlite/temporaryFolder.ts"

const Ping = Job.make("ping")

describe("Store.fromUrl", () => {
  for (const [given, url] of Object.entries({ text: "sqlite::memory:", redacted: Redacted.make("sqlite::memory:") })) {
    it.effect(`opens a database, whose client the app shares: the URL is ${given}`, () =>
      Effect.gen(function*() {
        const sql = yield* SqlClient.SqlClient
        const { id } = yield* sql.withTransaction(JobQueue.enqueue(Ping))
        assert.strictEqual((yield* JobQueue.get(id)).status, "pending")
      }).pipe(Effect.provide(JobQueue.layer.pipe(Layer.provideMerge(Store.fromUrl(url))))))
  }

  it.scopedLive("takes the options of the database that the URL names", () =>
    Effect.gen(function*() {
      const file = join(yield* temporaryFolder, "app.db")
      const enqueued = JobQueue.enqueue(Ping).pipe(
        Effect.provide(JobQueue.layer.pipe(Layer.provide(Store.fromUrl(`sqlite:${file}`, { sqlite: { mode: 0o640 } }))))
      )
      yield* enqueued
      assert.strictEqual(statSync(file).mode & 0o777, 0o640)
    }))

  it.scopedLive("refuses a URL that it does not understand, and makes no file", () =>
    Effect.gen(function*() {
      const file = join(yield* temporaryFolder, "app.db")
      const refusal = yield* Effect.flip(Layer.build(Store.fromUrl(`file:${file}`)))
      assert.strictEqual(refusal._tag, "InvalidOption")
      assert.match(refusal.message, /^url: got the scheme "file"; expected sqlite:<path of a file>, .* or postgres:/)
      assert.isFalse(existsSync(file))
    }))
})
