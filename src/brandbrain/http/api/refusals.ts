import { Schema } from "effect"
import { Forbidden, sent } from "../../../web/refusals.ts"

/**
 * The refusals that only BrandBrain sends.
 *
 * On the wire a refusal is `{error, ...}`. Its `error` is the `_tag` here, so that a client can catch it by name.
 */

/** The tenant has no such brand. Another tenant's brand counts as missing. */
export class BrandNotFound extends Schema.TaggedError<BrandNotFound>()("brand_not_found", {}) {}

/** The brand has no such source. */
export class SourceNotFound extends Schema.TaggedError<SourceNotFound>()("source_not_found", {}) {}

/** The brand has no such compile run. */
export class CompileRunNotFound extends Schema.TaggedError<CompileRunNotFound>()("compile_run_not_found", {}) {}

/** The brand has not been compiled yet. */
export class NoSnapshot extends Schema.TaggedError<NoSnapshot>()("no_snapshot", {}) {}

/** The body is larger than any request needs. */
export class BodyTooLarge extends Schema.TaggedError<BodyTooLarge>()("body_too_large", {
  limit_bytes: Schema.Int
}) {}

/** One reason for a refusal, for programs and for people. */
const Reason = <const Codes extends ReadonlyArray<string>>(...codes: Codes) =>
  Schema.Struct({
    code: Schema.Literal(...codes),
    message: Schema.String,
    fields: Schema.optionalWith(Schema.Array(Schema.String), { exact: true })
  })

/** An answer is blank, or its question is unknown. Nothing was saved. */
export class InvalidAnswers extends Schema.TaggedError<InvalidAnswers>()("invalid_answers", {
  errors: Schema.Array(Reason("UNKNOWN_QUESTION", "EMPTY_ANSWER"))
}) {}

/** The brand can't be compiled yet. Lists every obstacle; nothing was started. */
export class CannotCompile extends Schema.TaggedError<CannotCompile>()("cannot_compile", {
  errors: Schema.Array(Reason("MISSING_TIER0_FIELDS", "NO_ENABLED_SOURCES"))
}) {}

/** As BrandBrain sends it. */
export const forbidden = sent(403, Forbidden, "Without HTTP_TOKENS only programs on this machine are answered")
