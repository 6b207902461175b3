import type * as SqlError from "@effect/sql/SqlError"
import { Effect, Stream } from "effect"
import { batches } from "./batches.ts"
import { rowName } from "./checks.ts"
import { CopyFailed, RowsRefused } from "./errors.ts"
import type { Reader } from "./Reader.ts"
import type { Row, Table } from "./Table.ts"

/** Inserts all rows of a table of the source into the target's, batch by batch, in the target's open transaction. */
export const transfer = <E, R>(
  source: Reader,
  target: Reader,
  table: Table,
  onRows: (rows: number) => Effect.Effect<void, E, R>
) =>
  Stream.runForEach(batches(source, table), ({ rows }) =>
    Effect.forEach(
      target.database.insertions(table, rows),
      ({ parameters, text }) => target.connection.execute(text, parameters, undefined),
      { discard: true }
    ).pipe(
      Effect.mapError((cause) => refused(target, table, rows, cause)),
      Effect.zipRight(onRows(rows.length))
    ))

/** A database does not always say which of the rows it refuses. */
const refused = ({ database }: Reader, table: Table, rows: ReadonlyArray<Row>, cause: SqlError.SqlError) => {
  if (!database.dialect.isOfARow(cause)) return new CopyFailed({ database: database.name, cause })
  const [first, last] = [rows[0], rows.at(-1)].map((row) => row === undefined ? "" : rowName(table, row))
  return new RowsRefused({ target: database.name, table: table.name, first: first ?? "", last: last ?? "", cause })
}
