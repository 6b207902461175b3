import { assert, describe, it } from "@effect/vitest"
import { Effect, TestContext } from "effect"
import type { EvidenceItem } from "../../../src/brandbrain/evidence/EvidenceItem.ts"
import { languageLibrary } from "../../../src/brandbrain/language/languageLibrary.ts"
import { readBundle } from "../../../src/brandbrain/subjects/readBundle.ts"
import { page, post } from "../madeUpBrands/madeUpBrand.ts"

const library = await Effect.runPromise(languageLibrary)

/** What two or more of the items are about. */
const sharedBy = (bundle: ReadonlyArray<EvidenceItem>) =>
  Effect.runSync(
    readBundle({ brandName: "Sonnenhof", answers: {}, bundle }, library).pipe(
      Effect.map(({ subjects }) =>
        subjects.filter(({ items }) => items.size >= 2).map(({ spellings }) => spellings[0])
      ),
      Effect.provide(TestContext.TestContext)
    )
  )

const posts = (...texts: ReadonlyArray<string>) => texts.map((text) => post("instagram", text, 1))

describe("what posts are about", () => {
  it("is not a person, who stands without an article", () => {
    assert.deepStrictEqual(
      sharedBy(posts(
        "Heute zeigt Wiebke, wie man den Kompost umsetzt.",
        "Morgen erklärt Wiebke, warum der Kompost Luft braucht."
      )),
      ["Kompost"]
    )
    assert.deepStrictEqual(
      sharedBy(posts("Today Nuala shows the new saddle.", "On the saddle that Nuala made nobody sits.")),
      ["saddle"]
    )
  })

  it("is not an exclamation", () => {
    assert.deepStrictEqual(
      sharedBy(posts("Ahoy! The saddle is here.", "Ahoy! We found a better saddle.")),
      ["saddle"]
    )
  })

  it("is neither a greeting nor whom it greets", () => {
    assert.deepStrictEqual(
      sharedBy(posts(
        "Guten Morgen liebe Nachteulen! Die Rosen blühen.",
        "Hallo liebe Nachteulen, wer schneidet seine Rosen schon?",
        "Unsere Rosen mögen keinen Wind."
      )),
      ["Rosen"]
    )
  })

  it("is not the menu of a page", () => {
    const menu = "Saddles Frames Pumps Helmets"
    assert.deepStrictEqual(
      sharedBy([
        page("One", `${menu}\nEvery bell that we sell is made by hand in a small town.`),
        page("Two", `${menu}\nYou will hear a good bell before you see it.`)
      ]),
      ["bell"]
    )
  })

  it("is not told by a hashtag whose words stand in no sentence, unless there are few sentences", () => {
    const two = posts(
      "The saddle makes the ride. #saddlesore #bikelove",
      "A saddle is a matter of taste. #saddlesore #bikelove"
    )
    const rest = posts("Rain.", "Sun.", "Fog.", "Hail.", "Snow.", "Wind.", "Frost.", "Ice.", "Heat.")
    assert.deepStrictEqual(sharedBy([...two, ...rest]), ["saddle"])
    assert.deepStrictEqual(sharedBy(two), ["saddle", "saddlesore", "bikelove"])
  })
})

describe("the language of an item", () => {
  it("is not mistaken for Hindi, whose full stop is a bar", () => {
    const { languages } = Effect.runSync(
      readBundle({
        brandName: "Sonnenhof",
        answers: {},
        bundle: [page("Sonnenhof | Stauden, Rosen, Obst", "Stauden | Rosen | Obstbäume | Kurse")]
      }, library).pipe(Effect.provide(TestContext.TestContext))
    )
    assert.strictEqual(languages.main?.code, "de")
  })

  it("is null where nothing is said, and then nothing is less sure", () => {
    const { languages } = Effect.runSync(
      readBundle({ brandName: "Sonnenhof", answers: {}, bundle: posts("🌹", "#rosen") }, library).pipe(
        Effect.provide(TestContext.TestContext)
      )
    )
    assert.isNull(languages.main)
    assert.deepStrictEqual(languages.understood, { subjects: 1, wording: 1 })
    assert.deepStrictEqual(languages.warnings, [])
  })
})
