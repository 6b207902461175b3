import type { Schema } from "effect"
import { Either, Option, SchemaAST } from "effect"
import type { JsonRefusal } from "./wireValue.ts"
import { encodeJson } from "./wireValue.ts"

/** The most that the encoded error of a failed attempt may take as JSON, in bytes. It is kept in full or not at all. */
export const maxErrorBytes = 8 * 1024

/**
 * The error of a failed attempt as JSON text, encoded by its definition's schema.
 * Undefined if the definition names no schema, or if the error does not fit it or the database:
 * then only the error's text is kept.
 */
export const errorValue = (
  { errorSchema, kind }: { readonly kind: string; readonly errorSchema: Schema.Schema.Any },
  error: Option.Option<unknown>,
  refusal?: JsonRefusal
): string | undefined =>
  SchemaAST.isUnknownKeyword(errorSchema.ast)
    ? undefined
    : Option.getOrUndefined(
      error.pipe(
        Option.flatMap((error) => Either.getRight(encodeJson(kind, "error", errorSchema, error, refusal))),
        Option.filter((json) => Buffer.byteLength(json) <= maxErrorBytes)
      )
    )
