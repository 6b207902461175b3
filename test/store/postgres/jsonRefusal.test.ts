import { assert, describe, it } from "@effect/vitest"
import fc from "fast-check"
import { jsonRefusal } from "../../../src/store/postgres/jsonRefusal.ts"

const refused = (value: unknown) => jsonRefusal(JSON.stringify(value))

describe("what jsonb does not hold", () => {
  it("is refused with the path to it", () => {
    assert.strictEqual(refused("a\0b"), "text without U+0000 and without half of a surrogate pair at the top")
    assert.match(refused({ people: [{ name: "ada" }, { name: "b\0b" }] }) ?? "", /^text .* at people\.1\.name$/)
    assert.match(refused(["\uD83D"]) ?? "", /^text .* at 0$/)
    assert.match(refused(["\uDE00\uD83D"]) ?? "", /^text .* at 0$/)
    assert.match(refused({ a: { "k\0": 1 } }) ?? "", /^member names .* at a$/)
  })

  it("is nothing else: not an escaped backslash before the same letters, nor a whole pair, nor another control character", () => {
    for (const value of ["\\u0000", "\\\\u0000", "\\ud83d", "😀", "\u0001\u001F\u007F", { "\\u0000": 1 }, null, 0]) {
      assert.strictEqual(refused(value), undefined)
    }
  })

  it("is found wherever it stands", () => {
    const anyText = fc.stringOf(fc.constantFrom("\0", "\uD83D", "\uDE00", "\\", "u0000", "a"), { maxLength: 4 })
    fc.assert(fc.property(fc.object({ key: anyText, values: [anyText], maxDepth: 3 }), (value) => {
      const texts: Array<string> = []
      JSON.stringify(value, (key, member: unknown) => {
        texts.push(key, ...(typeof member === "string" ? [member] : []))
        return member
      })
      const holds = texts.every((text) => text.isWellFormed() && !text.includes("\0"))
      assert.strictEqual(refused(value) === undefined, holds)
    }))
  })
})
