import { SqlClient } from "@effect/sql"
import { assert, describe, it } from "@effect/vitest"
import { Data, Effect, Layer, Option, TestClock } from "effect"
import { Brands } from "../../../src/brandbrain/brands/Brands.ts"
import { compileBrand } from "../../../src/brandbrain/compile/compileBrand.ts"
import type { CompilePayload } from "../../../src/brandbrain/compile/CompilePayload.ts"
import { compileStatus } from "../../../src/brandbrain/compile/compileStatus.ts"
import type { JobStanding } from "../../../src/brandbrain/compile/compileStatus.ts"
import * as RandomId from "../../../src/brandbrain/storage/RandomId.ts"
import { requestCompile } from "../../../src/brandbrain/compile/requestCompile.ts"
import { Snapshots } from "../../../src/brandbrain/snapshots/Snapshots.ts"
import { Sources } from "../../../src/brandbrain/brands/Sources.ts"
import { addBrand, addCompile, answers, memoryApp, passing } from "../memoryApp.ts"
import { scriptedPlatform } from "../scriptedPlatform.ts"

class QueueFull extends Data.TaggedError("QueueFull") {}

const app = () => Layer.mergeAll(memoryApp(), RandomId.layer, scriptedPlatform(() => ({ items: [{ id: "p" }] })).layer)

const request = (options: { readonly forceRefresh?: boolean; readonly model?: string } = {}) =>
  requestCompile({
    brandId: "b",
    forceRefresh: false,
    enqueue: ({ compile_run_id }) => Effect.succeed(`job of ${compile_run_id}`),
    ...options
  })

const connected = Effect.gen(function*() {
  yield* addBrand("b")
  yield* (yield* Sources).connect("b", { source: "instagram.posts", identifier: "cobble" })
})

/** Requests a compile and does it. */
const compiled = Effect.gen(function*() {
  let payload: CompilePayload | null = null
  yield* requestCompile({
    brandId: "b",
    forceRefresh: false,
    enqueue: (asked) => Effect.sync(() => (payload = asked, `job of ${asked.compile_run_id}`))
  })
  assert(payload)
  return yield* passing(compileBrand(payload, () => Effect.void))
})

const compileRuns = Effect.gen(function*() {
  const sql = yield* SqlClient.SqlClient
  return yield* sql<{ id: string; job_id: string; status: string }>`SELECT * FROM brandbrain_compile_run`
})

describe("asking for a compile", () => {
  it.effect("makes a compile run and its job together", () =>
    Effect.gen(function*() {
      yield* connected
      const asked = yield* request()
      assert(asked._tag === "Requested")
      assert.deepInclude((yield* compileRuns)[0], {
        id: asked.compileRunId,
        job_id: `job of ${asked.compileRunId}`,
        status: "PENDING"
      })
    }).pipe(Effect.provide(app())))

  it.effect("makes no compile run when its job cannot be enqueued", () =>
    Effect.gen(function*() {
      yield* connected
      const sql = yield* SqlClient.SqlClient
      yield* sql`CREATE TABLE queue (id TEXT)`
      const enqueue = () => Effect.zipRight(sql`INSERT INTO queue VALUES ('job')`, new QueueFull())
      assert.strictEqual(
        (yield* Effect.flip(requestCompile({ brandId: "b", forceRefresh: false, enqueue })))._tag,
        "QueueFull"
      )
      assert.deepStrictEqual([...yield* compileRuns, ...yield* sql`SELECT * FROM queue`], [])
    }).pipe(Effect.provide(app())))

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
    ["the age of a source", TestClock.adjust("25 hours")]
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
      assert.strictEqual((yield* request({ forceRefresh: true }))._tag, "Requested")
      assert.strictEqual((yield* request({ model: "other" }))._tag, "Requested")
    }).pipe(Effect.provide(app())))
})

describe("a compile's status", () => {
  const job = (status: JobStanding["status"], changed: Partial<JobStanding> = {}) => () =>
    Effect.succeedSome<JobStanding>({ status, lastError: null, progress: null, ...changed })

  it.effect("is pending, running with progress, and succeeded with the snapshot", () =>
    Effect.gen(function*() {
      yield* connected
      const payload = yield* addCompile("b", "c")
      const asked = { brandId: "b", compileRunId: "c" }
      assert.deepStrictEqual(yield* compileStatus({ ...asked, job: job("pending") }), { status: "PENDING" })

      const progress = { stage: "gathering", sources_completed: 0, sources_total: 1 } as const
      yield* Effect.fork(compileBrand(payload, () => Effect.void))
      yield* TestClock.adjust("1 second")
      assert.deepStrictEqual(yield* compileStatus({ ...asked, job: job("running", { progress }) }), {
        status: "RUNNING",
        progress
      })
      assert.deepStrictEqual(yield* compileStatus({ ...asked, job: job("pending", { progress: "?" }) }), {
        status: "RUNNING",
        progress: null
      })

      yield* TestClock.adjust("10 seconds")
      const done = yield* compileStatus({ ...asked, job: job("succeeded") })
      assert(done.status === "SUCCEEDED")
      assert.strictEqual(done.evidence_status.refreshed.length, 1)
      assert.deepStrictEqual(Option.getOrNull(yield* (yield* Snapshots).latest("b")), done.snapshot)
    }).pipe(Effect.provide(app())))

  it.effect("is failed, with the job's last error, once its job has failed", () =>
    Effect.gen(function*() {
      yield* connected
      yield* addCompile("b", "c")
      const asked = { brandId: "b", compileRunId: "c" }
      const evidence_status = { skipped: [], reused: [], refreshed: [], failed: [] }
      assert.deepStrictEqual(
        yield* compileStatus({ ...asked, job: job("failed", { lastError: "Stale lock after 3 attempts" }) }),
        { status: "FAILED", error: "Stale lock after 3 attempts", evidence_status }
      )
      assert.deepStrictEqual(yield* compileStatus({ ...asked, job: () => Effect.succeedNone }), {
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
      const status = (compileRunId: string) =>
        Effect.flip(compileStatus({ brandId: "b", compileRunId, job: job("running") }))
      const [theirs, none] = [yield* status("theirs"), yield* status("none")]
      assert.strictEqual(theirs._tag, "CompileRunNotFound")
      assert.deepStrictEqual(JSON.stringify(theirs).replace("theirs", "none"), JSON.stringify(none))
    }).pipe(Effect.provide(app())))
})
