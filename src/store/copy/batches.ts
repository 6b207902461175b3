import type * as Statement from "@effect/sql/Statement"
import { Chunk, Effect, Option, Stream } from "effect"
import { EventLoop } from "../../platform/EventLoop.ts"
import type { CopyDatabase } from "./CopyDatabase.ts"
import type { CopyFailed } from "./errors.ts"
import type { Reader } from "./Reader.ts"
import type { ColumnType, Row, Table, Value } from "./Table.ts"

/** A row's values in the columns of the key. */
export type Key = ReadonlyArray<Value>

/** Rows that follow each other by their key. */
export interface Batch {
  /** The key of the row before; none before the first. */
  readonly after: Option.Option<Key>
  readonly rows: ReadonlyArray<Row>
}

/** So many rows, or so many bytes of them, are read at once, and always at least one row. A payload has at most 1 MiB. */
export const atOnce = { rows: 500, bytes: 4 * 1024 * 1024 }

export const keyOf = ({ key }: Table, row: Row): Key => key.map((column) => row[column] ?? null)

/** The rows of a table behind a key, or all, in batches by key. Lets the event loop turn between two. */
export const batches = (
  reader: Reader,
  table: Table,
  start: Option.Option<Key> = Option.none()
): Stream.Stream<Batch, CopyFailed> =>
  Stream.paginateChunkEffect(start, (after) =>
    Effect.gen(function*() {
      yield* Effect.flatMap(EventLoop, ({ turn }) => turn)
      const upTo = yield* lastOfBatch(reader, table, after)
      if (Option.isNone(upTo)) return [Chunk.empty<Batch>(), Option.none<Option.Option<Key>>()]
      const rows = yield* rowsBetween(reader, table, after, upTo)
      return [Chunk.of({ after, rows }), Option.some(upTo)]
    }))

/** The rows behind one key, up to another and with it. */
export const rowsBetween = (
  { database, rows }: Reader,
  table: Table,
  after: Option.Option<Key>,
  upTo: Option.Option<Key>
) => {
  const { sql } = database
  const columns = Object.entries(table.columns).map(([column, type]) => readColumn(database, column, type))
  return rows<Row>(
    sql`SELECT ${sql.csv(columns)}
    FROM ${database.table(table.name)} ${where(database, table, after, upTo)} ORDER BY ${orderOf(database, table)}`
  )
}

export const countRows = ({ database, rows }: Reader, table: Table) =>
  Effect.map(
    rows<{ readonly rows: number }>(
      database.sql`SELECT ${database.dialect.count()} AS rows FROM ${database.table(table.name)}`
    ),
    ([row]) => row?.rows ?? 0
  )

/** The key of the last row that goes into the batch behind a key. Reads sizes only, so that no batch is larger than it may be. */
const lastOfBatch = ({ database, rows }: Reader, table: Table, after: Option.Option<Key>) => {
  const { dialect, sql } = database
  return Effect.map(
    rows<Row & { readonly bytes: number }>(
      sql`SELECT ${sql.literal(table.key.join(", "))}, ${bytesOf(database, table)} AS bytes
      FROM ${database.table(table.name)} ${where(database, table, after, Option.none())}
      ORDER BY ${orderOf(database, table)} ${dialect.atMost(atOnce.rows)}`
    ),
    (found) => {
      let room = atOnce.bytes
      let last = found[0]
      for (const row of found) {
        room -= row.bytes
        if (room < 0) break
        last = row
      }
      return Option.map(Option.fromNullable(last), (row) => keyOf(table, row))
    }
  )
}

const readColumn = ({ dialect, sql }: CopyDatabase, column: string, type: ColumnType): Statement.Fragment => {
  const { jsonText, millis } = dialect
  const read = type === "instant" ? millis(column) : type === "json" ? jsonText(column) : sql.literal(column)
  return sql`${read} AS ${sql.literal(column)}`
}

const bytesOf = ({ dialect, sql }: CopyDatabase, { columns }: Table): Statement.Fragment => {
  const { jsonBytes } = dialect
  const sizes = Object.entries(columns).flatMap(([column, type]) =>
    type === "json"
      ? sql`COALESCE(${jsonBytes(column)}, 0)`
      : type === "text"
      ? sql.literal(`COALESCE(octet_length(${column}), 0)`)
      : []
  )
  return sizes.reduce((sum, size) => sql`${sum} + ${size}`, sql.literal("0"))
}

/** The columns of the key, each as the order of the rows has it. */
const orderOf = ({ inOrder, sql }: CopyDatabase, { columns, key }: Table) =>
  sql.csv(key.map((column) => inOrder(column, columns[column] ?? "text")))

const where = (
  database: CopyDatabase,
  table: Table,
  after: Option.Option<Key>,
  upTo: Option.Option<Key>
): Statement.Fragment => {
  const { sql } = database
  const { key } = table
  const columns = key.length === 1 ? orderOf(database, table) : sql`(${orderOf(database, table)})`
  const values = (of: Key) => key.length === 1 ? sql`${of[0]}` : sql`(${sql.csv(of.map((value) => sql`${value}`))})`
  const conditions = [
    ...Option.toArray(Option.map(after, (of) => sql`${columns} > ${values(of)}`)),
    ...Option.toArray(Option.map(upTo, (of) => sql`${columns} <= ${values(of)}`))
  ]
  return conditions.length === 0 ? sql.literal("") : sql`WHERE ${sql.and(conditions)}`
}
