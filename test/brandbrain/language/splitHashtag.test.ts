import { assert, describe, it } from "@effect/vitest"
import { splitHashtag } from "../../../src/brandbrain/language/splitHashtag.ts"

describe("a hashtag", () => {
  it("is the words it is made of, where they are known", () => {
    const known = new Set(["roast", "days", "tins", "beans"])
    assert.deepStrictEqual(splitHashtag("roastbeans", known), ["roast", "beans"])
    assert.deepStrictEqual(splitHashtag("roastweek", known), ["roastweek"])
  })
})
