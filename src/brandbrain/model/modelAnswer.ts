import { Either, Schema } from "effect"
import type { DraftPath } from "../brands/DraftPath.ts"
import type { Draft, Field } from "../draft/Draft.ts"
import { mapFields } from "../draft/Draft.ts"
import type { DraftInput } from "../draft/synthesise.ts"

const Statement = Schema.Struct({
  text: Schema.String.pipe(Schema.minLength(1), Schema.maxLength(300)),
  evidence_ids: Schema.Array(Schema.String).pipe(Schema.minItems(1), Schema.maxItems(20))
})
type Statement = typeof Statement.Type

const Statements = Schema.Array(Statement).pipe(Schema.maxItems(8))

/** The answer that a model is asked for: the statements that rules can only guess at. */
export const ModelAnswer = Schema.Struct({
  differentiators: Statements,
  tone_tags: Statements,
  content_pillars: Statements
})
export type ModelAnswer = typeof ModelAnswer.Type

/** Refuses an answer that names evidence which does not exist, since nobody can check it. */
export const checkEvidence = (answer: ModelAnswer, { bundle }: DraftInput): Either.Either<ModelAnswer, string> => {
  const known = new Set(bundle.map(({ id }) => id))
  const invented = Object.values(answer).flat().flatMap(({ evidence_ids }) => evidence_ids).filter((id) =>
    !known.has(id)
  )
  return invented.length === 0
    ? Either.right(answer)
    : Either.left(`its answer names ${new Set(invented).size} pieces of evidence that do not exist`)
}

/** The rules' draft with a model's statements where no answer of the brand stands behind what the rules say. */
export const withStatements = (draft: Draft, answer: ModelAnswer): Draft => {
  const written: Partial<Record<DraftPath, ReadonlyArray<Statement>>> = {
    "positioning.differentiators": answer.differentiators,
    "voice.tone_tags": answer.tone_tags,
    "content.content_pillars": answer.content_pillars
  }
  return mapFields(draft, (path, field) => {
    const statements = written[path]
    const isAnswered = field.sources.some(({ type }) => type === "answer")
    return statements === undefined || isAnswered ? field : fieldOf(statements)
  })
}

/** A statement cites at most this much evidence: enough to check it by. */
const cited = 5

const fieldOf = (statements: ReadonlyArray<Statement>): Field => {
  const ids = [...new Set(statements.flatMap(({ evidence_ids }) => evidence_ids))]
  return {
    value: [...new Set(statements.map(({ text }) => text.trim()))],
    confidence: ids.length === 0 ? 0 : Math.min(80, 30 + 5 * ids.length) / 100,
    sources: ids.slice(0, cited).map((id) => ({ type: "evidence", id })),
    locked: false,
    override_value: null
  }
}
