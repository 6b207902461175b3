import { SqlClient } from "@effect/sql"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Fiber, Layer, Stream, TestClock } from "effect"
import * as RecordedActorPlatform from "../../../src/brandbrain/actors/RecordedActorPlatform.ts"
import { createSampleBrand } from "../../../src/brandbrain/brands/sampleBrand.ts"
import { Sources } from "../../../src/brandbrain/brands/Sources.ts"
import { CompileJob } from "../../../src/brandbrain/compile/CompileJob.ts"
import { CompileJobLive } from "../../../src/brandbrain/compile/CompileJobLive.ts"
import { compileStatus } from "../../../src/brandbrain/compile/compileStatus.ts"
import type { CompileStatus } from "../../../src/brandbrain/compile/compileStatus.ts"
import { requestCompile } from "../../../src/brandbrain/compile/requestCompile.ts"
import { watchCompile } from "../../../src/brandbrain/compile/watchCompile.ts"
import * as Synthesizer from "../../../src/brandbrain/draft/Synthesizer.ts"
import * as RandomId from "../../../src/brandbrain/storage/RandomId.ts"
import { JobQueue, Worker } from "../../../src/index.ts"
import { layerMemory } from "../../../src/testing.ts"
import { addBrand, appOn } from "../memoryApp.ts"

/** The jobs and the app on one database, as the program has them. */
const app = (synthesizer: Layer.Layer<Synthesizer.Synthesizer> = Synthesizer.layerByRule) =>
  CompileJobLive.pipe(
    Layer.provide(synthesizer),
    Layer.provideMerge(Layer.mergeAll(appOn({ linkedinProfilePosts: true }), RandomId.layer)),
    Layer.provideMerge(RecordedActorPlatform.layer()),
    Layer.provideMerge(layerMemory)
  )

/** A worker that ends before its store does. */
const work = Effect.forkScoped(
  Worker.run({ jobs: [CompileJob], pollInterval: "1 hour", staleCheckInterval: "1 hour", shutdownGrace: 0 })
)

const speechless = Layer.succeed(Synthesizer.Synthesizer, {
  identity: "speechless",
  draft: ({ model }) => new Synthesizer.SynthesisFailed({ model, reason: "no words came" })
})

const requested = Effect.gen(function*() {
  const brandId = yield* createSampleBrand()
  const asked = yield* requestCompile({ brandId, forceRefresh: false })
  assert(asked._tag === "Requested")
  return { brandId, compileRunId: asked.compileRunId }
})

const told = (status: CompileStatus) =>
  status.status === "RUNNING" && status.progress !== null
    ? `${status.progress.stage} ${status.progress.sources_completed}/${status.progress.sources_total}`
    : status.status

const rows = Effect.gen(function*() {
  const sql = yield* SqlClient.SqlClient
  return {
    runs: yield* sql`SELECT id FROM brandbrain_apify_run`,
    compiles: yield* sql`SELECT id FROM brandbrain_compile_run`,
    snapshots: yield* sql`SELECT id FROM brandbrain_snapshot`
  }
})

describe("a compile's job", () => {
  it.effect("carries what was asked for: the brand, the run, whether to refresh, and the model", () =>
    Effect.gen(function*() {
      const brandId = yield* createSampleBrand()
      for (const options of [{ forceRefresh: true, model: "other" }, { forceRefresh: false }]) {
        const asked = yield* requestCompile({ brandId, ...options })
        assert(asked._tag === "Requested")
        const job = yield* JobQueue.get(asked.jobId, { partitionKey: brandId })
        assert.strictEqual(job.kind, "brandbrain.compile")
        assert.deepStrictEqual(job.payload, {
          brand_id: brandId,
          compile_run_id: asked.compileRunId,
          force_refresh: options.forceRefresh,
          prompt_version: "v1",
          model: options.model ?? "rules-v1"
        })
        yield* JobQueue.cancel(asked.jobId)
      }
    }).pipe(Effect.scoped, Effect.provide(app())))
})

describe("a compile that is under way", () => {
  it.effect("is the answer to a second request, and gathers from each source once", () =>
    Effect.gen(function*() {
      const { brandId, compileRunId } = yield* requested
      const again = yield* requestCompile({ brandId, forceRefresh: false })
      assert.deepInclude(again, { _tag: "UnderWay", compileRunId })
      yield* work
      yield* TestClock.adjust("1 second")
      const meanwhile = yield* requestCompile({ brandId, forceRefresh: true })
      assert.deepStrictEqual(meanwhile, again)
      yield* TestClock.adjust("1 minute")
      const { compiles, runs, snapshots } = yield* rows
      assert.deepStrictEqual([compiles.length, runs.length, snapshots.length], [1, 7, 1])
    }).pipe(Effect.scoped, Effect.provide(app())))

  it.effect("stands in nobody else's way, and in its brand's no longer once it has ended", () =>
    Effect.gen(function*() {
      const first = yield* requested
      yield* addBrand("other")
      yield* (yield* Sources).connect("other", { source: "instagram.posts", identifier: "quillhavencoffee" })
      const other = yield* requestCompile({ brandId: "other", forceRefresh: false })
      assert.strictEqual(other._tag, "Requested")
      yield* work
      yield* TestClock.adjust("1 minute")
      const next = yield* requestCompile({ brandId: first.brandId, forceRefresh: true })
      assert(next._tag === "Requested")
      assert.notStrictEqual(next.compileRunId, first.compileRunId)
    }).pipe(Effect.scoped, Effect.provide(app())))

  it.effect("that was cancelled stands in nobody's way", () =>
    Effect.gen(function*() {
      const { brandId } = yield* requested
      const under = yield* requestCompile({ brandId, forceRefresh: false })
      assert(under._tag === "UnderWay")
      yield* JobQueue.cancel(under.jobId)
      assert.strictEqual((yield* requestCompile({ brandId, forceRefresh: false }))._tag, "Requested")
    }).pipe(Effect.scoped, Effect.provide(app())))
})

describe("a compile that a worker makes", () => {
  it.effect("of a brand that is gone fails at once and is not tried again", () =>
    Effect.gen(function*() {
      const { compileRunId } = yield* requested
      const sql = yield* SqlClient.SqlClient
      const [run] = yield* sql<{ job_id: string }>`SELECT job_id FROM brandbrain_compile_run`
      yield* sql`DELETE FROM brandbrain_compile_run WHERE id = ${compileRunId}`
      yield* work
      yield* TestClock.adjust("10 minutes")
      const { attempts, lastError, status } = yield* JobQueue.get(run?.job_id ?? "")
      assert.deepStrictEqual([status, attempts], ["failed", 1])
      assert.include(lastError ?? "", `Brand quillhaven has no compile run ${compileRunId}`)
    }).pipe(Effect.scoped, Effect.provide(app())))

  it.effect("can be watched: its status is told again whenever it changes, until it has ended", () =>
    Effect.gen(function*() {
      const compile = yield* requested
      const seen: Array<CompileStatus> = []
      const watching = yield* Effect.fork(
        Stream.runForEach(watchCompile(compile), (status) => Effect.sync(() => seen.push(status)))
      )
      yield* TestClock.adjust("3 seconds")
      assert.deepStrictEqual(seen, [{ status: "PENDING" }])
      yield* work
      yield* TestClock.adjust("30 seconds")
      yield* Fiber.join(watching)
      // Seven sources, four at a time, each for two looks.
      assert.deepStrictEqual(seen.map(told), ["PENDING", "gathering 0/7", "gathering 4/7", "SUCCEEDED"])
      assert.deepStrictEqual(seen.at(-1), yield* compileStatus(compile))
    }).pipe(Effect.scoped, Effect.provide(app())))

  it.effect("is watched by nobody but its brand", () =>
    Effect.gen(function*() {
      const { compileRunId } = yield* requested
      yield* addBrand("other")
      const watched = (compileRunId: string) =>
        Effect.flip(Stream.runDrain(watchCompile({ brandId: "other", compileRunId })))
      const [theirs, none] = [yield* watched(compileRunId), yield* watched("none")]
      assert.strictEqual(theirs._tag, "CompileRunNotFound")
      assert.strictEqual(JSON.stringify(theirs).replace(compileRunId, "none"), JSON.stringify(none))
    }).pipe(Effect.scoped, Effect.provide(app())))

  it.effect("goes on running between two attempts, and has failed, with its job's last error, once the job has", () =>
    Effect.gen(function*() {
      const compile = yield* requested
      yield* work
      yield* TestClock.adjust("1 minute")
      assert.deepStrictEqual(yield* compileStatus(compile), {
        status: "RUNNING",
        progress: { stage: "drafting", sources_completed: 7, sources_total: 7 }
      })
      yield* TestClock.adjust("10 minutes")
      const status = yield* compileStatus(compile)
      assert(status.status === "FAILED")
      assert.include(status.error, "rules-v1 wrote no draft: no words came")
      assert.strictEqual(status.evidence_status.refreshed.length, 7)
    }).pipe(Effect.scoped, Effect.provide(app(speechless))))
})
