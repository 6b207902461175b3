import { assert, describe, it } from "@effect/vitest"
import { noOverrides } from "../../../src/brandbrain/brands/Overrides.ts"
import { applyOverrides } from "../../../src/brandbrain/draft/applyOverrides.ts"
import { diffSnapshots } from "../../../src/brandbrain/snapshots/SnapshotDiff.ts"
import { draftOfAnswers } from "../draft/draftOfAnswers.ts"

describe("a snapshot's diff", () => {
  const previous = { version: 3, snapshot: draftOfAnswers() }

  it("names what a statement said and says, and what lists gained and lost", () => {
    const next = draftOfAnswers({ "tier0.who_for": "Postmen.", "tier1.taboos": ["haste", "rubber"] })
    assert.deepStrictEqual(diffSnapshots(previous, next), {
      previous_version: 3,
      changes: [
        { path: "positioning.who_for", before: "People who walk.", after: "Postmen." },
        { path: "voice.taboos", added: ["rubber"], removed: ["glue"] }
      ]
    })
  })

  it("goes by what is said, overrides included, and is empty when that is the same", () => {
    const overrides = { ...noOverrides, overrides: { "positioning.who_for": "Postmen." } }
    assert.deepStrictEqual(diffSnapshots(previous, applyOverrides(draftOfAnswers(), overrides, null)).changes, [
      { path: "positioning.who_for", before: "People who walk.", after: "Postmen." }
    ])
    assert.deepStrictEqual(diffSnapshots(previous, draftOfAnswers()).changes, [])
    assert.deepStrictEqual(diffSnapshots(null, draftOfAnswers()), { previous_version: null, changes: [] })
  })
})
