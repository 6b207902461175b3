import { SqlClient } from "@effect/sql"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Fiber } from "effect"
import { Sources } from "../../../src/brandbrain/brands/Sources.ts"
import { capabilities, registry } from "../../../src/brandbrain/config/capability.ts"
import type { Capability } from "../../../src/brandbrain/config/capability.ts"
import { ApifyRuns } from "../../../src/brandbrain/gather/ApifyRuns.ts"
import { ingestSource } from "../../../src/brandbrain/gather/ingestSource.ts"
import { addBrand, addCompile, ownApp, passing, settings } from "../memoryApp.ts"
import { letPass } from "../letPass.ts"
import { scriptedPlatform } from "../scriptedPlatform.ts"
import type { Script } from "../scriptedPlatform.ts"

const identifiers: Readonly<Record<Capability, string>> = {
  "instagram.posts": "cobble",
  "instagram.reels": "cobble",
  "linkedin.company_posts": "cobble",
  "linkedin.profile_posts": "ada",
  "tiktok.profile_videos": "cobble",
  "youtube.channel_videos": "@cobble",
  "web.crawl_pages": "https://cobble.example"
}

const connected = Effect.fn("connected")(function*(capability: Capability) {
  yield* addBrand("b")
  yield* addCompile("b", "c")
  return yield* (yield* Sources).connect("b", {
    source: capability,
    identifier: identifiers[capability],
    ...capability === "web.crawl_pages"
      ? {
        extraStartUrls: ["https://cobble.example/care", "https://cobble.example/shop", "https://cobble.example/more"]
      }
      : {}
  })
})

const rows = Effect.gen(function*() {
  const sql = yield* SqlClient.SqlClient
  return {
    runs: yield* sql<Readonly<Record<string, unknown>>>`
      SELECT * FROM brandbrain_apify_run`,
    raw: yield* sql`SELECT * FROM brandbrain_raw_apify_item`,
    evidence: yield* sql`SELECT * FROM brandbrain_evidence_item`
  }
})

const posts = (count: number) =>
  Array.from({ length: count }, (_, index) => ({ id: `p${index}`, caption: `Boots ${index}` }))

const ingesting = (script: Script, capability: Capability = "instagram.posts") => {
  const platform = scriptedPlatform(() => script)
  const ingest = Effect.gen(function*() {
    const source = yield* connected(capability)
    return yield* passing(ingestSource({ source, compileRunId: "c", reason: "because" }), "10 minutes")
  })
  return { platform, ingest }
}

describe("ingesting a source", () => {
  it.effect("succeeds, with run, raw and evidence rows", () => {
    const { ingest, platform } = ingesting({
      statuses: ["READY", "RUNNING", "SUCCEEDED"],
      items: [...posts(2), { error: "gone" }]
    })
    return Effect.gen(function*() {
      const ingested = yield* ingest
      assert.deepInclude(ingested, { _tag: "Succeeded", reason: "because", rawItems: 3, created: 2, updated: 0 })
      const { evidence, raw, runs } = yield* rows
      assert.deepInclude(runs[0], {
        status: "succeeded",
        raw_items_count: 3,
        normalized_created: 2,
        started_at: 0,
        finished_at: 15_000,
        platform_run_id: "apify~instagram-scraper#1"
      })
      assert.strictEqual(raw.length, 3)
      assert.strictEqual(evidence.length, 2)
      assert.strictEqual(platform.looks.length, 3)
    }).pipe(Effect.provide([ownApp(), platform.layer]))
  })

  it.effect("is refused when its capability is disabled, and nothing is started", () => {
    const { ingest, platform } = ingesting({}, "linkedin.profile_posts")
    return Effect.gen(function*() {
      assert.strictEqual((yield* ingest)._tag, "Disabled")
      assert.strictEqual(platform.starts.length, 0)
      assert.strictEqual((yield* rows).runs.length, 0)
    }).pipe(Effect.provide([ownApp(), platform.layer]))
  })

  it.effect("saves its run as running before it waits", () => {
    const platform = scriptedPlatform(() => ({ statuses: ["RUNNING"] }))
    return Effect.gen(function*() {
      const source = yield* connected("instagram.posts")
      const fiber = yield* Effect.fork(ingestSource({ source, compileRunId: "c", reason: "because" }))
      yield* letPass("1 second")
      assert.deepInclude((yield* rows).runs[0], { status: "running", finished_at: null })
      yield* Fiber.interrupt(fiber)
    }).pipe(Effect.provide([ownApp(), platform.layer]))
  })

  it.effect("is recorded as timed out when its run does not end within 300 seconds", () => {
    const { ingest, platform } = ingesting({ statuses: ["RUNNING"] })
    return Effect.gen(function*() {
      assert.deepInclude(yield* ingest, {
        _tag: "Failed",
        status: "timed_out",
        error: "The run did not end within 300 seconds"
      })
      assert.deepInclude((yield* rows).runs[0], {
        status: "timed_out",
        error_summary: "The run did not end within 300 seconds",
        finished_at: 300_000
      })
      assert.isAtMost(platform.looks.length, 60)
      assert.strictEqual(platform.fetches.length, 0)
    }).pipe(Effect.provide([ownApp(), platform.layer]))
  })

  it.effect.each(["FAILED", "TIMED-OUT", "ABORTED"])("is recorded as failed when its run ends as %s", (status) => {
    const { ingest, platform } = ingesting({ statuses: [status] })
    return Effect.gen(function*() {
      assert.deepInclude(yield* ingest, { _tag: "Failed", status: "failed", error: `The run ended as ${status}` })
      assert.deepInclude((yield* rows).runs[0], { status: "failed", error_summary: `The run ended as ${status}` })
    }).pipe(Effect.provide([ownApp(), platform.layer]))
  })

  it.effect.each(["startRun", "getRun", "getItems"] as const)(
    "is recorded as failed when the platform fails at %s",
    (failing) => {
      const { ingest, platform } = ingesting({ failing })
      return Effect.gen(function*() {
        const error = "The platform is away (503 unavailable)"
        assert.deepInclude(yield* ingest, { _tag: "Failed", status: "failed", error })
        const { raw, runs } = yield* rows
        assert.deepInclude(runs[0], { status: "failed", error_summary: error })
        assert.strictEqual(raw.length, 0)
      }).pipe(Effect.provide([ownApp(), platform.layer]))
    }
  )

  it.effect.each(capabilities)(
    "of %s never exceeds its cap: not in the input, the fetch, or what is kept",
    (capability) => {
      const items = Array.from({ length: 50 }, (_, index) => ({
        id: `p${index}`,
        activity_urn: `p${index}`,
        url: `https://cobble.example/${index}`
      }))
      const platform = scriptedPlatform(() => ({ items }))
      const caps = { ...settings.caps, BRANDBRAIN_CAP_WEB: 2, BRANDBRAIN_CAP_IG_POSTS: 5 }
      return Effect.gen(function*() {
        const source = yield* connected(capability)
        yield* passing(ingestSource({ source, compileRunId: "c", reason: "because" }))
        const cap = caps[registry[capability].capVariable]
        assert.strictEqual(platform.starts[0]?.input[registry[capability].limitField], cap)
        assert.deepInclude(platform.fetches[0], { limit: cap, offset: 0 })
        const { evidence, raw } = yield* rows
        assert.strictEqual(raw.length, cap)
        assert.strictEqual(evidence.length, cap)
      }).pipe(Effect.provide([ownApp({ caps, linkedinProfilePosts: true }), platform.layer]))
    }
  )

  it.effect("asks actors in the words of their own inputs", () =>
    Effect.sync(() => {
      const target = { identifier: "ada", extraStartUrls: [] }
      assert.deepStrictEqual(registry["linkedin.profile_posts"].input(target, 6), {
        sort: "recent",
        limit: 6,
        username: "ada"
      })
      assert.deepInclude(registry["youtube.channel_videos"].input(target, 6), {
        maxResultsShorts: 0,
        maxResultStreams: 0
      })
    }))

  it.effect("resumes the run of an attempt that was stopped, and does not pay twice", () => {
    const platform = scriptedPlatform(() => ({ statuses: ["RUNNING", "RUNNING", "SUCCEEDED"], items: posts(1) }))
    return Effect.gen(function*() {
      const source = yield* connected("instagram.posts")
      const first = yield* Effect.fork(ingestSource({ source, compileRunId: "c", reason: "first" }))
      yield* letPass("6 seconds")
      yield* Fiber.interrupt(first)
      const second = yield* passing(ingestSource({ source, compileRunId: "c", reason: "second" }))
      assert.deepInclude(second, { _tag: "Succeeded", reason: "first" })
      assert.strictEqual(platform.starts.length, 1)
      const third = yield* ingestSource({ source, compileRunId: "c", reason: "third" })
      assert.deepStrictEqual(third, second)
      assert.strictEqual(platform.starts.length, 1)
      assert.strictEqual((yield* rows).runs.length, 1)
    }).pipe(Effect.provide([ownApp(), platform.layer]))
  })

  it.effect("starts a run again only if an attempt stopped before the platform's answer was saved", () => {
    const platform = scriptedPlatform(() => ({ items: posts(1) }))
    return Effect.gen(function*() {
      const source = yield* connected("instagram.posts")
      yield* (yield* ApifyRuns).addStarting({
        brandId: "b",
        compileRunId: "c",
        sourceId: source.id,
        actorId: "apify~instagram-scraper",
        input: {},
        itemLimit: 8,
        reason: "first"
      })
      const ingested = yield* passing(ingestSource({ source, compileRunId: "c", reason: "second" }))
      assert.deepInclude(ingested, { _tag: "Succeeded", reason: "first" })
      assert.strictEqual((yield* rows).runs.length, 1)
    }).pipe(Effect.provide([ownApp(), platform.layer]))
  })

  it.effect("survives items no database could hold", () => {
    const deep = JSON.parse(`${"[".repeat(20_000)}${"]".repeat(20_000)}`) as unknown
    const { ingest, platform } = ingesting({ items: [deep, "text", null, { id: "p", caption: "a\u0000\ud800" }] })
    return Effect.gen(function*() {
      assert.deepInclude(yield* ingest, { _tag: "Succeeded", rawItems: 4, created: 1 })
    }).pipe(Effect.provide([ownApp(), platform.layer]))
  })
})
