import { assert, describe, it } from "@effect/vitest"
import { Effect, Fiber } from "effect"
import type { Pillar } from "../../../src/brandbrain/draft/contentPillars.ts"
import type { Draft } from "../../../src/brandbrain/draft/Draft.ts"
import { reportFeatures } from "../../../src/brandbrain/draft/featureReport.ts"
import { claims, hooks, proofs, tones } from "../../../src/brandbrain/draft/lexicon.ts"
import { layerByRule, Synthesizer } from "../../../src/brandbrain/draft/Synthesizer.ts"
import type { EvidenceItem } from "../../../src/brandbrain/evidence/EvidenceItem.ts"
import { commonWords, isFeedTag } from "../../../src/brandbrain/language/commonWords.ts"
import { languageLibrary } from "../../../src/brandbrain/language/languageLibrary.ts"
import { readBundle } from "../../../src/brandbrain/subjects/readBundle.ts"
import { bakery } from "../madeUpBrands/bakery.ts"
import { bicycleWorkshop } from "../madeUpBrands/bicycleWorkshop.ts"
import { climbingHall } from "../madeUpBrands/climbingHall.ts"
import { dentist } from "../madeUpBrands/dentist.ts"
import { dogGroomer } from "../madeUpBrands/dogGroomer.ts"
import { drivingSchool } from "../madeUpBrands/drivingSchool.ts"
import { gardenNursery } from "../madeUpBrands/gardenNursery.ts"
import type { MadeUpBrand } from "../madeUpBrands/madeUpBrand.ts"
import { finnish, turkish } from "../madeUpBrands/otherLanguages.ts"
import { taxAdviser } from "../madeUpBrands/taxAdviser.ts"
import { yogaStudio } from "../madeUpBrands/yogaStudio.ts"

const drafted = Effect.fn(function*(brand: Pick<MadeUpBrand, "name" | "answers" | "bundle">) {
  const { draft } = yield* (yield* Synthesizer).draft({
    brandName: brand.name,
    answers: brand.answers,
    bundle: brand.bundle,
    bundleId: "b",
    report: reportFeatures(brand.bundle),
    reportId: "r",
    model: "rules-v1",
    promptVersion: "v1"
  })
  return draft
}, Effect.provide(layerByRule))

const pillarsOf = (draft: Draft) => draft.content.content_pillars.value as ReadonlyArray<Pillar>

/** What a reader would strike out of a list of subjects, whatever the trade. */
const noise = new Set(
  `hey hi hello hallo moin morning morgen guten lieben friday monday thursday january april januar samstag montag folks everyone
   the this that your you and our with for das der die den euch ihr uns wir und mit für ein eine
   post video link bio story comment comments kommentare subscribe abo channel kanal swipe newsletter cookies impressum datenschutz
   insights einblicke thrilled excited proud stolz team growth motivation leadership love instagood instadaily instafood
   foodporn fyp foryou fürdich viral biketok yogatok taxtok gartentok week weeks wochen minutes day year jahr tag
   bild bilder chapters questions fragen`.split(/\s+/)
)

const english = { bicycleWorkshop, yogaStudio, taxAdviser, dogGroomer, climbingHall }
const german = { bakery, gardenNursery, dentist, drivingSchool }

describe.each(Object.entries({ ...english, ...german }))("the draft of a made-up brand: %s", (_, brand) => {
  it.effect("has pillars that all are topics of the trade", () =>
    Effect.gen(function*() {
      const names = pillarsOf(yield* drafted(brand)).map(({ name }) => name)
      const topics = new Set(brand.topics.map((topic) => topic.toLowerCase()))
      assert.deepStrictEqual(names.filter((name) => !topics.has(name.toLowerCase())), [], names.join(", "))
      assert.isAtLeast(names.length, 4, names.join(", "))
    }))

  it.effect("names no greeting, function word, person, place, brand, hashtag of a feed or word of a platform", () =>
    Effect.gen(function*() {
      const pillars = pillarsOf(yield* drafted(brand))
      const said = pillars.flatMap(({ keywords, name }) => [name, ...keywords])
      const isNoise = (word: string) => noise.has(word) || brand.names.includes(word)
      assert.deepStrictEqual(
        said.filter((phrase) => phrase.toLowerCase().split(" ").some(isNoise)),
        [],
        said.join(", ")
      )
      const ofBrand = brand.name.toLowerCase().match(/\p{L}{3,}/gu) ?? []
      const tags = pillars.flatMap(({ hashtags }) => hashtags)
      assert.deepStrictEqual(tags.filter((tag) => noise.has(tag) || isFeedTag(tag)), [])
      assert.deepStrictEqual(tags.filter((tag) => ofBrand.every((part) => tag.includes(part))), [])
    }))

  it.effect("is the same again from the same evidence, in whatever order that comes", () =>
    Effect.gen(function*() {
      const draft = yield* drafted(brand)
      assert.deepStrictEqual(yield* drafted(brand), draft)
      assert.deepStrictEqual(
        pillarsOf(yield* drafted({ ...brand, bundle: brand.bundle.toReversed() })).map(({ name }) => name),
        pillarsOf(draft).map(({ name }) => name)
      )
    }))
})

describe.each(Object.entries(english))("the draft of an English brand: %s", (_, brand) => {
  it.effect("says that it is read in English, and needs no warning", () =>
    Effect.gen(function*() {
      const { meta } = yield* drafted(brand)
      assert.deepStrictEqual(meta.language, { code: "en", name: "English", share_of_items: 1 })
      assert.deepStrictEqual(meta.warnings, [])
    }))
})

describe.each(Object.entries(german))("the draft of a German brand: %s", (_, brand) => {
  it.effect("spells its pillars as the posts do", () =>
    Effect.gen(function*() {
      const text = brand.bundle.map((item) => `${item.title} ${item.text_primary} ${item.text_secondary}`).join(" ")
      for (const { keywords, name } of pillarsOf(yield* drafted(brand))) {
        for (const phrase of [name, ...keywords]) {
          assert.match(text, new RegExp(`(?<![\\p{L}#])${phrase}(?!\\p{L})`, "u"))
        }
      }
    }))

  it.effect("names the language, says what is not read of it, and is less sure than of as much English", () =>
    Effect.gen(function*() {
      const { content, meta, voice } = yield* drafted(brand)
      assert.deepInclude(meta.language, { code: "de", name: "German" })
      assert.lengthOf(meta.warnings, 1)
      assert.match(meta.warnings[0] ?? "", /German/)
      const same = yield* drafted(yogaStudio)
      assert.isBelow(content.content_pillars.confidence, same.content.content_pillars.confidence)
      assert.isBelow(voice.tone_tags.confidence, same.voice.tone_tags.confidence)
      assert.isAbove(content.content_pillars.confidence, 0.3)
    }))
})

describe("the draft of a brand whose language is not read", () => {
  const cases: ReadonlyArray<readonly [string, ReadonlyArray<EvidenceItem>, string]> = [
    ["Finnish", finnish, "Kiuas"],
    ["Turkish", turkish, "Halı"]
  ]
  it.effect.each(cases)(
    "takes only what its hashtags name, says why, and is unsure of all: %s",
    ([name, bundle, pillar]) =>
      Effect.gen(function*() {
        const { content, meta, positioning, voice } = yield* drafted({ ...yogaStudio, bundle })
        assert.strictEqual(meta.language?.name, name)
        assert.match(meta.warnings[0] ?? "", new RegExp(`${name}.*not read`))
        assert.include(pillarsOf({ content } as Draft).map(({ name }) => name), pillar)
        for (
          const field of [content.content_pillars, content.proof_types, voice.tone_tags, positioning.differentiators]
        ) {
          assert.isBelow(field.confidence, 0.2)
        }
        assert.strictEqual(positioning.who_for.confidence, 0.9)
      })
  )
})

describe("a draft of a brand that posts in two languages", () => {
  it.effect("reads each in its own, names that of most, and is as sure as its share of what is read", () =>
    Effect.gen(function*() {
      const bundle = [...bakery.bundle.slice(0, 10), ...yogaStudio.bundle.slice(0, 6)]
      const { content, meta } = yield* drafted({ ...bakery, bundle })
      assert.deepStrictEqual(meta.language, { code: "de", name: "German", share_of_items: 0.625 })
      assert.match(meta.warnings.join(), /^63% of the evidence is in German/)
      const names = pillarsOf({ content } as Draft).map(({ name }) => name)
      assert.includeMembers(names, ["Sauerteig", "Breathwork"])
    }))

  it.effect("takes one post that looks like another language for what the rest is in", () =>
    Effect.gen(function*() {
      const bundle = [...yogaStudio.bundle.slice(0, 9), ...bakery.bundle.slice(0, 1)]
      assert.deepStrictEqual((yield* drafted({ ...yogaStudio, bundle })).meta.language, {
        code: "en",
        name: "English",
        share_of_items: 1
      })
    }))
})

describe("drafting", () => {
  it("knows no trade: none of its lists holds a word of any of these, nor of coffee", () => {
    const trades = Object.values({ ...english, ...german }).flatMap(({ topics }) => topics).concat(
      `coffee roast roaster roastery brew bean beans cup cups cupping espresso grind grinder farm farmer batch bag pouring masl`
        .split(" ")
    )
    const lists = [...tones, ...proofs, ...hooks].map(([, pattern]) => pattern).concat(claims)
    for (const word of trades.map((trade) => trade.toLowerCase())) {
      assert.isFalse(Object.values(commonWords).some((words) => words.has(word)), word)
      assert.deepStrictEqual(lists.filter((pattern) => pattern.test(word)), [], word)
    }
  })

  it.live("lets timers have a turn between two items, so that a lease is kept", () =>
    Effect.gen(function*() {
      const library = yield* languageLibrary
      let turns = 0
      const others = yield* Effect.sleep(0).pipe(
        Effect.zipRight(Effect.sync(() => turns++)),
        Effect.forever,
        Effect.fork
      )
      yield* readBundle({ brandName: bakery.name, answers: {}, bundle: bakery.bundle }, library)
      yield* Fiber.interrupt(others)
      assert.isAtLeast(turns, bakery.bundle.length - 1)
    }))
})
