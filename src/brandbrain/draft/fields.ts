import { answersTo } from "../brands/answers.ts"
import type { AnswerKey, Answers } from "../brands/answers.ts"
import type { EvidenceItem } from "../evidence/EvidenceItem.ts"
import type { Backing, Field } from "./Draft.ts"

/** Confidence in a statement that an answer backs. */
const answeredConfidence = 0.9

/** A statement cites at most this many items, which is enough to check it. */
const maxCited = 5

const field = (value: unknown, confidence: number, sources: ReadonlyArray<Backing>): Field => ({
  value,
  confidence,
  sources,
  locked: false,
  override_value: null
})

/** A statement that answers to these questions back. It may cite evidence as well. */
export const backedByAnswers = (
  value: unknown,
  keys: ReadonlyArray<AnswerKey>,
  evidence: ReadonlyArray<Backing> = []
): Field => field(value, answeredConfidence, [...keys.map((id): Backing => ({ type: "answer", id })), ...evidence])

/** A list that only evidence backs. More items make it surer, but never as sure as an answer. Empty without items. */
export const backedByEvidence = (value: ReadonlyArray<unknown>, backing: ReadonlyArray<EvidenceItem>): Field => {
  const items = [...new Set(backing)]
  return value.length === 0 || items.length === 0
    ? field([], 0, [])
    : field(value, Math.min(80, 30 + 5 * items.length) / 100, cite(items))
}

/** Cites the first few of the items. */
export const cite = (items: ReadonlyArray<EvidenceItem>): ReadonlyArray<Backing> =>
  items.slice(0, maxCited).map(({ id }) => ({ type: "evidence", id }))

/** The answer to the question. Null with confidence 0 when it was not answered. */
export const answered = (answers: Answers, key: AnswerKey): Field => {
  const [answer] = answersTo(answers, key)
  return answer === undefined ? field(null, 0, []) : backedByAnswers(answer, [key])
}

/** Everything answered to any of these questions, each once. Takes `otherwise` when none was answered. */
export const answeredOr = (answers: Answers, keys: ReadonlyArray<AnswerKey>, otherwise: () => Field): Field => {
  const given = keys.filter((key) => answersTo(answers, key).length > 0)
  return given.length === 0
    ? otherwise()
    : backedByAnswers([...new Set(given.flatMap((key) => answersTo(answers, key)))], given)
}

/** Lowers the confidence to the part of the evidence that was understood, from 0 to 1. */
export const lessSure = (field: Field, understood: number): Field => ({
  ...field,
  confidence: Math.round(field.confidence * understood * 100) / 100
})
