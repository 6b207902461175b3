import * as HttpApiSchema from "@effect/platform/HttpApiSchema"
import { Schema, Struct } from "effect"

/**
 * Every refusal of a request.
 *
 * On the wire a refusal is `{error, ...}`. Its `error` is the `_tag` here, so that a client can catch it by name.
 */

/** The request brought no known token. */
export class Unauthorized extends Schema.TaggedError<Unauthorized>()("unauthorized", {}) {}

/** Without tokens only programs on this machine are answered. This came from a web page or by another host name. */
export class Forbidden extends Schema.TaggedError<Forbidden>()("forbidden", { message: Schema.String }) {}

/** The tenant has no such brand. Another tenant's brand counts as missing. */
export class BrandNotFound extends Schema.TaggedError<BrandNotFound>()("brand_not_found", {}) {}

/** The brand has no such source. */
export class SourceNotFound extends Schema.TaggedError<SourceNotFound>()("source_not_found", {}) {}

/** The brand has no such compile run. */
export class CompileRunNotFound extends Schema.TaggedError<CompileRunNotFound>()("compile_run_not_found", {}) {}

/** The brand has not been compiled yet. */
export class NoSnapshot extends Schema.TaggedError<NoSnapshot>()("no_snapshot", {}) {}

/** There is no such address. */
export class NotFound extends Schema.TaggedError<NotFound>()("not_found", {}) {}

/** The address takes other methods. */
export class MethodNotAllowed extends Schema.TaggedError<MethodNotAllowed>()("method_not_allowed", {
  allowed: Schema.Array(Schema.String)
}) {}

/** One problem of a body or query, with what is allowed there. */
export const Issue = Schema.Struct({
  /** As in `answers.tier0.edge`; empty for the whole. */
  path: Schema.String,
  message: Schema.String
})
export type Issue = typeof Issue.Type

/** The body or the query is not valid. */
export class InvalidRequest extends Schema.TaggedError<InvalidRequest>()("invalid_request", {
  issues: Schema.Array(Issue)
}) {}

/** The body is larger than any request needs. */
export class BodyTooLarge extends Schema.TaggedError<BodyTooLarge>()("body_too_large", {
  limit_bytes: Schema.Int
}) {}

/** The body is not declared as JSON, or is compressed. */
export class UnsupportedMediaType extends Schema.TaggedError<UnsupportedMediaType>()("unsupported_media_type", {
  message: Schema.String
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

/** The database cannot answer now. The same request may be sent again. */
export class Unavailable extends Schema.TaggedError<Unavailable>()("unavailable", {}) {}

/** A bug. The log has the details. */
export class InternalError extends Schema.TaggedError<InternalError>()("internal_error", {}) {}

/** The refusal as it is sent: with this status, and with `error` instead of `_tag`. */
export const sent = <A extends { readonly _tag: string }, Tag extends string, Fields extends Schema.Struct.Fields>(
  status: number,
  refusal: Schema.TaggedErrorClass<A, Tag, Fields>,
  description: string
): Schema.Schema<A, { readonly error: Tag }> => {
  const { _tag, ...fields } = refusal.fields
  return Schema.transform(
    Schema.Struct({ error: Schema.Literal(refusal._tag), ...fields }) as unknown as Schema.Schema<
      { readonly error: Tag }
    >,
    Schema.typeSchema(refusal) as Schema.Schema<A>,
    {
      strict: true,
      decode: (values) => new (refusal as unknown as new(values: object) => A)(Struct.omit(values, "error")),
      // A spread would lose the message, which is not enumerable on an Error.
      encode: (value) => ({
        error: refusal._tag,
        ...Object.fromEntries(Object.keys(fields).map((name) => [name, value[name as keyof A]]))
      })
    }
  ).annotations(HttpApiSchema.annotations({ status, identifier: refusal.name, description }))
}

/** The refusals that several places send. */
export const unauthorized = sent(401, Unauthorized, "The request brought no known token")
export const forbidden = sent(403, Forbidden, "Without HTTP_TOKENS only programs on this machine are answered")
export const notFound = sent(404, NotFound, "There is no such address")
export const methodNotAllowed = sent(405, MethodNotAllowed, "The address takes other methods")
export const invalidRequest = sent(
  400,
  InvalidRequest,
  "The body or the query is not valid; each issue names its path and what is allowed there"
)
export const internalError = sent(500, InternalError, "A bug; the log has the details")
export const unavailable = sent(503, Unavailable, "The database cannot answer now; the same request may be sent again")
