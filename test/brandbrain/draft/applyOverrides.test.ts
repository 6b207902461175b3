import { assert, describe, it } from "@effect/vitest"
import { noOverrides } from "../../../src/brandbrain/brands/Overrides.ts"
import { applyOverrides } from "../../../src/brandbrain/draft/applyOverrides.ts"
import { draftOfAnswers } from "./draftOfAnswers.ts"

describe("an override", () => {
  it("says something else than what was found, keeps what was found, and locks the path", () => {
    const overrides = { ...noOverrides, overrides: { "positioning.who_for": "Postmen." } }
    const { positioning } = applyOverrides(draftOfAnswers(), overrides, null)
    assert.deepInclude(positioning.who_for, { value: "People who walk.", override_value: "Postmen.", locked: true })
    assert.isFalse(positioning.what_we_do.locked)
  })
})

describe("a pinned path", () => {
  const pinned = { ...noOverrides, pinned_paths: ["positioning.who_for"] }

  it("is locked, and goes on saying what it said in the snapshot before", () => {
    const next = applyOverrides(draftOfAnswers({ "tier0.who_for": "Everyone." }), pinned, draftOfAnswers())
    assert.deepInclude(next.positioning.who_for, { value: "People who walk.", locked: true, override_value: null })
  })

  it("says what was found when there is no snapshot before", () => {
    assert.deepInclude(applyOverrides(draftOfAnswers(), pinned, null).positioning.who_for, {
      value: "People who walk.",
      locked: true
    })
  })
})
