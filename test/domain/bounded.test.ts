import { assert, describe, it, vi } from "@effect/vitest"
import { bounded } from "../../src/domain/bounded.ts"

const bytes = (text: string) => new TextEncoder().encode(text).length

const note = (characters: number) => ` … [cut: ${characters} characters in all] … `

describe("a text that is bounded", () => {
  it("stays as it is if it fits, to the byte", () => {
    for (const text of ["", "a".repeat(100), "é".repeat(50), "\uFEFFwith a mark"]) {
      assert.strictEqual(bounded(text, 100), text)
    }
  })

  it("is cut where its characters would fit and its bytes do not", () => {
    const text = "é".repeat(99)
    assert.isAtMost(bytes(bounded(text, 100)), 100)
    assert.include(bounded(text, 100), note(99))
  })

  it("keeps its beginning and its end, with no character cut, and twice as much of the beginning", () => {
    for (
      const text of [
        "abcdefghij".repeat(100),
        "abcdefgh".repeat(14),
        "é".repeat(1000),
        "日本語".repeat(400),
        "x😀".repeat(500)
      ]
    ) {
      for (let limit = 100; limit < 110; limit++) {
        const cut = bounded(text, limit)
        const [start = "", end = ""] = cut.split(note(text.length))
        assert.isAtMost(bytes(cut), limit)
        // What is left out for a character that does not fit is less than one.
        assert.isAbove(bytes(cut), limit - 8)
        assert.isTrue(text.startsWith(start) && text.endsWith(end), cut)
        assert.isAbove(bytes(start), bytes(end))
      }
    }
  })

  it("is read no further than it may be kept, however long it is", () => {
    const encode = vi.spyOn(TextEncoder.prototype, "encode")
    try {
      bounded("x".repeat(1_000_000), 100)
      assert.isAtMost(Math.max(...encode.mock.calls.map(([text = ""]) => text.length)), 100)
    } finally {
      encode.mockRestore()
    }
  })

  it("keeps the marks that it has itself: of the order of bytes, and of a character that was not known", () => {
    const text = `\uFEFFa\uFFFDb${"c".repeat(1000)}d\uFFFDe`
    const [start = "", end = ""] = bounded(text, 100).split(note(text.length))
    assert.isTrue(start.startsWith("\uFEFFa\uFFFDbc"), start)
    assert.isTrue(end.endsWith("cd\uFFFDe"), end)
  })
})
