import { assert, describe, it } from "@effect/vitest"
import { Schema } from "effect"
import type { Answers } from "../../../src/brandbrain/brands/answers.ts"
import { DraftPath } from "../../../src/brandbrain/brands/DraftPath.ts"
import type { Pillar } from "../../../src/brandbrain/draft/contentPillars.ts"
import { Draft, fieldsOf } from "../../../src/brandbrain/draft/Draft.ts"
import { reportFeatures } from "../../../src/brandbrain/draft/featureReport.ts"
import type { EvidenceItem } from "../../../src/brandbrain/evidence/EvidenceItem.ts"
import { someEvidence } from "../evidence/someEvidence.ts"
import { answers } from "../memoryApp.ts"
import * as drafting from "./drafting.ts"

const post = (id: string, text: string, changed: Partial<EvidenceItem> = {}): EvidenceItem =>
  someEvidence({ id, external_id: id, author_ref: "cobbleboots", text_primary: text, ...changed })

const drafted = (bundle: ReadonlyArray<EvidenceItem>, given: Answers = answers) =>
  drafting.drafted({
    brandName: "Cobble",
    answers: given,
    bundle,
    bundleId: "b",
    report: reportFeatures(bundle),
    reportId: "r"
  })

describe("a draft of a brand that answered the optional questions", () => {
  const bundle = [post("1", "We cut the welt by hand!"), post("2", "The welt again!"), post("3", "Cork fills it!")]
  const { content, positioning, voice } = drafted(bundle, {
    ...answers,
    "tier0.edge": "We mend what others throw away.",
    "tier0.tone_words": "dry",
    "tier0.taboos": ["Glue", " "],
    "tier1.differentiators": ["A welt for life"],
    "tier1.taboos": ["Fast fashion", "Glue"],
    "tier1.risk_boundaries": ["No prices of others"],
    "tier1.pillars_seed": ["Welt", "Winter care"],
    "tier2.risk_boundaries": "No medical claims"
  })

  it("says what they say, each once, and names the answers", () => {
    const answered = (value: unknown, ...ids: ReadonlyArray<string>) => ({
      value,
      confidence: 0.9,
      sources: ids.map((id) => ({ type: "answer" as const, id })),
      locked: false,
      override_value: null
    })
    assert.deepStrictEqual(
      positioning.differentiators,
      answered(["A welt for life", "We mend what others throw away."], "tier1.differentiators", "tier0.edge")
    )
    assert.deepStrictEqual(voice.tone_tags, answered(["dry"], "tier0.tone_words"))
    assert.deepStrictEqual(voice.taboos, answered(["Glue", "Fast fashion"], "tier0.taboos", "tier1.taboos"))
    assert.deepStrictEqual(
      voice.risk_boundaries,
      answered(["No prices of others", "No medical claims"], "tier1.risk_boundaries", "tier2.risk_boundaries")
    )
  })

  it("begins with the pillars that the brand named, and the evidence there is of them", () => {
    const [first, second] = content.content_pillars.value as ReadonlyArray<Pillar>
    assert.deepInclude(first, { name: "Welt", item_count: 2, best_opening: "We cut the welt by hand!" })
    assert.deepInclude(second, { name: "Winter care", item_count: 0, share_of_items: 0, best_opening: null })
    assert.deepStrictEqual(content.content_pillars.sources, [
      { type: "answer", id: "tier1.pillars_seed" },
      { type: "evidence", id: "1" },
      { type: "evidence", id: "2" }
    ])
    assert.strictEqual(content.content_pillars.confidence, 0.9)
  })
})

describe("a draft", () => {
  it("is sure of what an answer backs, less sure of what evidence backs, and not at all of the rest", () => {
    const draft = drafted([post("1", "You mend boots."), post("2", "Your boots, mended.")])
    assert.deepStrictEqual(draft.positioning.who_for, {
      value: "People who walk.",
      confidence: 0.9,
      sources: [{ type: "answer", id: "tier0.who_for" }],
      locked: false,
      override_value: null
    })
    assert.deepInclude(draft.voice.tone_tags, { value: ["conversational"], confidence: 0.4 })
    assert.deepStrictEqual(draft.voice.tone_tags.sources.map(({ id }) => id), ["1", "2"])
    assert.deepInclude(draft.voice.taboos, { value: [], confidence: 0, sources: [] })
  })

  it("of nothing at all is whole, and sure of nothing", () => {
    const draft = drafted([], {})
    assert.isTrue(Schema.is(Draft)(draft))
    assert.deepStrictEqual(Object.keys(fieldsOf(draft)), [...DraftPath.literals])
    assert.isTrue(
      Object.values(fieldsOf(draft)).every(({ confidence, sources }) => confidence === 0 && sources.length === 0)
    )
  })

  it("names what the brand keeps coming back to, not the brand itself", () => {
    const bundle = [
      post("3", "Our workshop at night."),
      post("4", "A visit to the workshop."),
      post("1", "Oak bark soles last. Cobble swears by them.", {
        hashtags: ["cobble", "resoling"],
        metrics: { likes: 9 }
      }),
      post("2", "Every boot gets oak bark leather from Cobble.", { hashtags: ["resoling"] }),
      post("5", "Rain again."),
      post("6", "Snow at last.")
    ]
    const pillars = drafted(bundle).content.content_pillars.value as ReadonlyArray<Pillar>
    assert.deepStrictEqual(pillars.map(({ name }) => name), ["Oak bark", "Workshop"])
    assert.deepInclude(pillars[0], {
      item_count: 2,
      // What stands among the hashtags is not said again.
      keywords: [],
      hashtags: ["resoling"],
      best_opening: "Oak bark soles last."
    })
  })

  it("takes neither the brand's trade, nor a format, nor what it said once or twice for a subject of its own", () => {
    const rest = Array.from({ length: 24 }, (_, index) => post(`rest${index}`, ""))
    const pillars = (items: ReadonlyArray<EvidenceItem>) =>
      (drafted([...items, ...rest]).content.content_pillars.value as ReadonlyArray<Pillar>).map(({ name }) => name)
    const often = (text: string, changed: Partial<EvidenceItem> = {}) =>
      ["a", "b", "c"].map((id) => post(`${text} ${id}`, text, changed))
    assert.deepStrictEqual(pillars(often("We love oak bark.")), ["Oak bark"])
    assert.deepStrictEqual(pillars(often("Mend boots.")), [])
    assert.deepStrictEqual(pillars(often("", { hashtags: ["behindthescenes", "fyp"] })), [])
    assert.deepStrictEqual(pillars(often("We love oak bark.").slice(1)), [])
  })

  it("gives keywords that each say something more", () => {
    const pillars = drafted([
      ...["1", "2", "3"].map((id) => post(id, "It is oak bark leather, from a slow tanning.")),
      ...["4", "5", "6"].map((id) => post(id, ""))
    ]).content.content_pillars.value as ReadonlyArray<Pillar>
    assert.deepInclude(pillars[0], { name: "Bark leather", keywords: ["slow tanning"] })
  })

  it("sets the brand apart by claims that differ, each from another item", () => {
    const { value } = drafted([
      post("1", "We never glue. 🥾 We only sew, and every pair leaves the same day 🔥📦"),
      post("2", "Every pair leaves the same day."),
      post("3", "Unlike most, we buy directly from one tannery.")
    ]).positioning.differentiators
    assert.deepStrictEqual(value, [
      "We only sew, and every pair leaves the same day",
      "Unlike most, we buy directly from one tannery."
    ])
  })

  it("reads only the beginning of a very long caption", () => {
    const long = post("long", `${"Buy glue. ".repeat(6_000)} Rubber soles.`)
    const rest = ["Oak bark.", "Oak bark!", "Rubber soles."].map((text, index) => post(`${index}`, text))
    const pillars = drafted([long, ...rest]).content.content_pillars.value
    assert.deepStrictEqual((pillars as ReadonlyArray<Pillar>).map(({ name }) => name), ["Oak bark"])
  })
})
