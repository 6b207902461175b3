import { Either, Schema } from "effect"
import { InvalidJob } from "./errors.ts"
import { schemaIssues } from "./schemaIssues.ts"

/** The most that a payload, a result or a progress may take as JSON: 1 MiB of UTF-8. */
export const maxJsonBytes = 1024 * 1024

/**
 * `value` as the JSON text a row keeps, encoded by `schema`. Refused with the
 * path and what was expected there, and never with the value itself.
 */
export const encodeJson = (
  kind: string,
  field: "payload" | "result" | "progress",
  schema: Schema.Schema.Any,
  value: unknown
): Either.Either<string, InvalidJob> =>
  Schema.encodeUnknownEither(schema as Schema.Schema<unknown>)(value).pipe(
    Either.mapLeft((error) => new InvalidJob({ kind, field, allowed: schemaIssues(error) })),
    Either.flatMap((encoded) => toJson(kind, field, encoded))
  )

/** The value that `json` stands for, decoded by `schema`. */
export const decodeJson = (
  kind: string,
  field: "payload",
  schema: Schema.Schema.Any,
  json: unknown
): Either.Either<unknown, InvalidJob> => {
  const decode = Schema.decodeUnknownEither(schema as Schema.Schema<unknown>)
  return decode(json).pipe(
    // A null may be what `toJson` wrote for undefined.
    Either.orElse((error) => json === null ? Either.mapLeft(decode(undefined), () => error) : Either.left(error)),
    Either.mapLeft((error) => new InvalidJob({ kind, field, allowed: schemaIssues(error) }))
  )
}

const toJson = (kind: string, field: string, encoded: unknown): Either.Either<string, InvalidJob> =>
  Either.try({
    // JSON has no undefined, which is what Schema.Void encodes to.
    try: () => JSON.stringify(encoded ?? null) as string | undefined,
    catch: () => new InvalidJob({ kind, field, allowed: "a value that JSON can hold" })
  }).pipe(
    Either.filterOrLeft(
      (json) => json !== undefined,
      () => new InvalidJob({ kind, field, allowed: "a value that JSON can hold" })
    ),
    Either.filterOrLeft(
      (json) => Buffer.byteLength(json) <= maxJsonBytes,
      (json) =>
        new InvalidJob({
          kind,
          field,
          given: `${Buffer.byteLength(json)} bytes of JSON`,
          allowed: `at most ${maxJsonBytes} bytes`
        })
    )
  )
