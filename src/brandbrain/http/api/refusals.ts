import * as HttpApiSchema from "@effect/platform/HttpApiSchema"
import { Schema, Struct } from "effect"

/**
 * Everything a request can be refused with.
 *
 * On the wire a refusal is `{error, ...}`: `error` is what `_tag` is here, so
 * that a client can catch it by name.
 */

/** No known token came with the request. */
export class Unauthorized extends Schema.TaggedError<Unauthorized>()("unauthorized", {}) {}

/** Without tokens, only programs on this machine are answered, and this came from a page in a browser or by another name. */
export class Forbidden extends Schema.TaggedError<Forbidden>()("forbidden", { message: Schema.String }) {}

/** The tenant has no such brand. Another tenant's is as one that does not exist. */
export class BrandNotFound extends Schema.TaggedError<BrandNotFound>()("brand_not_found", {}) {}

/** The brand has no such source. */
export class SourceNotFound extends Schema.TaggedError<SourceNotFound>()("source_not_found", {}) {}

/** The brand has no such compile run. */
export class CompileRunNotFound extends Schema.TaggedError<CompileRunNotFound>()("compile_run_not_found", {}) {}

/** The brand has not been compiled yet. */
export class NoSnapshot extends Schema.TaggedError<NoSnapshot>()("no_snapshot", {}) {}

/** There is no such address. */
export class NotFound extends Schema.TaggedError<NotFound>()("not_found", {}) {}

/** The address is there, for other methods. */
export class MethodNotAllowed extends Schema.TaggedError<MethodNotAllowed>()("method_not_allowed", {
  allowed: Schema.Array(Schema.String)
}) {}

/** What is wrong with one member of a body or a query, with what is allowed there. */
export const Issue = Schema.Struct({
  /** Where, as in `answers.tier0.edge`; empty for the whole. */
  path: Schema.String,
  message: Schema.String
})
export type Issue = typeof Issue.Type

/** The body or the query cannot be read. */
export class InvalidRequest extends Schema.TaggedError<InvalidRequest>()("invalid_request", {
  issues: Schema.Array(Issue)
}) {}

/** The body is larger than any request needs. */
export class BodyTooLarge extends Schema.TaggedError<BodyTooLarge>()("body_too_large", {
  limit_bytes: Schema.Int
}) {}

/** The body is not JSON by its own word, or is compressed. */
export class UnsupportedMediaType extends Schema.TaggedError<UnsupportedMediaType>()("unsupported_media_type", {
  message: Schema.String
}) {}

/** One reason why what was asked for cannot be done, for a program and for a person. */
const Reason = <const Codes extends ReadonlyArray<string>>(...codes: Codes) =>
  Schema.Struct({
    code: Schema.Literal(...codes),
    message: Schema.String,
    fields: Schema.optionalWith(Schema.Array(Schema.String), { exact: true })
  })

/** An answer is to no question, or says nothing. Nothing was saved. */
export class InvalidAnswers extends Schema.TaggedError<InvalidAnswers>()("invalid_answers", {
  errors: Schema.Array(Reason("UNKNOWN_QUESTION", "EMPTY_ANSWER"))
}) {}

/** The brand cannot be compiled yet: everything that stands in the way. Nothing was started. */
export class CannotCompile extends Schema.TaggedError<CannotCompile>()("cannot_compile", {
  errors: Schema.Array(Reason("MISSING_TIER0_FIELDS", "NO_ENABLED_SOURCES"))
}) {}

/** The database cannot answer now. The same request may be sent again. */
export class Unavailable extends Schema.TaggedError<Unavailable>()("unavailable", {}) {}

/** A bug, of which the log tells. */
export class InternalError extends Schema.TaggedError<InternalError>()("internal_error", {}) {}

/** The refusal as it is sent: with this status, and `error` in the place of `_tag`. */
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
      // Not a spread: the message of an Error is not enumerable.
      encode: (value) => ({
        error: refusal._tag,
        ...Object.fromEntries(Object.keys(fields).map((name) => [name, value[name as keyof A]]))
      })
    }
  ).annotations(HttpApiSchema.annotations({ status, identifier: refusal.name, description }))
}

/** Those that more than one place answers with, as they are sent. */
export const unauthorized = sent(401, Unauthorized, "No known token came with the request")
export const forbidden = sent(403, Forbidden, "Without HTTP_TOKENS only programs on this machine are answered")
export const notFound = sent(404, NotFound, "There is no such address")
export const methodNotAllowed = sent(405, MethodNotAllowed, "The address is there, for other methods")
export const invalidRequest = sent(
  400,
  InvalidRequest,
  "The body or the query cannot be read: where, and what is allowed there"
)
export const internalError = sent(500, InternalError, "A bug, of which the log tells")
export const unavailable = sent(503, Unavailable, "The database cannot answer now; the same request may be sent again")
