import { assert, describe, it } from "@effect/vitest"
import { reportFeatures } from "../../../src/brandbrain/draft/featureReport.ts"
import { someEvidence } from "../evidence/someEvidence.ts"

describe("a feature report", () => {
  it("counts lengths, emoji, calls to action, hooks, hashtags and transcripts", () => {
    const { overall, platforms } = reportFeatures([
      someEvidence({ id: "1", text_primary: "How to oil boots? Link in bio. 🥾", hashtags: ["boots", "care"] }),
      someEvidence({
        id: "2",
        text_primary: "Oil",
        hashtags: ["boots"],
        flags: { has_transcript: true, is_low_value: false, is_collection_page: false }
      }),
      someEvidence({ id: "3", platform: "web", text_primary: null })
    ])
    assert.deepStrictEqual(overall, {
      item_count: 3,
      text_length: { mean: 17.5, min: 3, max: 32 },
      emoji_density: 2.8571,
      cta_phrases: [{ phrase: "link in bio", items: 1 }],
      cta_share: 0.3333,
      hook_phrases: [{ phrase: "asks a question", items: 1 }, { phrase: "how to", items: 1 }],
      hashtags: { mean: 1, top: [{ phrase: "boots", items: 2 }, { phrase: "care", items: 1 }] },
      transcript_coverage: 0.3333
    })
    assert.deepStrictEqual(Object.keys(platforms), ["instagram", "web"])
    assert.strictEqual(platforms["web"]?.text_length.max, 0)
  })
})
