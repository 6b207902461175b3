import { SqlClient } from "@effect/sql"
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { Brands } from "../../../src/brandbrain/brands/Brands.ts"
import { noOverrides } from "../../../src/brandbrain/brands/Overrides.ts"
import { addBrand, answers, ownApp } from "../memoryApp.ts"

describe("an override", () => {
  it.effect("merges with those before it, null removes one, and a member that is null changes nothing", () =>
    Effect.gen(function*() {
      yield* addBrand("b")
      const { patchOverrides, profile } = yield* Brands
      yield* patchOverrides("b", { overrides: { "voice.taboos": ["glue"], "positioning.who_for": "Postmen." } })
      const left = yield* patchOverrides("b", {
        overrides: { "voice.taboos": null, "voice.tone_tags": ["dry"] },
        pinned_paths: ["voice.taboos", "voice.taboos"]
      })
      assert.deepStrictEqual(left, {
        overrides: { "positioning.who_for": "Postmen.", "voice.tone_tags": ["dry"] },
        pinned_paths: ["voice.taboos"]
      })
      assert.deepStrictEqual((yield* profile("b")).overrides, left)
      assert.deepStrictEqual(yield* patchOverrides("b", { overrides: null, pinned_paths: null }), left)
      const none = { overrides: { "positioning.who_for": null, "voice.tone_tags": null }, pinned_paths: [] }
      assert.deepStrictEqual(yield* patchOverrides("b", none), noOverrides)
    }).pipe(Effect.provide(ownApp())))

  const nowhere = [
    { overrides: { "voice.taboos": [], "voice.volume": 11 } },
    { overrides: { "voice.volume": null } },
    { pinned_paths: ["voice.volume"] }
  ]
  it.effect.each(nowhere)(
    "on a path that does not exist is refused, naming it, and nothing changes: %j",
    (patch) =>
      Effect.gen(function*() {
        yield* addBrand("b")
        const { patchOverrides, profile } = yield* Brands
        const refused = yield* Effect.flip(patchOverrides("b", patch))
        assert.include(refused.message, "voice.volume")
        assert.include(refused.message, "voice.tone_tags")
        assert.deepStrictEqual((yield* profile("b")).overrides, noOverrides)
      }).pipe(Effect.provide(ownApp()))
  )
})

describe("answers", () => {
  const wrong: ReadonlyArray<readonly [unknown, string]> = [
    [{ ...answers, "tier0.who_for": ["People"] }, "tier0.who_for"],
    [{ ...answers, "tier1.taboos": "glue" }, "tier1.taboos"],
    [{ ...answers, "tier9.shoe_size": "9" }, "tier9.shoe_size is not a question"],
    [{ ...answers, "tier0.who_for": "x".repeat(2_001) }, "tier0.who_for"],
    ["People who walk.", "the whole"],
    [null, "the whole"]
  ]
  it.effect.each(wrong)(
    "of another shape than the questions are refused, and nothing changes: %#",
    ([input, problem]) =>
      Effect.gen(function*() {
        yield* addBrand("b")
        const { profile, saveAnswers } = yield* Brands
        const refused = yield* Effect.flip(saveAnswers("b", input))
        assert.include(refused.message, problem)
        assert.deepStrictEqual((yield* profile("b")).answers, answers)
      }).pipe(Effect.provide(ownApp()))
  )

  it.effect("may be given to every optional question, some of them as one text or as several", () =>
    Effect.gen(function*() {
      yield* addBrand("b")
      const { profile, saveAnswers } = yield* Brands
      const all = {
        ...answers,
        "tier0.edge": "Only we do.",
        "tier0.tone_words": ["dry", "warm"],
        "tier0.taboos": "glue",
        "tier1.priority_platforms": ["instagram"],
        "tier1.pillars_seed": ["care"],
        "tier1.key_pages": ["https://cobble.example/care"],
        "tier1.differentiators": ["hand-welted"],
        "tier1.taboos": ["glue"],
        "tier1.risk_boundaries": ["none"],
        "tier2.risk_boundaries": ["none"]
      }
      yield* saveAnswers("b", all)
      assert.deepStrictEqual((yield* profile("b")).answers, all)
    }).pipe(Effect.provide(ownApp())))

  it.effect("given at the same time are both kept", () =>
    Effect.gen(function*() {
      yield* addBrand("b")
      const { changeAnswers, profile } = yield* Brands
      const changes = { "tier0.edge": "Only we do.", "tier0.tone_words": ["dry"], "tier1.taboos": ["glue"] }
      yield* Effect.forEach(
        Object.entries(changes),
        ([question, answer]) => changeAnswers("b", { [question]: answer }),
        { concurrency: "unbounded" }
      )
      assert.deepStrictEqual((yield* profile("b")).answers, { ...answers, ...changes })
      assert.include(
        (yield* Effect.flip(changeAnswers("b", { "tier9.size": "9" }))).message,
        "tier9.size is not a question"
      )
      assert.strictEqual((yield* Effect.flip(changeAnswers("nobody", changes)))._tag, "BrandNotFound")
    }).pipe(Effect.provide(ownApp())))

  it.effect("of a brand that does not exist are refused", () =>
    Effect.gen(function*() {
      const { saveAnswers } = yield* Brands
      assert.strictEqual((yield* Effect.flip(saveAnswers("nobody", answers)))._tag, "BrandNotFound")
      assert.deepStrictEqual(yield* (yield* SqlClient.SqlClient)`SELECT * FROM brandbrain_onboarding`, [])
    }).pipe(Effect.provide(ownApp())))
})
