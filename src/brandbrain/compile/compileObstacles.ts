import { Schema } from "effect"
import { tier0 } from "../brands/answers.ts"
import type { Answers } from "../brands/answers.ts"

/** One reason why a brand can't be compiled yet. */
export const Obstacle = Schema.Union(
  Schema.Struct({
    code: Schema.Literal("MISSING_TIER0_FIELDS"),
    fields: Schema.Array(Schema.Literal(...tier0))
  }),
  Schema.Struct({ code: Schema.Literal("NO_ENABLED_SOURCES") })
)
export type Obstacle = typeof Obstacle.Type

/** Finds every obstacle at once, so that they can be fixed at once. Empty when the brand can be compiled. */
export const findObstacles = (answers: Answers, enabledSources: number): ReadonlyArray<Obstacle> => {
  const fields = tier0.filter((field) => (answers[field] ?? "").trim() === "")
  return [
    ...fields.length === 0 ? [] : [{ code: "MISSING_TIER0_FIELDS", fields } as const],
    ...enabledSources > 0 ? [] : [{ code: "NO_ENABLED_SOURCES" } as const]
  ]
}
