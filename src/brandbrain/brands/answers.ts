import type { ParseResult } from "effect"
import { Inspectable, Schema } from "effect"

/** Says what is expected, however many parts of the schema it does not fit. */
const expecting = (expected: string) => ({
  message: ({ actual }: ParseResult.ParseIssue) => ({
    message: `expected ${expected}, got ${Inspectable.stringifyCircular(actual)}`,
    override: true
  })
})

const text = "a text of at most 2000 characters"
const texts = "a list of at most 20 texts of at most 2000 characters"

const Answer = Schema.String.pipe(Schema.maxLength(2_000)).annotations(expecting(text))
const Answers_ = Schema.Array(Schema.String.pipe(Schema.maxLength(2_000))).pipe(Schema.maxItems(20)).annotations(
  expecting(texts)
)

/** One thing or several, as an older form may have asked for either. */
const OneOrMore = Schema.Union(Answer, Answers_).annotations(expecting(`${text}, or ${texts}`))

/**
 * What a brand said about itself when it was set up. The first four are what a compile cannot do without; the rest are optional.
 */
export const Answers = Schema.Struct({
  "tier0.what_we_do": Schema.optionalWith(Answer, { exact: true }),
  "tier0.who_for": Schema.optionalWith(Answer, { exact: true }),
  "tier0.primary_goal": Schema.optionalWith(Answer, { exact: true }),
  "tier0.cta_posture": Schema.optionalWith(Answer, { exact: true }),
  "tier0.edge": Schema.optionalWith(OneOrMore, { exact: true }),
  "tier0.tone_words": Schema.optionalWith(OneOrMore, { exact: true }),
  "tier0.taboos": Schema.optionalWith(OneOrMore, { exact: true }),
  "tier1.priority_platforms": Schema.optionalWith(OneOrMore, { exact: true }),
  "tier1.pillars_seed": Schema.optionalWith(OneOrMore, { exact: true }),
  "tier1.key_pages": Schema.optionalWith(OneOrMore, { exact: true }),
  "tier1.differentiators": Schema.optionalWith(Answers_, { exact: true }),
  "tier1.taboos": Schema.optionalWith(Answers_, { exact: true }),
  "tier1.risk_boundaries": Schema.optionalWith(Answers_, { exact: true }),
  "tier2.risk_boundaries": Schema.optionalWith(OneOrMore, { exact: true })
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

/** All that was answered to a question, each with something in it. */
export const said = (answers: Answers, key: AnswerKey): ReadonlyArray<string> =>
  [answers[key] ?? []].flat().map((each) => each.trim()).filter((each) => each !== "")
