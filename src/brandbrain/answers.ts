import { Schema } from "effect"

const Answer = Schema.String.pipe(Schema.maxLength(2_000))
const Answers_ = Schema.Array(Answer).pipe(Schema.maxItems(20))

/**
 * What a brand said about itself when it was set up. The four of tier 0 are what a compile cannot do without.
 */
export const Answers = Schema.Struct({
  "tier0.what_we_do": Schema.optionalWith(Answer, { exact: true }),
  "tier0.who_for": Schema.optionalWith(Answer, { exact: true }),
  "tier0.primary_goal": Schema.optionalWith(Answer, { exact: true }),
  "tier0.cta_posture": Schema.optionalWith(Answer, { exact: true }),
  "tier1.differentiators": Schema.optionalWith(Answers_, { exact: true }),
  "tier1.taboos": Schema.optionalWith(Answers_, { exact: true }),
  "tier1.risk_boundaries": Schema.optionalWith(Answers_, { exact: true })
})
export type Answers = typeof Answers.Type
export type AnswerKey = keyof Answers

/** The answers without which nothing can be compiled. */
export const tier0 = [
  "tier0.what_we_do",
  "tier0.who_for",
  "tier0.primary_goal",
  "tier0.cta_posture"
] as const satisfies ReadonlyArray<AnswerKey>
