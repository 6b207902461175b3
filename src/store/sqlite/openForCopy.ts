import * as SqlClient from "@effect/sql/SqlClient"
import { Context, Effect } from "effect"
import { CopyFailed, NoDatabase } from "../copy/errors.ts"
import type { CopyDatabase, Insertion, Refuse } from "../copy/CopyDatabase.ts"
import type { Row, Table } from "../copy/Table.ts"
import { tooDeep } from "../copy/tooDeep.ts"
import { identityOf, inWords } from "./databaseFile.ts"
import { sqliteDialect } from "./dialect.ts"
import { checkMigrated, migrateInside } from "./migrations/migrate.ts"
import { newest } from "./migrations/migrations.ts"
import { openClient } from "./openClient.ts"

/** Opens a file to read it, which it must be there for, or to write it, which makes it. */
export const openForCopy = Effect.fn("openForCopy")(function*(filename: string, mode: "read" | "write") {
  if (mode === "read" && identityOf(filename) === undefined) return yield* new NoDatabase({ database: filename })
  const client = Context.get(yield* openClient({ filename, readonly: mode === "read" }), SqlClient.SqlClient)
  const sql = client.withoutTransforms()
  // A file whose WAL is there already is not opened with it.
  if (mode === "write") yield* sql`PRAGMA synchronous = FULL`
  return {
    name: filename,
    sql,
    dialect: sqliteDialect(sql),
    newest,
    identity: () => Effect.succeed(`sqlite ${inWords(identityOf(filename))}`),
    beginSnapshot: "BEGIN",
    selectNow: Effect.clockWith((clock) => Effect.succeed(sql`SELECT ${clock.unsafeCurrentTimeMillis()} AS now`)),
    selectTable: (name) => sql`SELECT 1 FROM sqlite_schema WHERE type = 'table' AND name = ${name}`,
    selectColumns: (table) => sql`SELECT name FROM pragma_table_info(${table})`,
    checkMigrated,
    migrate: migrateInside,
    table: (name) => sql.literal(name),
    prepared: (connection) => connection,
    // It has one writer.
    takeTurn: Effect.void,
    // Texts are in the order of their bytes.
    inOrder: (column) => sql.literal(column),
    insertions
  } satisfies CopyDatabase
}, (opened, filename) =>
  Effect.mapError(
    opened,
    (cause) => cause._tag === "NoDatabase" ? cause : new CopyFailed({ database: filename, cause })
  ))

/** SQLite's texts hold everything that PostgreSQL's do. Its integers have 64 bits, of which JavaScript has 53. */
export const refuse: Refuse = (type, value) => {
  if (value === null) return undefined
  switch (type) {
    case "id":
    case "text":
      return undefined
    case "json":
      return tooDeep(String(value))
    case "int":
    case "instant":
      return Number.isSafeInteger(value) ? undefined : { path: [], allowed: "a whole number of at most 53 bits" }
    case "number":
      return Number.isFinite(value) ? undefined : { path: [], allowed: "a finite number" }
  }
}

/** So many rows that the parameters of a statement stay below SQLite's 32,766, with up to some hundred columns. */
const rowsAtATime = 100

/** As parameters, and not out of JSON: SQLite ends a text that it reads there at U+0000. */
const insertions = ({ columns, name }: Table, rows: ReadonlyArray<Row>): ReadonlyArray<Insertion> => {
  const names = Object.keys(columns)
  const places = `(${names.map(() => "?").join(", ")})`
  const statements: Array<Insertion> = []
  for (let from = 0; from < rows.length; from += rowsAtATime) {
    const some = rows.slice(from, from + rowsAtATime)
    statements.push({
      text: `INSERT INTO ${name} (${names.join(", ")}) VALUES ${some.map(() => places).join(", ")}`,
      parameters: some.flatMap((row) => names.map((column) => row[column] ?? null))
    })
  }
  return statements
}
