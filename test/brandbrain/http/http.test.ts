import { HttpApi, OpenApi } from "@effect/platform"
import { SqlClient } from "@effect/sql"
import { assert, describe, it } from "@effect/vitest"
import { Validator } from "@seriousme/openapi-schema-validator"
import { Effect, Layer } from "effect"
import * as Synthesizer from "../../../src/brandbrain/draft/Synthesizer.ts"
import { Api } from "../../../src/brandbrain/http/api/api.ts"
import { answers } from "../memoryApp.ts"
import { app, captions, compiled, everything, serving, work } from "./httpApp.ts"
import type { Answer, Asked } from "./httpApp.ts"

/** Every call of the API: what a caller that may make it is answered, with the first status that it can be. */
const calls: Readonly<Record<string, { readonly status: number; readonly body?: unknown; readonly query?: string }>> = {
  "GET /api/brands": { status: 200 },
  "POST /api/brands": { status: 201, body: { name: "New" } },
  "GET /api/brands/:brand": { status: 200 },
  "GET /api/brands/:brand/onboarding": { status: 200 },
  "PUT /api/brands/:brand/onboarding": { status: 200, body: { answers } },
  "GET /api/brands/:brand/sources": { status: 200 },
  "POST /api/brands/:brand/sources": { status: 201, body: { source: "instagram.posts", identifier: "boots" } },
  "PATCH /api/brands/:brand/sources/:source": { status: 200, body: { enabled: false } },
  "DELETE /api/brands/:brand/sources/:source": { status: 204 },
  "POST /api/brands/:brand/brandbrain/compile": { status: 202, body: { force_refresh: true } },
  "GET /api/brands/:brand/brandbrain/compile/:run/status": { status: 200 },
  "GET /api/brands/:brand/brandbrain/latest": { status: 200, query: "?include=evidence,bundle" },
  "GET /api/brands/:brand/brandbrain/history": { status: 200, query: "?page=1" },
  "GET /api/brands/:brand/brandbrain/overrides": { status: 200 },
  "PATCH /api/brands/:brand/brandbrain/overrides": { status: 200, body: { pinned_paths: ["voice.taboos"] } }
}

const document = OpenApi.fromApi(Api)

/** Every status that the document names for the call. */
const documented = (call: string) => {
  const [method = "", path = ""] = call.split(" ")
  const operation = document.paths[path.replace(/:(\w+)/g, "{$1}")]?.[method.toLowerCase() as "get"]
  return Object.keys(operation?.responses ?? {}).map(Number)
}

describe("every call of the API", () => {
  it("is in the table of this test, with what it answers, and no other", () => {
    const found: Array<string> = []
    HttpApi.reflect(Api, {
      onGroup: () => {},
      onEndpoint: ({ endpoint }) => void found.push(`${endpoint.method} ${endpoint.path}`)
    })
    assert.deepStrictEqual(found.toSorted(), Object.keys(calls).toSorted())
  })

  it.scoped.each(Object.entries(calls))(
    "answers a caller what it may know, and changes nothing for one that may not ask: %s",
    ([call, { body, query = "", status }]) =>
      Effect.gen(function*() {
        const { acme, ask, runId, sourceId } = yield* compiled
        const [method = "", path = ""] = call.split(" ")
        const pathOf = (brand: string) =>
          path.replace(":brand", brand).replace(":source", sourceId).replace(":run", runId)
        const of = (brand: string, asked: Asked) => ask(method, `${pathOf(brand)}${query}`, { body, ...asked })
        const isOfBrand = path.includes(":brand")
        const before = yield* everything

        for (
          const stranger of [
            {},
            { token: "" },
            { token: "s3nt1nel" },
            { token: "s3nt1nel-acme2" },
            { token: "s3nt1nel-acme s3nt1nel-acme" },
            { headers: { authorization: "s3nt1nel-acme" } },
            { headers: { authorization: "Basic s3nt1nel-acme" } },
            { headers: { authorization: `Basic ${btoa("acme:s3nt1nel-acme")}` } }
          ] satisfies ReadonlyArray<Asked>
        ) {
          const refused = yield* of("cobble", stranger)
          assert.strictEqual(refused.status, 401)
          assert.deepStrictEqual(refused.body, { error: "unauthorized" })
          assert.strictEqual(refused.headers["www-authenticate"], "Bearer")
          // The token is asked for before anything else is looked at.
          assert.deepStrictEqual(told(yield* of("nobody", { ...stranger, body: "{" })), told(refused))
        }
        assert.deepStrictEqual(yield* everything, before)

        if (isOfBrand) {
          const absent = yield* of("nobody", acme)
          assert.deepStrictEqual([absent.status, absent.body], [404, { error: "brand_not_found" }])
          // Another tenant's brand is as one that does not exist, and what was sent is not looked at.
          for (
            const asked of [
              of("rival", acme),
              of("cobble", { token: "s3nt1nel-other" }),
              of("rival", { ...acme, body: "{" }),
              ask(method, `${pathOf("rival")}?page=x&include=x`, {
                ...acme,
                body: "{",
                headers: { "content-type": "x" }
              }),
              of("", acme).pipe(Effect.as(absent))
            ]
          ) assert.deepStrictEqual(told(yield* asked), told(absent))
          assert.deepStrictEqual(yield* everything, before)
        }

        const answered = yield* of("cobble", acme)
        assert.strictEqual(answered.status, status, answered.text)
        assert.includeMembers(documented(call), [status, 401, 403, 500, 503, ...isOfBrand ? [404] : []])
        if (body !== undefined) {
          const malformed = yield* of("cobble", { ...acme, body: "{" })
          assert.strictEqual(malformed.status, 400)
          assert.includeMembers(documented(call), [400, 413, 415])
        }
      }).pipe(Effect.provide(app()))
  )

  it.scoped("knows a run and a source of one brand under no other brand of the tenant", () =>
    Effect.gen(function*() {
      const { clientOf, runId, sourceId } = yield* compiled
      const api = yield* clientOf("acme")
      const { brand_id: brand } = yield* api.brands.add({ payload: { name: "Another" } })
      const run = { path: { brand, run: runId } }
      assert.strictEqual((yield* Effect.flip(api.compiles.status(run)))._tag, "compile_run_not_found")
      const source = { path: { brand, source: sourceId } }
      const change = api.sources.change({ ...source, payload: { enabled: false } })
      assert.strictEqual((yield* Effect.flip(change))._tag, "source_not_found")
      assert.strictEqual((yield* Effect.flip(api.sources.remove(source)))._tag, "source_not_found")
      assert.isTrue((yield* api.sources.list({ path: { brand: "cobble" } })).sources[0]?.enabled)
    }).pipe(Effect.provide(app())))

  it.scoped("asked for a compile many times at once, answers one and the same", () =>
    Effect.gen(function*() {
      const { clientOf, runId } = yield* compiled
      const api = yield* clientOf("acme")
      const ask = api.compiles.request({ path: { brand: "cobble" }, payload: { force_refresh: true } })
      const answered = yield* Effect.all(Array.from({ length: 8 }, () => ask), { concurrency: "unbounded" })
      const runs = new Set(answered.map(({ compile_run_id }) => compile_run_id))
      assert.strictEqual(runs.size, 1)
      assert.isFalse(runs.has(runId))
      const sql = yield* SqlClient.SqlClient
      assert.strictEqual((yield* sql`SELECT id FROM brandbrain_compile_run`).length, 2)
    }).pipe(Effect.provide(app())))

  it.scoped("lists of two tenants each its own brands only", () =>
    Effect.gen(function*() {
      const { clientOf } = yield* compiled
      for (const [tenant, brand] of [["acme", "cobble"], ["other", "rival"]] as const) {
        const { brands } = yield* (yield* clientOf(tenant)).brands.list({})
        assert.deepStrictEqual(brands.map(({ brand_id }) => brand_id), [brand])
      }
    }).pipe(Effect.provide(app())))
})

/** All that an answer says but when. */
const told = ({ headers, status, text }: Answer) => ({ status, headers: { ...headers, date: "" }, text })

describe("a brand's way through the API", () => {
  it.scoped("leads from its name to a snapshot with the evidence behind it", () =>
    Effect.gen(function*() {
      const { clientOf } = yield* serving()
      const api = yield* clientOf("acme")
      const added = yield* api.brands.add({ payload: { name: "Cobble" } })
      const path = { brand: added.brand_id }
      assert.deepStrictEqual(yield* api.brand.get({ path }), added)

      const tooSoon = yield* Effect.flip(api.compiles.request({ path, payload: {} }))
      assert(tooSoon._tag === "cannot_compile")
      assert.deepStrictEqual(tooSoon.errors.map(({ code, fields }) => [code, fields]), [
        ["MISSING_TIER0_FIELDS", Object.keys(answers)],
        ["NO_ENABLED_SOURCES", undefined]
      ])
      assert.deepStrictEqual((yield* api.onboarding.get({ path })).answers, {})
      assert.deepStrictEqual(yield* api.onboarding.put({ path, payload: { answers } }), { answers })

      const account = { source: "instagram.posts", identifier: "@Cobble" } as const
      const [source, created] = yield* api.sources.connect({ path, payload: account, withResponse: true })
      const again = { ...account, identifier: "https://instagram.com/cobble" }
      const [same, known] = yield* api.sources.connect({ path, payload: again, withResponse: true })
      assert.deepStrictEqual([created.status, known.status], [201, 200])
      assert.deepStrictEqual([source.identifier, source.enabled], ["cobble", true])
      assert.strictEqual(same.source_id, source.source_id)
      const off = { path: { ...path, source: source.source_id }, payload: { enabled: false } }
      assert.isFalse((yield* api.sources.change(off)).enabled)
      assert.isFalse((yield* api.sources.list({ path })).sources[0]?.enabled)
      assert.strictEqual((yield* Effect.flip(api.compiles.request({ path, payload: {} })))._tag, "cannot_compile")
      assert.isTrue((yield* api.sources.change({ ...off, payload: { enabled: true } })).enabled)

      assert.strictEqual((yield* Effect.flip(api.snapshots.latest({ path, urlParams: {} })))._tag, "no_snapshot")
      const requested = yield* api.compiles.request({ path, payload: {} })
      assert(requested.status === "PENDING")
      const run = requested.compile_run_id
      assert.strictEqual(requested.poll_url, `/api/brands/${path.brand}/brandbrain/compile/${run}/status`)
      assert.deepStrictEqual(yield* api.compiles.request({ path, payload: { force_refresh: true } }), requested)
      assert.deepStrictEqual(yield* api.compiles.status({ path: { ...path, run } }), {
        compile_run_id: run,
        status: "PENDING"
      })
      yield* work
      const status = yield* api.compiles.status({ path: { ...path, run } })
      assert(status.status === "SUCCEEDED")
      assert.strictEqual(status.evidence_status.refreshed.length, 1)
      const unchanged = yield* api.compiles.request({ path, payload: {} })
      assert(unchanged.status === "UNCHANGED")
      assert.deepStrictEqual([unchanged.compile_run_id, unchanged.snapshot], [run, status.snapshot])

      const plain = yield* api.snapshots.latest({ path, urlParams: {} })
      assert.deepStrictEqual(plain, { ...status.snapshot, brand_id: path.brand, compile_run_id: run })
      const latest = yield* api.snapshots.latest({ path, urlParams: { include: ["evidence", "bundle"] } })
      assert.deepStrictEqual(
        latest.bundle?.items.map(({ text_primary }) => text_primary).toSorted(),
        captions.toSorted()
      )
      assert.include(latest.bundle?.items[0]?.canonical_url ?? "", "https://www.instagram.com/p/")
      assert.strictEqual(latest.bundle?.bundle_id, latest.snapshot_json.meta.evidence_summary.bundle_id)
      const ids = JSON.stringify(latest.snapshot_json).match(/(?<="type":"evidence","id":")\w+/g) ?? []
      assert.isNotEmpty(ids)
      assert.deepStrictEqual(latest.evidence?.map(({ id }) => id), [...new Set(ids)])

      yield* api.sources.remove({ path: { ...path, source: source.source_id } })
      assert.deepStrictEqual((yield* api.sources.list({ path })).sources, [])
      const gone = yield* Effect.flip(api.sources.remove({ path: { ...path, source: source.source_id } }))
      assert.strictEqual(gone._tag, "source_not_found")
    }).pipe(Effect.provide(app())))

  it.scoped("pages through its snapshots, newest first, with what each changed", () =>
    Effect.gen(function*() {
      const { acme, ask, clientOf } = yield* compiled
      const api = yield* clientOf("acme")
      const path = { brand: "cobble" }
      yield* api.overrides.patch({ path, payload: { overrides_json: { "voice.taboos": ["glue"] } } })
      yield* api.compiles.request({ path, payload: {} })
      yield* work
      const whole = yield* api.snapshots.history({ path, urlParams: {} })
      assert.deepInclude(whole, { page: 1, page_size: 10, total: 2 })
      assert.deepStrictEqual(whole.snapshots.map(({ diff_summary }) => diff_summary.previous_version), [1, null])
      assert.deepStrictEqual(whole.snapshots[0]?.diff_summary.changes.map((change) => change.path), ["voice.taboos"])
      const second = yield* api.snapshots.history({ path, urlParams: { page: 2, page_size: 1 } })
      assert.deepStrictEqual(second, { ...whole, snapshots: whole.snapshots.slice(1), page: 2, page_size: 1 })

      const clamped: ReadonlyArray<readonly [string, object]> = [
        ["page=0&page_size=0", { page: 1, page_size: 1 }],
        ["page=-7&page_size=51", { page: 1, page_size: 50 }],
        ["page=99999999999999999999999999&page_size=2", { page: 1_000_000_000, page_size: 2, snapshots: [] }]
      ]
      for (const [query, expected] of clamped) {
        assert.deepInclude((yield* ask("GET", `/api/brands/cobble/brandbrain/history?${query}`, acme)).body, expected)
      }
      for (const given of ["x", "1.5", "", "1e3", "0x1", " 1", "1&page=2"]) {
        const refused = yield* ask("GET", `/api/brands/cobble/brandbrain/history?page=${encodeURI(given)}`, acme)
        assert.strictEqual(refused.status, 400, given)
        assert.include(refused.text, "\"path\":\"page\"")
      }
    }).pipe(Effect.provide(app())))

  it.scoped("keeps what it decides for itself: a change merges, null removes, and what is left out stays", () =>
    Effect.gen(function*() {
      const { acme, ask, clientOf } = yield* compiled
      const api = yield* clientOf("acme")
      const path = { brand: "cobble" }
      const none = yield* api.overrides.get({ path })
      assert.deepStrictEqual(none, { brand_id: "cobble", overrides_json: {}, pinned_paths: [], updated_at: null })
      const patch = (payload: Parameters<typeof api.overrides.patch>[0]["payload"]) =>
        api.overrides.patch({ path, payload })
      yield* patch({ overrides_json: { "voice.taboos": ["glue"], "voice.tone_tags": { any: [1, "value"] } } })
      yield* patch({ pinned_paths: ["voice.taboos"] })
      const left = yield* patch({ overrides_json: { "voice.taboos": null }, pinned_paths: null })
      assert.deepStrictEqual(left.overrides_json, { "voice.tone_tags": { any: [1, "value"] } })
      assert.deepStrictEqual(left.pinned_paths, ["voice.taboos"])
      assert.isNotNull(left.updated_at)
      assert.deepStrictEqual(yield* patch({ overrides_json: null }), left)
      assert.deepStrictEqual(yield* api.overrides.get({ path }), left)
      const unknown = yield* ask("PATCH", "/api/brands/cobble/brandbrain/overrides", {
        ...acme,
        body: { overrides_json: { "voice.volume": 11 } }
      })
      assert.strictEqual(unknown.status, 400)
      assert.include(unknown.text, "overrides_json.voice.volume")
      assert.include(unknown.text, "voice.tone_tags")
    }).pipe(Effect.provide(app())))

  it.scoped("says how far a compile has come, and why one failed", () =>
    Effect.gen(function*() {
      const { acme, ask, runId } = yield* compiled
      // Three attempts, and ten minutes go by in each of these.
      yield* work
      yield* work
      const failed = yield* ask("GET", `/api/brands/cobble/brandbrain/compile/${runId}/status`, acme)
      assert.deepInclude(failed.body, { compile_run_id: runId, status: "FAILED" })
      const { error, evidence_status } = failed.body as {
        readonly error: string
        readonly evidence_status: { readonly refreshed: ReadonlyArray<unknown> }
      }
      assert.include(error, "no words came")
      assert.strictEqual(evidence_status.refreshed.length, 1)

      const sql = yield* SqlClient.SqlClient
      const again = yield* ask("POST", "/api/brands/cobble/brandbrain/compile", acme)
      const { compile_run_id: next, poll_url } = again.body as Readonly<Record<"compile_run_id" | "poll_url", string>>
      yield* sql`UPDATE brandbrain_compile_run SET status = 'RUNNING', started_at = 0 WHERE id = ${next}`
      assert.deepStrictEqual((yield* ask("GET", poll_url, acme)).body, {
        compile_run_id: next,
        status: "RUNNING",
        progress: { stage: "gathering", sources_completed: 0, sources_total: 1 }
      })
    }).pipe(Effect.provide(app({ synthesizer: speechless }))))
})

const speechless = Layer.succeed(Synthesizer.Synthesizer, {
  identity: "speechless",
  draft: ({ model }) => new Synthesizer.SynthesisFailed({ model, reason: "no words came" })
})

describe("the OpenAPI document", () => {
  it.scoped("is served to anyone, valid, and names every call once", () =>
    Effect.gen(function*() {
      const { ask } = yield* serving()
      const { body, status } = yield* ask("GET", "/api/openapi.json")
      assert.strictEqual(status, 200)
      const { errors, valid } = yield* Effect.promise(() =>
        new Validator().validate(body as Readonly<Record<string, unknown>>)
      )
      assert.isTrue(valid, JSON.stringify(errors))
      const { components, paths } = body as typeof document
      const ids = Object.values(paths).flatMap((path) => Object.values(path).map(({ operationId }) => operationId))
      assert.strictEqual(ids.length, Object.keys(calls).length)
      assert.strictEqual(new Set(ids).size, ids.length)
      assert.deepInclude(components.securitySchemes["token"], { type: "http", scheme: "bearer" })
      assert.notInclude(JSON.stringify(body), "HttpApiDecodeError")
      const docs = yield* ask("GET", "/api/docs")
      assert.strictEqual(docs.status, 200)
      assert.include(docs.headers, { "content-security-policy": "frame-ancestors 'none'", "x-frame-options": "DENY" })
      // The page must not load anything from elsewhere.
      assert.notMatch(docs.text, /<(?:script|link)[^>]+(?:src|href)=/)
    }).pipe(Effect.provide(app())))
})
