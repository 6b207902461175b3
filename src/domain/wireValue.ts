import type { ParseResult } from "effect"
import { Either, Option, Schema } from "effect"
import { InvalidJob } from "./errors.ts"
import { isJsonSafe } from "./isJsonSafe.ts"
import { jsonLoss } from "./jsonLoss.ts"
import { schemaIssues } from "./schemaIssues.ts"

/** The most that a payload, a result or a progress may take as JSON: 1 MiB of UTF-8. */
export const maxJsonBytes = 1024 * 1024

/** SQLite reads no JSON deeper than 1000. */
const maxNesting = 500

type Field = "payload" | "result" | "progress" | "error"

/** Undefined if a database can hold the JSON text. Otherwise what it accepts and where, such as "text without U+0000 at name". */
export type JsonRefusal = (json: string) => string | undefined

/**
 * `value` as the JSON text that a row keeps, encoded by `schema`. Refuses a value
 * that would come back as another one, or that the database cannot hold, and names
 * the path and what was expected there, but never the value.
 */
export const encodeJson = (
  kind: string,
  field: Field,
  schema: Schema.Schema.Any,
  value: unknown,
  refusal?: JsonRefusal
): Either.Either<string, InvalidJob> =>
  unlessItThrows(kind, field, () => Schema.encodeUnknownEither(schema as Schema.Schema<unknown>)(value)).pipe(
    Either.flatMap((encoded) => toJson(kind, field, encoded, isJsonSafe(schema))),
    Either.flatMap((json) => {
      const allowed = refusal?.(json)
      return allowed === undefined ? Either.right(json) : Either.left(new InvalidJob({ kind, field, allowed }))
    })
  )

/** The value that `json` stands for, decoded by `schema`. `json` is undefined where the text was not JSON. */
export const decodeJson = (
  kind: string,
  field: Field,
  schema: Schema.Schema.Any,
  json: unknown
): Either.Either<unknown, InvalidJob> => {
  if (json === undefined) return Either.left(new InvalidJob({ kind, field, allowed: "JSON" }))
  return unlessItThrows(kind, field, () => {
    const decode = Schema.decodeUnknownEither(schema as Schema.Schema<unknown>)
    return decode(json).pipe(
      // A null may be what `toJson` wrote for undefined.
      Either.orElse((error) => json === null ? Either.mapLeft(decode(undefined), () => error) : Either.left(error))
    )
  })
}

/** `value` as JSON text that decodes again: a payload that does not would fail only when the job runs. */
export const encodePayload = (
  kind: string,
  schema: Schema.Schema.Any,
  value: unknown,
  refusal?: JsonRefusal
): Either.Either<string, InvalidJob> =>
  Either.flatMap(
    encodeJson(kind, "payload", schema, value, refusal),
    (json) => Either.map(decodeJson(kind, "payload", schema, JSON.parse(json)), () => json)
  )

/** A schema's own code may throw, and what it throws can show the value. */
const unlessItThrows = <A>(kind: string, field: Field, step: () => Either.Either<A, ParseResult.ParseError>) => {
  const refused = (allowed: string) => new InvalidJob({ kind, field, allowed })
  return Either.try({ try: step, catch: () => refused("a value that its schema can take without throwing") }).pipe(
    Either.flatMap(Either.mapLeft((error) => refused(schemaIssues(error))))
  )
}

const toJson = (
  kind: string,
  field: Field,
  encoded: unknown,
  isSafe: boolean
): Either.Either<string, InvalidJob> => {
  const noJson = () => new InvalidJob({ kind, field, allowed: "a value that JSON can hold" })
  // JSON has no undefined, which is what Schema.Void encodes to.
  const stringify = () => JSON.stringify(encoded ?? null) as string | undefined
  return Either.try({ try: stringify, catch: noJson }).pipe(
    Either.filterOrLeft((json) => json !== undefined, noJson),
    Either.filterOrLeft(
      (json) => Buffer.byteLength(json) <= maxJsonBytes,
      (json) =>
        new InvalidJob({
          kind,
          field,
          given: `${Buffer.byteLength(json)} bytes of JSON`,
          allowed: `at most ${maxJsonBytes} bytes`
        })
    ),
    Either.filterOrLeft(
      // A shorter text cannot be deeper.
      (json) => json.length <= 2 * maxNesting || nesting(json) <= maxNesting,
      () => new InvalidJob({ kind, field, allowed: `at most ${maxNesting} levels of nesting` })
    ),
    Either.flatMap((json) =>
      Option.match(isSafe ? Option.none() : jsonLoss(encoded ?? null), {
        onNone: () => Either.right(json),
        onSome: (allowed) => Either.left(new InvalidJob({ kind, field, allowed }))
      })
    )
  )
}

/** The depth to which arrays and objects are nested. For a string of some 7 MiB the pattern would make V8 throw. */
const nesting = (json: string): number => {
  let depth = 0
  let deepest = 0
  for (const [mark] of json.matchAll(/"(?:[^"\\]|\\.)*"|[[\]{}]/g)) {
    if (mark === "[" || mark === "{") deepest = Math.max(deepest, ++depth)
    else if (mark === "]" || mark === "}") depth--
  }
  return deepest
}
