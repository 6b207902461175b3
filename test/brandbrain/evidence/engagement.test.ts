import { assert, it } from "@effect/vitest"
import { engagement } from "../../../src/brandbrain/evidence/engagement.ts"

it("the engagement of an item is a weighted sum, and finite whatever its platform counts", () => {
  assert.strictEqual(engagement("instagram", { likes: 10, comments: 2, views: 100, unknown: 5 }), 26)
  assert.strictEqual(engagement("instagram", { likes: null }), 0)
  assert.strictEqual(engagement("tiktok", { likes: Number.MAX_VALUE, shares: Number.MAX_VALUE }), Number.MAX_VALUE)
})
