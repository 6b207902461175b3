import { SqlClient } from "@effect/sql"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Layer, Option } from "effect"
import { Brands } from "../../../src/brandbrain/brands/Brands.ts"
import { Sources } from "../../../src/brandbrain/brands/Sources.ts"
import { compileBrand } from "../../../src/brandbrain/compile/compileBrand.ts"
import { CompileJob } from "../../../src/brandbrain/compile/CompileJob.ts"
import type { CompilePayload } from "../../../src/brandbrain/compile/CompileJob.ts"
import { compileStatus } from "../../../src/brandbrain/compile/compileStatus.ts"
import { requestCompile } from "../../../src/brandbrain/compile/requestCompile.ts"
import { Snapshots } from "../../../src/brandbrain/snapshots/Snapshots.ts"
import * as RandomId from "../../../src/brandbrain/storage/RandomId.ts"
import { JobQueue } from "../../../src/index.ts"
import { answerLost, StoreFaults } from "../../../src/testing.ts"
import { addBrand, addCompile, answers, appOn, compile, ownQueue } from "../memoryApp.ts"
import { letPass } from "../letPass.ts"
import { scriptedPlatform } from "../scriptedPlatform.ts"

const app = (ids: Layer.Layer<RandomId.RandomId> = RandomId.layer) =>
  Layer.mergeAll(appOn(), ids, scriptedPlatform(() => ({ items: [{ id: "p" }] })).layer).pipe(
    Layer.provideMerge(ownQueue())
  )

const request = (options: { readonly forceRefresh?: boolean; readonly model?: string } = {}) =>
  requestCompile({ brandId: "b", forceRefresh: false, ...options })

const requested = Effect.gen(function*() {
  const asked = yield* request()
  assert(asked._tag === "Requested")
  return asked
})

const connected = Effect.gen(function*() {
  yield* addBrand("b")
  yield* (yield* Sources).connect("b", { source: "instagram.posts", identifier: "cobble" })
})

/** The payload of the job under way, and the lease to settle it by. */
const claimed = Effect.gen(function*() {
  const [job] = yield* JobQueue.claim({ jobs: [CompileJob] })
  assert(job)
  return { lease: job.lease, payload: job.payload as CompilePayload }
})

/** Requests a compile and does it. */
const compiled = Effect.gen(function*() {
  yield* requested
  const { lease, payload } = yield* claimed
  const snapshot = yield* compile(payload)
  yield* JobQueue.complete(lease)
  return snapshot
})

const compileRuns = Effect.gen(function*() {
  const sql = yield* SqlClient.SqlClient
  return yield* sql<{ id: string; job_id: string; status: string }>`SELECT * FROM brandbrain_compile_run`
})

const jobs = Effect.map(JobQueue.list(), ({ jobs }) => jobs)

describe("asking for a compile", () => {
  it.effect("makes a compile run and its job together", () =>
    Effect.gen(function*() {
      yield* connected
      const asked = yield* requested
      assert.deepInclude((yield* compileRuns)[0], { id: asked.compileRunId, job_id: asked.jobId, status: "PENDING" })
      assert.deepStrictEqual((yield* jobs).map(({ id }) => id), [asked.jobId])
    }).pipe(Effect.provide(app())))

  it.effect("makes neither when the answer of the job queue is lost", () =>
    Effect.gen(function*() {
      yield* connected
      yield* StoreFaults.inject("enqueue", answerLost)
      assert.strictEqual((yield* Effect.flip(request()))._tag, "StoreError")
      assert.deepStrictEqual([...yield* compileRuns, ...yield* jobs], [])
    }).pipe(Effect.provide(app())))

  it.effect("makes neither when the compile run cannot be added", () =>
    Effect.gen(function*() {
      yield* connected
      yield* compiled
      assert.strictEqual((yield* Effect.flip(request({ forceRefresh: true })))._tag, "StorageError")
      assert.deepStrictEqual([(yield* compileRuns).length, (yield* jobs).length], [1, 1])
    }).pipe(Effect.provide(app(Layer.succeed(RandomId.RandomId, { next: Effect.succeed("the same") })))))

  it.effect("is refused for everything that is missing at once", () =>
    Effect.gen(function*() {
      yield* addBrand("b")
      yield* (yield* Brands).saveAnswers("b", { ...answers, "tier0.who_for": "  ", "tier0.cta_posture": "" })
      const refused = yield* Effect.flip(request())
      assert(refused._tag === "CompileRefused")
      assert.deepStrictEqual(refused.reasons, [
        { code: "MISSING_TIER0_FIELDS", fields: ["tier0.who_for", "tier0.cta_posture"] },
        { code: "NO_ENABLED_SOURCES" }
      ])
      assert.deepStrictEqual(yield* compileRuns, [])
    }).pipe(Effect.provide(app())))

  it.effect("for a brand that does not exist says so", () =>
    Effect.gen(function*() {
      assert.strictEqual((yield* Effect.flip(request()))._tag, "BrandNotFound")
    }).pipe(Effect.provide(app())))

  it.effect("answers the latest snapshot when nothing has changed", () =>
    Effect.gen(function*() {
      yield* connected
      const snapshot = yield* compiled
      assert.deepStrictEqual(yield* request(), { _tag: "Unchanged", snapshot })
      assert.strictEqual((yield* compileRuns).length, 1)
    }).pipe(Effect.provide(app())))

  const changes: ReadonlyArray<readonly [string, Effect.Effect<unknown, unknown, Brands | Sources>]> = [
    ["an answer", Effect.flatMap(Brands, (brands) => brands.saveAnswers("b", { ...answers, "tier0.who_for": "All." }))],
    [
      "an override",
      Effect.flatMap(Brands, (brands) => brands.patchOverrides("b", { overrides: { "voice.taboos": ["glue"] } }))
    ],
    ["a pin", Effect.flatMap(Brands, (brands) => brands.patchOverrides("b", { pinned_paths: ["voice.taboos"] }))],
    [
      "a source",
      Effect.flatMap(
        Sources,
        (sources) =>
          sources.connect("b", { source: "instagram.posts", identifier: "cobble", enabled: false }).pipe(
            Effect.zipRight(sources.connect("b", { source: "linkedin.profile_posts", identifier: "ada" }))
          )
      )
    ],
    ["the age of a source", letPass("25 hours")]
  ]
  it.effect.each(changes)("compiles again when %s has changed", ([, change]) =>
    Effect.gen(function*() {
      yield* connected
      yield* compiled
      yield* change
      assert.strictEqual((yield* request())._tag, "Requested")
    }).pipe(Effect.provide(app())))

  it.effect("compiles again when it is forced to, or by another model", () =>
    Effect.gen(function*() {
      yield* connected
      yield* compiled
      const forced = yield* request({ forceRefresh: true })
      assert(forced._tag === "Requested")
      yield* JobQueue.cancel(forced.jobId)
      assert.strictEqual((yield* request({ model: "other" }))._tag, "Requested")
    }).pipe(Effect.provide(app())))
})

describe("a compile's status", () => {
  const status = (compileRunId: string) => compileStatus({ brandId: "b", compileRunId })

  it.effect("is pending, running with progress, and succeeded with the snapshot", () =>
    Effect.gen(function*() {
      yield* connected
      const { compileRunId } = yield* requested
      assert.deepStrictEqual(yield* status(compileRunId), { status: "PENDING" })

      const progress = { stage: "gathering", sources_completed: 0, sources_total: 1 } as const
      const { lease, payload } = yield* claimed
      yield* Effect.fork(compileBrand(payload, () => Effect.void))
      yield* letPass("1 second")
      yield* JobQueue.progress(lease, progress)
      assert.deepStrictEqual(yield* status(compileRunId), { status: "RUNNING", progress })
      yield* JobQueue.progress(lease, "?")
      assert.deepStrictEqual(yield* status(compileRunId), { status: "RUNNING", progress: null })

      yield* letPass("10 seconds")
      yield* JobQueue.complete(lease)
      const done = yield* status(compileRunId)
      assert(done.status === "SUCCEEDED")
      assert.strictEqual(done.evidence_status.refreshed.length, 1)
      assert.deepStrictEqual(Option.getOrNull(yield* (yield* Snapshots).latest("b")), done.snapshot)
    }).pipe(Effect.provide(app())))

  const evidence_status = { skipped: [], reused: [], refreshed: [], failed: [] }

  it.effect("is failed, with the job's last error, once its job has failed", () =>
    Effect.gen(function*() {
      yield* connected
      const { compileRunId } = yield* requested
      const { lease } = yield* claimed
      yield* JobQueue.fail(lease, "Stale lock after 3 attempts", { retry: false })
      const failed = yield* status(compileRunId)
      assert(failed.status === "FAILED")
      assert.include(failed.error, "Stale lock after 3 attempts")
      assert.deepStrictEqual(failed.evidence_status, evidence_status)
    }).pipe(Effect.provide(app())))

  it.effect("is failed once its job is gone, or was cancelled", () =>
    Effect.gen(function*() {
      yield* connected
      const { compileRunId, jobId } = yield* requested
      yield* JobQueue.cancel(jobId)
      assert.deepStrictEqual(yield* status(compileRunId), {
        status: "FAILED",
        error: "The job is cancelled",
        evidence_status
      })
      yield* addCompile("b", "orphan")
      assert.deepStrictEqual(yield* status("orphan"), {
        status: "FAILED",
        error: "The job of this compile is gone",
        evidence_status
      })
    }).pipe(Effect.provide(app())))

  it.effect("of another brand's compile is exactly that of none", () =>
    Effect.gen(function*() {
      yield* connected
      yield* addBrand("other")
      yield* addCompile("other", "theirs")
      const [theirs, none] = [yield* Effect.flip(status("theirs")), yield* Effect.flip(status("none"))]
      assert.strictEqual(theirs._tag, "CompileRunNotFound")
      assert.deepStrictEqual(JSON.stringify(theirs).replace("theirs", "none"), JSON.stringify(none))
    }).pipe(Effect.provide(app())))
})
