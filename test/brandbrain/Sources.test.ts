import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { Sources } from "../../src/brandbrain/Sources.ts"
import { addBrand, memoryApp } from "./memoryApp.ts"

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
      assert.deepStrictEqual(yield* sources.enabled("b"), [second])
      assert.deepStrictEqual(second.extraStartUrls, ["https://cobble.example/Care"])
    }).pipe(Effect.provide(memoryApp())))

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
      assert.deepStrictEqual(yield* sources.enabled("b"), [])
    }).pipe(Effect.provide(memoryApp())))

  it.effect("is its own brand's only", () =>
    Effect.gen(function*() {
      const sources = yield* Sources
      yield* addBrand("b")
      yield* addBrand("other")
      yield* sources.connect("other", { source: "instagram.posts", identifier: "cobble" })
      assert.deepStrictEqual(yield* sources.enabled("b"), [])
    }).pipe(Effect.provide(memoryApp())))
})
