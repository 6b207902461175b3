import type { Schema } from "effect"
import { Duration, Either, Inspectable, Option, ParseResult, SchemaAST } from "effect"
import { InvalidJob, InvalidOption } from "./errors.ts"

/** The words for a value that a rule refused, and for what it accepts. */
interface Refusal {
  readonly given: string
  readonly allowed: string
}

/** Reads `given` by a rule of limits.ts. */
export const check = <A, I>(rule: Schema.Schema<A, I>, given: unknown): Either.Either<A, Refusal> =>
  Either.mapLeft(
    ParseResult.decodeUnknownEither(rule)(given),
    () => ({ given: shown(given), allowed: allowedBy(rule) })
  )

/** Reads an option of a worker, a layer or a query. */
export const checkOption = <A, I>(
  option: string,
  rule: Schema.Schema<A, I>,
  given: unknown
): Either.Either<A, InvalidOption> =>
  Either.mapLeft(check(rule, given), (refusal) => new InvalidOption({ option, ...refusal }))

/** Reads an option of a definition or of an enqueue. */
export const checkField = <A, I>(
  kind: string,
  field: string,
  rule: Schema.Schema<A, I>,
  given: unknown
): Either.Either<A, InvalidJob> =>
  Either.mapLeft(check(rule, given), (refusal) => new InvalidJob({ kind, field, ...refusal }))

/** The description of a rule, or the words that it chooses between, as in `"a", "b" or "c"`. */
export const allowedBy = ({ ast }: Schema.Schema.Any): string =>
  Option.getOrElse(
    SchemaAST.getDescriptionAnnotation(ast),
    () => String(ast).replace(/ \| ([^|]*)$/, " or $1").replaceAll(" | ", ", ")
  )

/** A value of an option, for a message. */
export const shown = (given: unknown): string => {
  if (typeof given === "string") return JSON.stringify(given)
  if (Array.isArray(given)) return `[${given.map(shown).join(", ")}]`
  if (Duration.isDuration(given)) return Duration.format(given)
  return given instanceof Date ? String(given) : Inspectable.toStringUnknown(given, 0)
}
