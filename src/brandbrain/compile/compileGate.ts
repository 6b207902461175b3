import { Schema } from "effect"
import type { Answers } from "../brands/answers.ts"
import { tier0 } from "../brands/answers.ts"

/** A reason why a brand cannot be compiled yet. */
export const GateReason = Schema.Union(
  Schema.Struct({
    code: Schema.Literal("MISSING_TIER0_FIELDS"),
    fields: Schema.Array(Schema.Literal(...tier0))
  }),
  Schema.Struct({ code: Schema.Literal("NO_ENABLED_SOURCES") })
)
export type GateReason = typeof GateReason.Type

/** Everything that stands in the way of a compile, at once, so that it can be put right at once. */
export const gate = (answers: Answers, enabledSources: number): ReadonlyArray<GateReason> => {
  const fields = tier0.filter((field) => (answers[field] ?? "").trim() === "")
  return [
    ...fields.length === 0 ? [] : [{ code: "MISSING_TIER0_FIELDS", fields } as const],
    ...enabledSources > 0 ? [] : [{ code: "NO_ENABLED_SOURCES" } as const]
  ]
}
