import { assert, describe, it } from "@effect/vitest"
import { Either, Schema } from "effect"
import { encodeJson } from "../../src/domain/wireValue.ts"

const encoded = (value: unknown) => encodeJson("email", "payload", Schema.Unknown, value)

const nested = (levels: number, around: (inner: unknown) => unknown) => {
  let value: unknown = "in the middle of it all"
  for (let level = 0; level < levels; level++) value = around(value)
  return value
}

describe("how deep a value may be", () => {
  const ways: Record<string, (inner: unknown) => unknown> = {
    arrays: (inner) => [inner],
    objects: (inner) => ({ "a \"[{": inner }),
    "arrays that are not alone": (inner) => [1, inner, 2]
  }
  for (const [what, around] of Object.entries(ways)) {
    it(`500 levels of ${what} are taken, and one more is refused`, () => {
      assert.isTrue(Either.isRight(encoded(nested(500, around))))
      const refused = Either.getOrThrow(Either.flip(encoded(nested(501, around))))
      assert.strictEqual(refused.message, `Job "email", payload: expected at most 500 levels of nesting`)
    })
  }

  it("a thousand arrays and objects side by side are not deep", () => {
    const wide = Array.from({ length: 1000 }, (_, index) => index % 2 === 0 ? [{ "]}": "]}" }] : { a: ["[{"] })
    assert.isTrue(Either.isRight(encoded(wide)))
  })
})
