import { SqlClient } from "@effect/sql"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Fiber, Layer, Runtime } from "effect"
import * as fc from "fast-check"
import { Sources } from "../../../src/brandbrain/brands/Sources.ts"
import { compileBrand } from "../../../src/brandbrain/compile/compileBrand.ts"
import type { CompileProgress } from "../../../src/brandbrain/compile/CompileJob.ts"
import { CompileRuns } from "../../../src/brandbrain/compile/CompileRuns.ts"
import { capabilities, registry } from "../../../src/brandbrain/config/capability.ts"
import { ingestSource } from "../../../src/brandbrain/gather/ingestSource.ts"
import { Snapshots } from "../../../src/brandbrain/snapshots/Snapshots.ts"
import { addBrand, addCompile, compile, onPostgres, ownApp, passing } from "../memoryApp.ts"
import { letPass } from "../letPass.ts"
import { scriptedPlatform } from "../scriptedPlatform.ts"
import type { Script } from "../scriptedPlatform.ts"

const connect = Effect.fn("connect")(
  function*(...sources: ReadonlyArray<readonly [source: string, identifier: string]>) {
    yield* addBrand("b")
    const connections = yield* Sources
    return yield* Effect.forEach(sources, ([source, identifier]) => connections.connect("b", { source, identifier }))
  }
)

const evidenceStatus = Effect.fn("evidenceStatus")(function*(compileRunId: string) {
  return (yield* (yield* CompileRuns).get("b", compileRunId)).evidence_status
})

const app = (script: (actorId: string) => Script) => {
  const platform = scriptedPlatform(script)
  return { platform, layers: Layer.merge(ownApp(), platform.layer) }
}

/** Has the database refuse such rows. */
const refuse = Effect.fn("refuse")(
  function*({ moment, table, when }: { readonly moment: string; readonly table: string; readonly when: string }) {
    const sql = yield* SqlClient.SqlClient
    const trigger = `CREATE TRIGGER refuse BEFORE ${moment} ON ${table} FOR EACH ROW WHEN (${when})`
    if (onPostgres) {
      yield* sql`
      CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RAISE ''no room''; END'`
    }
    yield* sql.unsafe(
      `${trigger} ${onPostgres ? "EXECUTE FUNCTION refuse()" : "BEGIN SELECT RAISE(ABORT, 'no room'); END"}`
    )
  }
)

const posts: Script = { items: [{ id: "p1", caption: "Boots" }, { id: "p2", caption: "Soles" }] }

describe("a compile", () => {
  it.effect("refreshes a source that has never been gathered from", () => {
    const { layers } = app(() => posts)
    return Effect.gen(function*() {
      yield* connect(["instagram.posts", "cobble"])
      const snapshot = yield* compile(yield* addCompile("b", "c"))
      assert.strictEqual(snapshot.version, 1)
      const { refreshed, ...rest } = yield* evidenceStatus("c")
      assert.deepStrictEqual(rest, { skipped: [], reused: [], failed: [] })
      const [entry] = refreshed
      assert.deepStrictEqual(refreshed, [{
        source: "instagram.posts",
        reason: "No successful run exists for this source",
        apify_run_id: entry?.apify_run_id ?? "",
        apify_run_status: "succeeded",
        raw_items_count: 2,
        normalized_created: 2,
        normalized_updated: 0
      }])
    }).pipe(Effect.provide(layers))
  })

  it.effect("reuses a run that is fresh, and says how old it is", () => {
    const { layers, platform } = app(() => posts)
    return Effect.gen(function*() {
      yield* connect(["instagram.posts", "cobble"])
      yield* compile(yield* addCompile("b", "c1"))
      yield* letPass("311 minutes")
      yield* compile(yield* addCompile("b", "c2"))
      const { reused } = yield* evidenceStatus("c2")
      assert.deepStrictEqual(reused, [{
        source: "instagram.posts",
        reason: "Cached run is fresh (5.2h old, TTL=24h)",
        run_age_hours: 5.2,
        apify_run_id: reused[0]?.apify_run_id ?? "",
        normalized_created: 0,
        normalized_updated: 2
      }])
      assert.strictEqual(platform.starts.length, 1)
    }).pipe(Effect.provide(layers))
  })

  it.effect("refreshes a run that is stale, and every run when it is forced to", () => {
    const { layers, platform } = app(() => posts)
    return Effect.gen(function*() {
      yield* connect(["instagram.posts", "cobble"])
      yield* compile(yield* addCompile("b", "c1"))
      yield* letPass("1566 minutes")
      yield* compile(yield* addCompile("b", "c2"))
      assert.deepInclude((yield* evidenceStatus("c2")).refreshed[0], {
        reason: "Cached run is stale (26.1h old, TTL=24h)",
        normalized_created: 0,
        normalized_updated: 2
      })
      yield* compile(yield* addCompile("b", "c3", { forceRefresh: true }))
      assert.strictEqual((yield* evidenceStatus("c3")).refreshed[0]?.reason, "force_refresh=True")
      assert.strictEqual(platform.starts.length, 3)
    }).pipe(Effect.provide(layers))
  })

  it.effect("draws on no evidence of a source that was turned off, but for what another source found too", () => {
    const { layers } = app((actorId) =>
      actorId.startsWith("clockworks") ? { items: [{ id: "v1", text: "Laces" }] } : posts
    )
    return Effect.gen(function*() {
      yield* connect(["instagram.posts", "cobble"], ["instagram.posts", "cobble.too"], [
        "tiktok.profile_videos",
        "cobble"
      ])
      const itemCount = Effect.fn("itemCount")(function*(id: string) {
        return (yield* compile(yield* addCompile("b", id))).snapshot.meta.evidence_summary.item_count
      })
      const off = Effect.fn("off")(function*(source: string, identifier: string) {
        yield* (yield* Sources).connect("b", { source, identifier, enabled: false })
      })
      assert.strictEqual(yield* itemCount("c1"), 3)
      yield* off("instagram.posts", "cobble")
      assert.strictEqual(yield* itemCount("c2"), 3)
      yield* off("instagram.posts", "cobble.too")
      assert.strictEqual(yield* itemCount("c3"), 1)
    }).pipe(Effect.provide(layers))
  })

  it.effect("counts no post of another author as the brand's", () => {
    const { layers } = app(() => ({
      items: [
        { id: "p1", ownerUsername: "Cobble", caption: "Ours" },
        { id: "p2", ownerUsername: "somebody", caption: "Look at @cobble" },
        { id: "p3", ownerUsername: "somebody", coauthorProducers: [{ username: "cobble" }], caption: "Together" }
      ]
    }))
    return Effect.gen(function*() {
      yield* connect(["instagram.posts", "cobble"])
      const snapshot = yield* compile(yield* addCompile("b", "c"))
      assert.strictEqual(snapshot.snapshot.meta.evidence_summary.item_count, 2)
    }).pipe(Effect.provide(layers))
  })

  it.effect("skips a source whose capability is disabled", () => {
    const { layers, platform } = app(() => posts)
    return Effect.gen(function*() {
      yield* connect(["linkedin.profile_posts", "ada"])
      yield* compile(yield* addCompile("b", "c"))
      assert.deepStrictEqual((yield* evidenceStatus("c")).skipped, [
        { source: "linkedin.profile_posts", reason: "Capability linkedin.profile_posts is disabled" }
      ])
      assert.strictEqual(platform.starts.length, 0)
    }).pipe(Effect.provide(layers))
  })

  it.effect("goes on without a source that fails", () => {
    const { layers } = app((actorId) => actorId === "clockworks~tiktok-scraper" ? { statuses: ["ABORTED"] } : posts)
    return Effect.gen(function*() {
      yield* connect(["instagram.posts", "cobble"], ["tiktok.profile_videos", "cobble"])
      const snapshot = yield* compile(yield* addCompile("b", "c"))
      const { failed, refreshed } = yield* evidenceStatus("c")
      assert.strictEqual(refreshed.length, 1)
      assert.deepStrictEqual(failed, [{
        source: "tiktok.profile_videos",
        reason: "No successful run exists for this source",
        error: "The run ended as ABORTED",
        apify_run_id: failed[0]?.apify_run_id ?? "",
        apify_run_status: "failed"
      }])
      assert.strictEqual(snapshot.snapshot.meta.evidence_summary.item_count, 2)
    }).pipe(Effect.provide(layers))
  })

  it.effect("says in its snapshot which sources failed, and that no source could be gathered from", () => {
    const { layers } = app((actorId) => actorId.startsWith("clockworks") ? { statuses: ["ABORTED"] } : posts)
    return Effect.gen(function*() {
      yield* connect(["tiktok.profile_videos", "cobble"])
      const warnings = Effect.fn("warnings")(function*(id: string) {
        return (yield* compile(yield* addCompile("b", id))).snapshot.meta.warnings
      })
      assert.deepStrictEqual(yield* warnings("c1"), [
        "No source could be gathered from (tiktok.profile_videos): this snapshot is based on the answers and older evidence"
      ])
      const sources = yield* Sources
      yield* sources.connect("b", { source: "instagram.posts", identifier: "cobble" })
      assert.deepStrictEqual(yield* warnings("c2"), ["1 of 2 sources failed: tiktok.profile_videos"])
      yield* sources.connect("b", { source: "tiktok.profile_videos", identifier: "cobble", enabled: false })
      assert.deepStrictEqual(yield* warnings("c3"), [])
      yield* sources.connect("b", { source: "instagram.posts", identifier: "cobble", enabled: false })
      assert.deepStrictEqual(yield* warnings("c0"), [
        "No source is enabled: this snapshot is based on the answers and older evidence"
      ])
      yield* sources.connect("b", { source: "linkedin.profile_posts", identifier: "ada" })
      assert.include((yield* warnings("c4"))[0], "Every source has a disabled capability (linkedin.profile_posts)")
    }).pipe(Effect.provide(layers))
  })

  it.effect("records every enabled source exactly once, and gathers from four at a time", () => {
    const { layers, platform } = app((actorId) =>
      actorId.startsWith("clockworks") ? { failing: "startRun" } : { ...posts, statuses: ["RUNNING", "SUCCEEDED"] }
    )
    return Effect.gen(function*() {
      yield* connect(
        ...["a.a", "b.b", "c.c", "d.d", "e.e", "f.f"].map((handle) => ["instagram.posts", handle] as const),
        ["tiktok.profile_videos", "cobble"],
        ["linkedin.profile_posts", "ada"]
      )
      yield* (yield* Sources).connect("b", { source: "instagram.posts", identifier: "off", enabled: false })
      yield* passing(compileBrand(yield* addCompile("b", "c"), () => Effect.void), "10 minutes")
      const { failed, refreshed, reused, skipped } = yield* evidenceStatus("c")
      assert.deepStrictEqual([failed.length, refreshed.length, reused.length, skipped.length], [1, 6, 0, 1])
      assert.strictEqual(platform.mostRunning(), 4)
    }).pipe(Effect.provide(layers))
  })

  it.effect("records every enabled source exactly once, whatever becomes of it", () => {
    const scripts = fc.constantFrom<Script>(
      posts,
      {},
      { items: [null, "odd", { error: "gone" }] },
      { statuses: ["ABORTED"] },
      { statuses: ["RUNNING", "SUCCEEDED"], ...posts },
      { failing: "startRun" },
      { failing: "getRun" },
      { failing: "getItems" }
    )
    const brands = fc.record({
      scripts: fc.dictionary(fc.constantFrom(...capabilities.map((each) => registry[each].actorId)), scripts),
      sources: fc.uniqueArray(
        fc.record({
          source: fc.constantFrom(...capabilities.filter((each) => each !== "web.crawl_pages")),
          identifier: fc.constantFrom("cobble", "cobble.too"),
          enabled: fc.boolean()
        }),
        { selector: ({ identifier, source }) => `${source} ${identifier}`, maxLength: 8 }
      )
    })
    let script: Readonly<Record<string, Script>> = {}
    const { layers } = app((actorId) => script[actorId] ?? posts)
    return Effect.gen(function*() {
      const run = Runtime.runPromise(yield* Effect.runtime<Layer.Layer.Success<typeof layers>>())
      let compiles = 0
      const exactlyOnce = fc.asyncProperty(brands, ({ scripts, sources }) =>
        run(Effect.gen(function*() {
          const brand = `b${compiles++}`
          yield* addBrand(brand)
          const connections = yield* Sources
          yield* Effect.forEach(sources, (source) => connections.connect(brand, source))
          // The first compile has nothing to reuse; the second has, where the first came through.
          for (const turn of ["first", "second"]) {
            script = turn === "first" ? {} : scripts
            const payload = yield* addCompile(brand, `${brand} ${turn}`, { forceRefresh: compiles % 2 === 0 })
            yield* passing(compileBrand(payload, () => Effect.void))
            const { evidence_status, recorded_sources } = yield* (yield* CompileRuns).get(
              brand,
              payload.compile_run_id
            )
            const enabled = sources.filter(({ enabled }) => enabled).map(({ source }) => source)
            assert.deepStrictEqual(
              Object.values(evidence_status).flat().map(({ source }) => source).toSorted(),
              enabled.toSorted()
            )
            assert.strictEqual(Object.keys(recorded_sources).length, enabled.length)
          }
        })))
      yield* Effect.promise(() => fc.assert(exactlyOnce, { numRuns: 15 }))
    }).pipe(Effect.provide(layers))
  })

  it.effect("tells how far it has come", () => {
    const { layers } = app(() => posts)
    return Effect.gen(function*() {
      yield* connect(["instagram.posts", "cobble"], ["instagram.posts", "other"])
      const told: Array<CompileProgress> = []
      yield* passing(compileBrand(yield* addCompile("b", "c"), (progress) => Effect.sync(() => told.push(progress))))
      assert.deepStrictEqual(
        told.map(({ sources_completed, sources_total, stage }) => `${stage} ${sources_completed}/${sources_total}`),
        ["gathering 0/2", "gathering 1/2", "gathering 2/2", "drafting 2/2", "done 2/2"]
      )
    }).pipe(Effect.provide(layers))
  })

  it.effect("stopped half way is continued by its next attempt: nothing is started, recorded or saved twice", () => {
    const { layers, platform } = app((actorId) => ({
      ...posts,
      statuses: actorId.startsWith("clockworks") ? ["RUNNING", "RUNNING", "RUNNING", "SUCCEEDED"] : ["SUCCEEDED"]
    }))
    return Effect.gen(function*() {
      yield* connect(["instagram.posts", "cobble"], ["tiktok.profile_videos", "cobble"])
      const payload = yield* addCompile("b", "c", { forceRefresh: true })
      const first = yield* Effect.fork(compileBrand(payload, () => Effect.void))
      yield* letPass("12 seconds")
      assert.strictEqual((yield* evidenceStatus("c")).refreshed.length, 1)
      yield* Fiber.interrupt(first)

      const second = yield* compile(payload)
      const third = yield* compile(payload)
      assert.deepStrictEqual(third, second)
      assert.strictEqual(platform.starts.length, 2)
      assert.strictEqual((yield* evidenceStatus("c")).refreshed.length, 2)
      assert.strictEqual((yield* (yield* Snapshots).history("b", { limit: 50, offset: 0 })).length, 1)
    }).pipe(Effect.provide(layers))
  })

  it.effect("that two attempts make at once has one snapshot, and one record of each source", () => {
    const { layers } = app(() => posts)
    return Effect.gen(function*() {
      yield* connect(["instagram.posts", "cobble"])
      const payload = yield* addCompile("b", "c")
      const attempt = compileBrand(payload, () => Effect.void)
      const [one, other] = yield* passing(Effect.all([attempt, attempt], { concurrency: 2 }))
      assert.deepStrictEqual(one, other)
      assert.strictEqual((yield* evidenceStatus("c")).refreshed.length, 1)
      assert.strictEqual((yield* (yield* Snapshots).history("b", { limit: 50, offset: 0 })).length, 1)
    }).pipe(Effect.provide(layers))
  })

  it.effect("of another brand does not exist", () => {
    const { layers } = app(() => posts)
    return Effect.gen(function*() {
      yield* connect()
      yield* addBrand("other")
      const payload = yield* addCompile("other", "c")
      const error = yield* Effect.flip(compile({ ...payload, brand_id: "b" }))
      assert.strictEqual(error._tag, "CompileRunNotFound")
    }).pipe(Effect.provide(layers))
  })

  const refusals = [
    { moment: "INSERT", table: "brandbrain_snapshot", when: "NEW.version > 0" },
    { moment: "UPDATE", table: "brandbrain_compile_run", when: "NEW.status = 'SUCCEEDED'" }
  ]
  it.effect.each(refusals)("that cannot save all of its snapshot saves nothing of it: $table", (refusal) => {
    const { layers } = app(() => posts)
    return Effect.gen(function*() {
      const sql = yield* SqlClient.SqlClient
      yield* connect(["instagram.posts", "cobble"])
      yield* refuse(refusal)
      const payload = yield* addCompile("b", "c")
      assert.strictEqual((yield* Effect.flip(compile(payload)))._tag, "StorageError")
      assert.deepStrictEqual(yield* sql`SELECT id FROM brandbrain_evidence_bundle`, [])
      yield* sql`DROP TRIGGER refuse ${sql.literal(onPostgres ? `ON ${refusal.table}` : "")}`
      assert.strictEqual((yield* compile(payload)).version, 1)
    }).pipe(Effect.provide(layers))
  })

  it.effect("leaves alone what an attempt before it recorded, though by now it would decide otherwise", () => {
    const { layers, platform } = app((actorId) => ({
      ...posts,
      statuses: actorId.startsWith("clockworks") ? ["RUNNING", "SUCCEEDED"] : ["SUCCEEDED"]
    }))
    return Effect.gen(function*() {
      yield* connect(["instagram.posts", "cobble"])
      yield* compile(yield* addCompile("b", "c1"))
      yield* (yield* Sources).connect("b", { source: "tiktok.profile_videos", identifier: "cobble" })
      yield* letPass("23 hours")
      const payload = yield* addCompile("b", "c2")
      const first = yield* Effect.fork(compileBrand(payload, () => Effect.void))
      yield* letPass("6 seconds")
      yield* Fiber.interrupt(first)
      yield* letPass("3 hours")
      yield* compile(payload)
      const { refreshed, reused } = yield* evidenceStatus("c2")
      assert.deepStrictEqual(reused.map(({ source }) => source), ["instagram.posts"])
      assert.deepStrictEqual(refreshed.map(({ source }) => source), ["tiktok.profile_videos"])
      assert.strictEqual(platform.starts.length, 2)
    }).pipe(Effect.provide(layers))
  })

  it.effect("records a run of its own as refreshed, though the attempt that made it did not come to record it", () => {
    const { layers, platform } = app(() => posts)
    return Effect.gen(function*() {
      const [source] = yield* connect(["instagram.posts", "cobble"])
      assert(source)
      const payload = yield* addCompile("b", "c")
      yield* passing(ingestSource({ source, compileRunId: "c", reason: "Cached run is stale (30.0h old, TTL=24h)" }))
      yield* compile(payload)
      assert.deepInclude((yield* evidenceStatus("c")).refreshed[0], {
        reason: "Cached run is stale (30.0h old, TTL=24h)",
        normalized_created: 2
      })
      assert.strictEqual(platform.starts.length, 1)
    }).pipe(Effect.provide(layers))
  })
})
