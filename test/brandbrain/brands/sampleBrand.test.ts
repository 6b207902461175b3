import { SqlClient } from "@effect/sql"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Inspectable, Layer, Logger } from "effect"
import * as RecordedActorPlatform from "../../../src/brandbrain/actors/RecordedActorPlatform.ts"
import { Brands } from "../../../src/brandbrain/brands/Brands.ts"
import { createSampleBrand } from "../../../src/brandbrain/brands/sampleBrand.ts"
import { Sources } from "../../../src/brandbrain/brands/Sources.ts"
import { CompileRuns } from "../../../src/brandbrain/compile/CompileRuns.ts"
import type { Settings } from "../../../src/brandbrain/config/BrandBrainConfig.ts"
import type { Pillar } from "../../../src/brandbrain/draft/contentPillars.ts"
import { addBrand, addCompile, compile, ownApp } from "../memoryApp.ts"

const app = (changed: Partial<Settings> = {}) => Layer.mergeAll(ownApp(changed), RecordedActorPlatform.layer())

const compiled = Effect.gen(function*() {
  return yield* compile(yield* addCompile(yield* createSampleBrand(), "c"))
})

describe("the sample brand", () => {
  it.effect("compiles from one source of every capability; the unvalidated one is skipped", () =>
    Effect.gen(function*() {
      const { snapshot } = yield* compiled
      const { evidence_status } = yield* (yield* CompileRuns).get("quillhaven", "c")
      assert.deepStrictEqual(
        evidence_status.refreshed.map(({ source }) => source).sort(),
        [
          "instagram.posts",
          "instagram.reels",
          "linkedin.company_posts",
          "tiktok.profile_videos",
          "web.crawl_pages",
          "youtube.channel_videos"
        ]
      )
      assert.deepStrictEqual(evidence_status.skipped.map(({ source }) => source), ["linkedin.profile_posts"])
      assert.deepStrictEqual([...evidence_status.failed, ...evidence_status.reused], [])
      assert.isAbove(snapshot.meta.evidence_summary.item_count, 25)
    }).pipe(Effect.provide(app())))

  it.effect("reads like a brand that a strategist could work with", () =>
    Effect.gen(function*() {
      const { content, positioning, voice } = (yield* compiled).snapshot
      const pillars = content.content_pillars.value as ReadonlyArray<Pillar>
      assert.deepStrictEqual(pillars.map(({ name, item_count }) => [name, item_count]), [
        ["Single origin", 8],
        ["Grind size", 7],
        ["Cupping", 4],
        ["Price", 4],
        ["Roast day", 3]
      ])
      assert.includeMembers([...pillars.find(({ name }) => name === "Grind size")?.keywords ?? []], [
        "pour over",
        "home brewing"
      ])
      assert.includeMembers(voice.tone_tags.value as Array<string>, ["conversational", "educational", "candid"])
      assert.deepInclude(voice.cta_policy.value as object, { usual_phrases: ["tell us", "save this"] })
      assert.deepStrictEqual(positioning.differentiators.value, [
        "We only roast what was ordered by Monday midnight, and every bag leaves the boathouse the same day",
        "We buy it directly from Rosa and print what we paid on the label: £6.40 a kilo, open-book, no middlemen.",
        "Unlike the big subscriptions, we never sell a coffee that is older than seven days."
      ])
      assert.strictEqual(positioning.what_we_do.confidence, 0.9)
      assert.isBelow(content.content_pillars.confidence, 0.9)
    }).pipe(Effect.provide(app())))

  it.effect("created twice is created once, and keeps what someone has changed", () =>
    Effect.gen(function*() {
      const { hasAny } = yield* Brands
      assert.isFalse(yield* hasAny)
      yield* createSampleBrand()
      assert.isTrue(yield* hasAny)
      const sources = yield* Sources
      yield* sources.connect("quillhaven", {
        source: "instagram.posts",
        identifier: "quillhavencoffee",
        enabled: false
      })
      yield* createSampleBrand()
      assert.strictEqual((yield* sources.listEnabled("quillhaven")).length, 6)
      const sql = yield* SqlClient.SqlClient
      assert.strictEqual((yield* sql`SELECT * FROM brandbrain_source_connection`).length, 7)
    }).pipe(Effect.provide(app())))

  it.effect("keeps its site to itself: recorded pages are no evidence of another brand's site", () =>
    Effect.gen(function*() {
      yield* addBrand("b")
      yield* (yield* Sources).connect("b", { source: "web.crawl_pages", identifier: "https://cobble.com" })
      yield* compile(yield* addCompile("b", "c"))
      const { evidence_status } = yield* (yield* CompileRuns).get("b", "c")
      assert.deepInclude(evidence_status.refreshed[0], { raw_items_count: 3, normalized_created: 0 })
      const sql = yield* SqlClient.SqlClient
      assert.deepStrictEqual(yield* sql`SELECT author_ref FROM brandbrain_evidence_item WHERE brand_id = 'b'`, [])
    }).pipe(Effect.provide(app())))

  it.effect("says, in its log, that its evidence is recorded, and nothing of what the evidence or the settings hold", () => {
    const lines: Array<string> = []
    const listening = Logger.replace(
      Logger.defaultLogger,
      Logger.map(Logger.structuredLogger, (line) => lines.push(Inspectable.stringifyCircular(line)))
    )
    return compiled.pipe(
      Effect.provide(app().pipe(Layer.provideMerge(listening))),
      Effect.tap(() => {
        const log = lines.join("\n")
        assert.include(log, "Evidence is recorded")
        assert.include(log, "error_item")
        for (const secret of ["Rosa", "grind", "Merrow", "quillhavencoffee", "token"]) {
          assert.notInclude(log, secret)
        }
      })
    )
  })

  it.effect("compiles the capability that is off by default once it is turned on", () =>
    Effect.gen(function*() {
      yield* compiled
      const { evidence_status } = yield* (yield* CompileRuns).get("quillhaven", "c")
      assert.strictEqual(evidence_status.refreshed.length, 7)
    }).pipe(Effect.provide(app({ linkedinProfilePosts: true }))))
})
