import { Either } from "effect"
import { checkOption } from "../../domain/check.ts"
import { StoreError } from "../../domain/errors.ts"
import { SchemaName } from "../../domain/limits.ts"

/** The option, if it is given. */
export const readSchema = (given: string | undefined): Either.Either<string | undefined, StoreError> =>
  given === undefined ? Either.right(undefined) : Either.mapLeft(
    checkOption("schema", SchemaName, given),
    (cause) => new StoreError({ operation: "open", cause })
  )

/** A name as SQL has it, in which capitals and signs stay as they are. */
export const quoted = (name: string): string => `"${name.replaceAll("\"", "\"\"")}"`

/** A table in a schema, or in the first schema of the search path that has it. */
export const tableIn = (schema: string | undefined, table: string): string =>
  schema === undefined ? table : `${quoted(schema)}.${table}`

/** PostgreSQL cuts the names of its channels, as all names, after so many bytes. */
const longestName = 63

/** The channel of NOTIFY for the tables in a schema. Two schemas with long names may share one: it carries hints only. */
export const channelOf = (schema: string): string => {
  let channel = `holdfast_${schema}`
  while (Buffer.byteLength(channel) > longestName) channel = channel.slice(0, -1)
  return channel
}
