import { assert, describe, it } from "@effect/vitest"
import { Effect, Layer, Option } from "effect"
import { Sources } from "../../../src/brandbrain/brands/Sources.ts"
import { Snapshots } from "../../../src/brandbrain/snapshots/Snapshots.ts"
import { addBrand, addCompile, compile, ownApp } from "../memoryApp.ts"
import { scriptedPlatform } from "../scriptedPlatform.ts"

const app = () => Layer.merge(ownApp(), scriptedPlatform(() => ({ items: [{ id: "p1", caption: "Boots" }] })).layer)

describe("a snapshot", () => {
  it.effect("and its bundle are read by their own brand, and do not exist for another", () =>
    Effect.gen(function*() {
      yield* addBrand("b")
      yield* addBrand("other")
      yield* (yield* Sources).connect("b", { source: "instagram.posts", identifier: "cobble" })
      const snapshot = yield* compile(yield* addCompile("b", "c"))
      const snapshots = yield* Snapshots
      assert.deepStrictEqual(Option.getOrNull(yield* snapshots.findByCompile("b", "c")), snapshot)
      assert.strictEqual(Option.getOrThrow(yield* snapshots.bundleItemIds("b", snapshot.bundle_id)).length, 1)
      assert.isNull(Option.getOrNull(yield* snapshots.findByCompile("other", "c")))
      assert.isNull(Option.getOrNull(yield* snapshots.bundleItemIds("other", snapshot.bundle_id)))
      assert.isNull(Option.getOrNull(yield* snapshots.latest("other")))
      assert.isNull(Option.getOrNull(yield* snapshots.latestReport("other")))
      assert.deepStrictEqual(yield* snapshots.history("other", { limit: 10, offset: 0 }), [])
    }).pipe(Effect.provide(app())))
})
