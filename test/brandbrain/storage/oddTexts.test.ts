import { SqlClient } from "@effect/sql"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Layer } from "effect"
import { Brands } from "../../../src/brandbrain/brands/Brands.ts"
import { Sources } from "../../../src/brandbrain/brands/Sources.ts"
import { CompileRuns } from "../../../src/brandbrain/compile/CompileRuns.ts"
import { Evidence } from "../../../src/brandbrain/evidence/Evidence.ts"
import { ApifyRuns } from "../../../src/brandbrain/gather/ApifyRuns.ts"
import { someEvidence } from "../evidence/someEvidence.ts"
import { addBrand, addCompile, answers, compile, ownApp } from "../memoryApp.ts"
import { scriptedPlatform } from "../scriptedPlatform.ts"
import type { Script } from "../scriptedPlatform.ts"

/** A text that PostgreSQL cannot hold, and what is stored in its place. */
const odd = "a\u0000b\ud800c"
const stored = "a\ufffdb\ufffdc"

/** An address that is longer than any index takes, and hard to compress. */
const endless = `https://cobble.example/${
  Array.from({ length: 900 }, (_, index) => (index * 7_919 % 9_973 + 10_000).toString(36)).join("")
}`

const setUp = (script: Script) => Effect.provide(Layer.merge(ownApp(), scriptedPlatform(() => script).layer))

const connected = Effect.fn("connected")(function*(source: string, identifier: string) {
  yield* addBrand("b")
  return yield* (yield* Sources).connect("b", { source, identifier })
})

describe("a text that a database cannot store", () => {
  const post = {
    id: odd,
    caption: odd,
    ownerUsername: odd,
    transcript: odd,
    hashtags: [odd, `${odd}\u0000`],
    url: `https://www.instagram.com/${odd}`,
    [odd]: { [odd]: [odd] }
  }

  it.effect("costs no compile: a mark takes its place in the evidence, and the raw item stays as it was", () =>
    Effect.gen(function*() {
      const source = yield* connected("instagram.reels", "cobble")
      for (const id of ["c1", "c2"]) {
        const { snapshot } = yield* compile(yield* addCompile("b", id))
        assert.strictEqual(snapshot.meta.evidence_summary.item_count, 1)
      }
      const [item] = yield* (yield* Evidence).findCandidates("b", [source.id])
      assert.deepInclude(item, {
        external_id: stored,
        text_primary: stored,
        text_secondary: stored,
        author_ref: stored,
        hashtags: [stored, `${stored}\ufffd`]
      })
      const { reused } = (yield* (yield* CompileRuns).get("b", "c2")).evidence_status
      const raw = yield* (yield* ApifyRuns).rawItems(reused[0]?.apify_run_id ?? "")
      assert.deepStrictEqual(raw, [JSON.stringify(post)])
    }).pipe(setUp({ items: [post] })))

  it.effect("is marked in what an actor says of its failure", () =>
    Effect.gen(function*() {
      yield* connected("instagram.posts", "cobble")
      yield* compile(yield* addCompile("b", "c"))
      const sql = yield* SqlClient.SqlClient
      assert.deepStrictEqual(yield* sql`SELECT error_summary FROM brandbrain_apify_run`, [
        { error_summary: `The run ended as FAILED: ${stored}` }
      ])
    }).pipe(setUp({ statuses: ["FAILED"], statusMessage: odd })))

  it.effect("is found again as a brand's id, and as an answer and an override it is kept whole", () =>
    Effect.gen(function*() {
      const brands = yield* Brands
      yield* brands.add({ id: odd, tenantId: odd, name: odd })
      yield* brands.saveAnswers(odd, { ...answers, "tier0.edge": odd })
      yield* brands.patchOverrides(odd, { overrides: { "voice.taboos": [odd] } })
      assert.deepStrictEqual(yield* brands.profile(odd), {
        id: stored,
        tenantId: stored,
        name: stored,
        answers: { ...answers, "tier0.edge": odd },
        overrides: { overrides: { "voice.taboos": [odd] }, pinned_paths: [] }
      })
      assert.strictEqual((yield* brands.find(odd, odd)).name, stored)
      assert.strictEqual((yield* Effect.flip(brands.find(odd, "\u0000")))._tag, "BrandNotFound")
    }).pipe(setUp({})))

  it.effect("is marked in evidence, however that was read", () =>
    Effect.gen(function*() {
      yield* addBrand("b")
      const evidence = yield* Evidence
      const item = someEvidence({ id: "", external_id: odd, title: odd, media: [{ kind: "image", url: odd }] })
      assert.deepInclude(yield* evidence.upsert({ brandId: "b", id: "s" }, [item]), { created: 1 })
      assert.deepInclude(yield* evidence.upsert({ brandId: "b", id: "s" }, [item]), { updated: 1 })
      const [found] = yield* evidence.findCandidates("b", ["s"])
      assert.deepInclude(found, { external_id: stored, title: stored, media: [{ kind: "image", url: stored }] })
    }).pipe(setUp({})))
})

describe("a key that is longer than an index takes", () => {
  it.effect("costs no compile: its item is not evidence, or has no address", () =>
    Effect.gen(function*() {
      yield* connected("instagram.posts", "cobble")
      yield* (yield* Sources).connect("b", { source: "web.crawl_pages", identifier: "cobble.example" })
      const { snapshot } = yield* compile(yield* addCompile("b", "c"))
      assert.strictEqual(snapshot.meta.evidence_summary.item_count, 1)
      const sql = yield* SqlClient.SqlClient
      assert.deepStrictEqual(yield* sql`SELECT external_id, canonical_url FROM brandbrain_evidence_item`, [
        { external_id: "p", canonical_url: null }
      ])
    }).pipe(setUp({ items: [{ id: endless }, { id: "p", url: endless }] })))

  it.effect("is refused as the address of a source, also if only its escapes make it so long", () =>
    Effect.gen(function*() {
      yield* addBrand("b")
      const { connect } = yield* Sources
      for (const identifier of [endless, `https://cobble.example/${"靴".repeat(1_000)}`]) {
        const refused = yield* Effect.flip(connect("b", { source: "web.crawl_pages", identifier }))
        assert.strictEqual(refused._tag, "InvalidIdentifier")
      }
    }).pipe(setUp({})))
})
