import { SqlClient } from "@effect/sql"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Layer, Logger, Option, Schema, Stream, TestContext } from "effect"
import * as RecordedActorPlatform from "../../../src/brandbrain/actors/RecordedActorPlatform.ts"
import { Brands } from "../../../src/brandbrain/brands/Brands.ts"
import { createSampleBrand, sampleBrandId } from "../../../src/brandbrain/brands/sampleBrand.ts"
import { Sources } from "../../../src/brandbrain/brands/Sources.ts"
import { compileBrand } from "../../../src/brandbrain/compile/compileBrand.ts"
import { CompileJob, CompilePayload } from "../../../src/brandbrain/compile/CompileJob.ts"
import { CompileJobLive } from "../../../src/brandbrain/compile/CompileJobLive.ts"
import { firstStart } from "../../../src/brandbrain/compile/firstStart.ts"
import { pollCompile } from "../../../src/brandbrain/compile/watchCompile.ts"
import * as RandomId from "../../../src/brandbrain/storage/RandomId.ts"
import { JobQueue, Worker } from "../../../src/index.ts"
import { PostgresStore } from "../../../src/postgres.ts"
import { letPass } from "../../brandbrain/letPass.ts"
import { addCompile, appOn, memoryApp, ownApp, passing } from "../../brandbrain/memoryApp.ts"
import { freshDatabase } from "../freshDatabase.ts"

const quiet = Logger.remove(Logger.defaultLogger)

const tables = [
  "brand",
  "onboarding",
  "overrides",
  "source_connection",
  "compile_run",
  "apify_run",
  "raw_apify_item",
  "evidence_item",
  "evidence_bundle",
  "feature_report",
  "snapshot"
]

/** Every row of the app, as JSON and in order. */
const everyRow = Effect.gen(function*() {
  const sql = yield* SqlClient.SqlClient
  return yield* Effect.forEach(tables, (table) =>
    Effect.map(
      sql`SELECT * FROM ${sql(`brandbrain_${table}`)}`,
      (rows) => ({ table, rows: rows.map((row) => JSON.stringify(row)).toSorted() })
    ))
})

/** Compiles the sample brand three times, with changes and a day between, one source after the other. */
const compiles = Effect.gen(function*() {
  yield* createSampleBrand()
  const brands = yield* Brands
  const compile = Effect.fn("compile")(function*(id: string) {
    const snapshot = yield* passing(
      compileBrand(yield* addCompile(sampleBrandId, id, { jobId: `job of ${id}` }), () => Effect.void),
      "10 minutes"
    )
    return JSON.stringify(snapshot)
  })
  const first = yield* compile("c1")
  yield* brands.changeAnswers(sampleBrandId, { "tier0.tone_words": ["dry", "warm"] })
  yield* brands.patchOverrides(sampleBrandId, { overrides: { "voice.taboos": ["☕", "a\u0000b"] } })
  const second = yield* compile("c2")
  const sources = yield* Sources
  const [source] = yield* sources.list(sampleBrandId)
  yield* sources.remove(sampleBrandId, source?.id ?? "")
  yield* letPass("25 hours")
  return { snapshots: [first, second, yield* compile("c3")], rows: yield* everyRow }
})

/** The same on a database, from the same instant on. */
const compilesOn = <E>(app: Layer.Layer<Layer.Layer.Success<ReturnType<typeof memoryApp>>, E>) =>
  compiles.pipe(
    Effect.provide(Layer.mergeAll(app, RecordedActorPlatform.layer())),
    Effect.provide(TestContext.TestContext)
  )

describe("the app on PostgreSQL", () => {
  it.live("compiles the sample brand to the same snapshots as on SQLite, and keeps the same rows", () =>
    Effect.gen(function*() {
      const settings = { sourcesAtATime: 1 }
      const onSqlite = yield* compilesOn(memoryApp(settings))
      const onPostgres = yield* compilesOn(ownApp(settings))
      assert.strictEqual(onSqlite.snapshots.length, 3)
      assert.deepStrictEqual(onPostgres.snapshots, onSqlite.snapshots)
      for (const [index, { rows, table }] of onSqlite.rows.entries()) {
        assert.isAbove(rows.length, 0, table)
        assert.deepStrictEqual(onPostgres.rows[index]?.rows, rows, table)
      }
    }).pipe(Effect.provide(quiet)))

  it.live("compiles what a first start has requested, by a worker", () =>
    Effect.gen(function*() {
      const url = yield* freshDatabase
      const app = CompileJobLive.pipe(
        Layer.provideMerge(Layer.mergeAll(appOn({ sourcesAtATime: 7 }), RandomId.layer, RecordedActorPlatform.layer())),
        Layer.provideMerge(JobQueue.layer),
        Layer.provideMerge(PostgresStore.layer({ url }))
      )
      const status = yield* Effect.gen(function*() {
        yield* firstStart
        yield* Effect.forkScoped(Worker.run({ jobs: [CompileJob], shutdownGrace: 0 }))
        const { jobs: [job] } = yield* JobQueue.list()
        const payload = yield* Schema.decodeUnknown(CompilePayload)(job?.payload)
        return yield* Stream.runLast(
          pollCompile({ brandId: payload.brand_id, compileRunId: payload.compile_run_id })
        )
      }).pipe(Effect.scoped, Effect.provide(app))
      const ended = Option.getOrThrow(status)
      assert(ended.status === "SUCCEEDED")
      assert.strictEqual(ended.evidence_status.refreshed.length, 6)
    }).pipe(Effect.scoped, Effect.provide(quiet)))
})
