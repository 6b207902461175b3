import type { ParseResult } from "effect"
import { Inspectable, Schema } from "effect"

/** Reports one message, however many parts of the schema the value fails. */
const expecting = (expected: string) => ({
  message: ({ actual }: ParseResult.ParseIssue) => ({
    message: `expected ${expected}, got ${Inspectable.stringifyCircular(actual)}`,
    override: true
  })
})

const oneText = "a text of at most 2000 characters"
const listOfTexts = "a list of at most 20 texts of at most 2000 characters"

const Answer = Schema.String.pipe(Schema.maxLength(2_000)).annotations(expecting(oneText))
const AnswerList = Schema.Array(Schema.String.pipe(Schema.maxLength(2_000))).pipe(Schema.maxItems(20)).annotations(
  expecting(listOfTexts)
)

/** One text or several, since older forms asked for either. */
const OneOrMore = Schema.Union(Answer, AnswerList).annotations(expecting(`${oneText}, or ${listOfTexts}`))

/**
 * A brand's answers to the onboarding questions. A compile needs the first four; the rest are optional.
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
  "tier1.differentiators": Schema.optionalWith(AnswerList, { exact: true }),
  "tier1.taboos": Schema.optionalWith(AnswerList, { exact: true }),
  "tier1.risk_boundaries": Schema.optionalWith(AnswerList, { exact: true }),
  "tier2.risk_boundaries": Schema.optionalWith(OneOrMore, { exact: true })
})
export type Answers = typeof Answers.Type
export type AnswerKey = keyof Answers

/** The questions that must be answered before a compile. */
export const tier0 = [
  "tier0.what_we_do",
  "tier0.who_for",
  "tier0.primary_goal",
  "tier0.cta_posture"
] as const satisfies ReadonlyArray<AnswerKey>

/** Everything that was answered to the question, without blanks. */
export const answersTo = (answers: Answers, key: AnswerKey): ReadonlyArray<string> =>
  [answers[key] ?? []].flat().map((each) => each.trim()).filter((each) => each !== "")
