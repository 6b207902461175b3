import * as HttpApiSchema from "@effect/platform/HttpApiSchema"
import { Schema, Struct } from "effect"

/**
 * The refusals that every HTTP API here sends.
 *
 * On the wire a refusal is `{error, ...}`. Its `error` is the `_tag` here, so that a client can catch it by name.
 */

/** The request brought no known token. */
export class Unauthorized extends Schema.TaggedError<Unauthorized>()("unauthorized", {}) {}

/** The caller is known, or needs no token, and may still not ask this. */
export class Forbidden extends Schema.TaggedError<Forbidden>()("forbidden", { message: Schema.String }) {}

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

/** The body is not declared as JSON, or is compressed. */
export class UnsupportedMediaType extends Schema.TaggedError<UnsupportedMediaType>()("unsupported_media_type", {
  message: Schema.String
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

/** The refusals that several places send, where nothing else is to be said of them. */
export const unauthorized = sent(401, Unauthorized, "The request brought no known token")
export const forbidden = sent(403, Forbidden, "The caller may not ask this")
export const notFound = sent(404, NotFound, "There is no such address")
export const methodNotAllowed = sent(405, MethodNotAllowed, "The address takes other methods")
export const invalidRequest = sent(
  400,
  InvalidRequest,
  "The body or the query is not valid; each issue names its path and what is allowed there"
)
export const unsupportedMediaType = sent(415, UnsupportedMediaType, "The body is not JSON, or is compressed")
export const internalError = sent(500, InternalError, "A bug; the log has the details")
export const unavailable = sent(503, Unavailable, "The database cannot answer now; the same request may be sent again")
