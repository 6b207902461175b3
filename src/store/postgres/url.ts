import { Either, Redacted } from "effect"
import { InvalidOption, StoreError } from "../../domain/errors.ts"
import { readDatabaseUrl } from "../databaseUrl.ts"

/** The URL of a server, as an option has it. The driver tells little of one that it cannot read. */
export const readUrl = (
  option: "url" | "listenUrl",
  url: Redacted.Redacted
): Either.Either<Redacted.Redacted, StoreError> =>
  Either.flatMap(
    Either.mapLeft(readDatabaseUrl(Redacted.value(url)), (refusal) => refused({ option, ...refusal })),
    ({ database }) =>
      database === "postgresql"
        ? Either.right(url)
        : Either.left(refused({
          option,
          given: `a URL of ${database}`,
          allowed: "postgres://<user>:<password>@<host>:<port>/<database>"
        }))
  )

/** The option of the connection that listens. */
export const readListenUrl = (
  given: Redacted.Redacted | false | undefined
): Either.Either<Redacted.Redacted | false | undefined, StoreError> =>
  given === undefined || given === false ? Either.right(given) : readUrl("listenUrl", given)

const refused = (refusal: { readonly option: string; readonly given: string; readonly allowed: string }) =>
  new StoreError({ operation: "open", cause: new InvalidOption(refusal) })
