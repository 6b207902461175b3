import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { Sources } from "../../../src/brandbrain/brands/Sources.ts"
import { addBrand, ownApp } from "../memoryApp.ts"

describe("a source", () => {
  it.effect("connected under two spellings is one source, with the settings given last", () =>
    Effect.gen(function*() {
      const sources = yield* Sources
      yield* addBrand("b")
      const first = yield* sources.connect("b", {
        source: "web.crawl_pages",
        identifier: "https://Cobble.example/#top"
      })
      const second = yield* sources.connect("b", {
        source: "web.crawl_pages",
        identifier: "cobble.example",
        extraStartUrls: ["https://cobble.example/Care/"]
      })
      assert.strictEqual(first.id, second.id)
      assert.deepStrictEqual([first.isNew, second.isNew], [true, false])
      const { id, brandId, extraStartUrls, identifier, source } = second
      assert.deepStrictEqual(yield* sources.listEnabled("b"), [{ id, brandId, source, identifier, extraStartUrls }])
      assert.deepStrictEqual(second.extraStartUrls, ["https://cobble.example/Care"])
    }).pipe(Effect.provide(ownApp())))

  it.effect("of an unknown capability or with a malformed address is refused, naming it, and nothing changes", () =>
    Effect.gen(function*() {
      const sources = yield* Sources
      yield* addBrand("b")
      const unknown = yield* Effect.flip(sources.connect("b", { source: "myspace.songs", identifier: "cobble" }))
      assert.strictEqual(unknown._tag, "UnknownCapability")
      assert.include(unknown.message, "\"myspace.songs\"")
      assert.include(unknown.message, "instagram.posts")
      const malformed = yield* Effect.flip(
        sources.connect("b", { source: "web.crawl_pages", identifier: "cobble.example", extraStartUrls: ["nowhere"] })
      )
      assert.strictEqual(malformed._tag, "InvalidIdentifier")
      assert.include(malformed.message, "\"nowhere\"")
      assert.deepStrictEqual(yield* sources.listEnabled("b"), [])
    }).pipe(Effect.provide(ownApp())))

  it.effect("that is connected again, or turned off, keeps the settings that are not given", () =>
    Effect.gen(function*() {
      const sources = yield* Sources
      yield* addBrand("b")
      const site = { source: "web.crawl_pages", identifier: "cobble.example" }
      const { id } = yield* sources.connect("b", { ...site, extraStartUrls: ["https://cobble.example/care"] })
      yield* sources.update("b", id, { enabled: false })
      assert.deepStrictEqual(yield* sources.listEnabled("b"), [])
      assert.deepInclude(yield* sources.connect("b", site), {
        id,
        enabled: false,
        extraStartUrls: ["https://cobble.example/care"]
      })
      assert.deepInclude(yield* sources.update("b", id, { enabled: true }), {
        extraStartUrls: ["https://cobble.example/care"]
      })
      assert.deepStrictEqual((yield* sources.update("b", id, { extraStartUrls: [] })).extraStartUrls, [])
    }).pipe(Effect.provide(ownApp())))

  it.effect("that is removed is gathered from no more and not there any more, and can be connected anew", () =>
    Effect.gen(function*() {
      const sources = yield* Sources
      yield* addBrand("b")
      yield* addBrand("other")
      const site = { source: "web.crawl_pages", identifier: "cobble.example" }
      const { id } = yield* sources.connect("b", { ...site, extraStartUrls: ["https://cobble.example/care"] })
      assert.strictEqual((yield* Effect.flip(sources.remove("other", id)))._tag, "SourceNotFound")
      yield* sources.remove("b", id)
      assert.deepStrictEqual(yield* sources.list("b"), [])
      assert.strictEqual((yield* Effect.flip(sources.remove("b", id)))._tag, "SourceNotFound")
      assert.strictEqual((yield* Effect.flip(sources.update("b", id, { enabled: true })))._tag, "SourceNotFound")
      assert.deepInclude(yield* sources.connect("b", site), { id, isNew: true, enabled: true, extraStartUrls: [] })
    }).pipe(Effect.provide(ownApp())))

  it.effect("is its own brand's only", () =>
    Effect.gen(function*() {
      const sources = yield* Sources
      yield* addBrand("b")
      yield* addBrand("other")
      yield* sources.connect("other", { source: "instagram.posts", identifier: "cobble" })
      assert.deepStrictEqual(yield* sources.listEnabled("b"), [])
      assert.deepStrictEqual(yield* sources.list("b"), [])
      const [theirs] = yield* sources.list("other")
      assert(theirs)
      assert.strictEqual(
        (yield* Effect.flip(sources.update("b", theirs.id, { enabled: false })))._tag,
        "SourceNotFound"
      )
      assert.isTrue((yield* sources.list("other"))[0]?.enabled)
    }).pipe(Effect.provide(ownApp())))
})
