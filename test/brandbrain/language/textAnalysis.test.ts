import { assert, describe, it } from "@effect/vitest"
import { countEmoji, hasPhrase, openingLine } from "../../../src/brandbrain/language/textAnalysis.ts"
import { someEvidence } from "../evidence/someEvidence.ts"

describe("an opening line", () => {
  it("is the first sentence, whole, without hashtags", () => {
    assert.strictEqual(
      openingLine(someEvidence({ id: "1", text_primary: "#boots\nIt's 5 a.m. on a Monday. Again." })),
      "It's 5 a.m. on a Monday."
    )
  })

  it("ends at an emoji too, and leaves it out", () => {
    const opening = (text: string) => openingLine(someEvidence({ id: "1", text_primary: text }))
    assert.strictEqual(
      opening("3 mistakes we all make (yes, all) 😅 Tell us yours"),
      "3 mistakes we all make (yes, all)"
    )
    assert.strictEqual(opening("I ❤️ Rome, and its boots 👩🏽‍🌾♻️ #boots"), "I ❤️ Rome, and its boots")
    assert.strictEqual(opening("🥾\nBoots"), "Boots")
  })
})

describe("a text", () => {
  it("counts an emoji once however many characters it is made of", () => {
    assert.strictEqual(countEmoji("👩🏽‍🌾 🇨🇴 ☕️ ♻️ 👍🏿 1 # ©"), 5)
  })

  it("finds phrases as whole words", () => {
    assert.isTrue(hasPhrase("please, tell us.", "tell us"))
    assert.isFalse(hasPhrase("retell using", "tell us"))
  })
})
