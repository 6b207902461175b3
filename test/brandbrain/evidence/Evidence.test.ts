import { SqlClient } from "@effect/sql"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Either, Runtime, Struct } from "effect"
import * as fc from "fast-check"
import { datasets } from "../../../src/brandbrain/actors/recorded/datasets.ts"
import { Evidence } from "../../../src/brandbrain/evidence/Evidence.ts"
import type { EvidenceItem, NormalisedItem } from "../../../src/brandbrain/evidence/EvidenceItem.ts"
import { selectBundle } from "../../../src/brandbrain/evidence/selectBundle.ts"
import { normaliseItem } from "../../../src/brandbrain/normalise/normaliseItem.ts"
import { addBrand, ownApp } from "../memoryApp.ts"
import { evidenceItems } from "./arbitraryEvidence.ts"

const normalised = (item: EvidenceItem): NormalisedItem => Struct.omit(item, "id")

const allRows = Effect.gen(function*() {
  const sql = yield* SqlClient.SqlClient
  return yield* sql`SELECT * FROM brandbrain_evidence_item ORDER BY id`
})

const recorded = (run: string) =>
  (datasets["apify~instagram-scraper"] ?? []).flatMap((raw, item_index) => {
    const item = normaliseItem("instagram.posts", raw, { apify_run_id: run, item_index })
    return Either.isRight(item) ? [item.right] : []
  })

describe("evidence", () => {
  it.effect("saved twice is saved once, and told apart as created and updated", () =>
    Effect.gen(function*() {
      const evidence = yield* Evidence
      yield* addBrand("b")
      const items = recorded("run")
      assert.deepStrictEqual(yield* evidence.upsert({ brandId: "b", id: "s" }, items), {
        created: items.length - 1,
        updated: 0
      })
      const once = yield* allRows
      assert.deepStrictEqual(yield* evidence.upsert({ brandId: "b", id: "s" }, items), {
        created: 0,
        updated: items.length - 1
      })
      assert.deepStrictEqual(yield* allRows, once)
    }).pipe(Effect.provide(ownApp())))

  it.effect("saved twice is saved once, whatever it is and however often it repeats itself", () =>
    Effect.gen(function*() {
      const sql = yield* SqlClient.SqlClient
      const evidence = yield* Evidence
      yield* addBrand("b")
      const run = Runtime.runPromise(yield* Effect.runtime<SqlClient.SqlClient>())
      // Two lists number their items alike, so that some of the second are those of the first with other contents.
      const idempotent = fc.asyncProperty(evidenceItems(12), evidenceItems(12), (some, others) =>
        run(
          Effect.gen(function*() {
            yield* sql`DELETE FROM brandbrain_evidence_item`
            const items = [...some, ...others].map((item, item_index) => ({
              ...normalised(item),
              raw_refs: [{ apify_run_id: "run", item_index }]
            }))
            const { created, updated } = yield* evidence.upsert({ brandId: "b", id: "s" }, items)
            const once = yield* allRows
            assert.deepStrictEqual([created, updated], [once.length, 0])
            assert.deepStrictEqual(yield* evidence.upsert({ brandId: "b", id: "s" }, items), {
              created: 0,
              updated: once.length
            })
            assert.deepStrictEqual(yield* allRows, once)
          })
        ))
      yield* Effect.promise(() => fc.assert(idempotent, { numRuns: 60 }))
    }).pipe(Effect.provide(ownApp())))

  it.effect("found again with less than before keeps what it had", () =>
    Effect.gen(function*() {
      const evidence = yield* Evidence
      yield* addBrand("b")
      const b = { brandId: "b", id: "s" }
      const item = (raw: object, run: string) =>
        Either.getOrThrow(normaliseItem("instagram.reels", { id: "1", ...raw }, { apify_run_id: run, item_index: 0 }))
      yield* evidence.upsert(b, [item({
        timestamp: "2026-01-02T03:04:05.000Z",
        url: "https://www.instagram.com/reel/1/",
        ownerUsername: "cobble",
        transcript: "Listen.",
        hashtags: ["boots"],
        displayUrl: "https://cobble.example/1.jpg",
        likesCount: 5,
        commentsCount: 2
      }, "first")])
      yield* evidence.upsert(b, [item({ caption: "New words", likesCount: 9 }, "second")])
      const [kept] = yield* evidence.findCandidates("b", ["s"])
      assert.deepInclude(kept, {
        published_at: Date.UTC(2026, 0, 2, 3, 4, 5),
        canonical_url: "https://www.instagram.com/reel/1/",
        author_ref: "cobble",
        text_primary: "New words",
        text_secondary: "Listen.",
        hashtags: ["boots"],
        media: [{ kind: "image", url: "https://cobble.example/1.jpg" }],
        metrics: { likes: 9, comments: 2, views: null },
        flags: { has_transcript: true, is_low_value: false, is_collection_page: false }
      })
      const [row] = yield* allRows
      assert.strictEqual(row?.["engagement"], 15)
      // Nor is it of low value because the newest scrape brought no words at all.
      yield* evidence.upsert(b, [item({}, "third")])
      assert.isFalse((yield* evidence.findCandidates("b", ["s"]))[0]?.flags.is_low_value)
    }).pipe(Effect.provide(ownApp())))

  it.effect("found again by another run keeps the raw refs of both, each once", () =>
    Effect.gen(function*() {
      const evidence = yield* Evidence
      yield* addBrand("b")
      yield* evidence.upsert({ brandId: "b", id: "s" }, recorded("first"))
      yield* evidence.upsert({ brandId: "b", id: "s" }, recorded("second"))
      yield* evidence.upsert({ brandId: "b", id: "s" }, recorded("second"))
      const [best] = selectBundle(yield* evidence.findCandidates("b", ["s"]), { capOf: () => 8, maxItems: 40 })
      assert.deepStrictEqual(best?.raw_refs.map((ref) => ref.apify_run_id), ["first", "second"])
    }).pipe(Effect.provide(ownApp())))

  it.effect("of one post is one row for each brand that gathers it", () =>
    Effect.gen(function*() {
      const evidence = yield* Evidence
      yield* addBrand("b")
      yield* addBrand("other")
      yield* evidence.upsert({ brandId: "b", id: "s" }, recorded("run"))
      assert.strictEqual((yield* evidence.upsert({ brandId: "other", id: "s" }, recorded("run"))).updated, 0)
      const ids = (yield* evidence.findCandidates("b", ["s"])).map((item) => item.id)
      assert.deepStrictEqual(yield* evidence.findByIds("other", ids), [])
      assert.deepStrictEqual((yield* evidence.findByIds("b", ids)).map((item) => item.id), ids)
    }).pipe(Effect.provide(ownApp())))

  it.effect("read from the database bundles as if all of it were read", () =>
    Effect.gen(function*() {
      const sql = yield* SqlClient.SqlClient
      const evidence = yield* Evidence
      yield* addBrand("b")
      const run = Runtime.runPromise(yield* Effect.runtime())
      const limits = { capOf: () => 8, maxItems: 25 }
      const agrees = fc.asyncProperty(evidenceItems(80), (items) =>
        run(
          Effect.gen(function*() {
            yield* sql`DELETE FROM brandbrain_evidence_item`
            yield* evidence.upsert({ brandId: "b", id: "s" }, items.map(normalised))
            const ids = (yield* sql<{ id: string }>`SELECT id FROM brandbrain_evidence_item`).map((row) => row.id)
            const all = yield* evidence.findByIds("b", ids)
            assert.strictEqual(all.length, items.length)
            assert.deepStrictEqual(
              selectBundle(yield* evidence.findCandidates("b", ["s"]), limits),
              selectBundle(all, limits)
            )
          })
        ))
      yield* Effect.promise(() => fc.assert(agrees, { numRuns: 40 }))
    }).pipe(Effect.provide(ownApp())))
})
