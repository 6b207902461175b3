import type * as SqlConnection from "@effect/sql/SqlConnection"
import * as SqlClient from "@effect/sql/SqlClient"
import { Context, Effect, Schema } from "effect"
import { JobId } from "../../domain/JobId.ts"
import type { Dialect } from "../Differences.ts"
import type { DatabaseUrl } from "../databaseUrl.ts"
import { CopyFailed } from "../copy/errors.ts"
import type { CopyDatabase, Insertion, Refusal, Refuse } from "../copy/CopyDatabase.ts"
import type { Row, Table, Value } from "../copy/Table.ts"
import { isStoreError, StoreError } from "../../domain/errors.ts"
import { tooDeep } from "../copy/tooDeep.ts"
import { controlling, defaultLimit } from "./answering.ts"
import { postgresDialect } from "./dialect.ts"
import { allowedFor, refusedAt } from "./jsonRefusal.ts"
import { checkMigrated, migrate } from "./migrations/migrate.ts"
import { newest } from "./migrations/migrations.ts"
import { openClient } from "./openClient.ts"
import { tableIn } from "./schema.ts"

/** Opens a database to copy from it or to it. Opening changes nothing. */
export const openForCopy = Effect.fn("openForCopy")(
  function*({ name, url }: DatabaseUrl & { readonly database: "postgresql" }, schema: string | undefined) {
    // An interrupted statement is cancelled over a connection of its own.
    const opened = yield* openClient({ url, maxConnections: 2, applicationName: "holdfast copy" })
    const sql = Context.get(opened, SqlClient.SqlClient).withoutTransforms()
    const dialect = postgresDialect(sql, schema)
    const placeOf = (table: string) => tableIn(isOurs(table) ? schema : undefined, table)
    return {
      name: schema === undefined ? name : `${name}, schema ${schema}`,
      sql,
      dialect,
      newest,
      table: (name) => sql.literal(placeOf(name)),
      // Its statements end when they are interrupted, and those that begin and end a transaction after a while.
      prepared: (connection) => controlling(connection, defaultLimit),
      takeTurn: Effect.asVoid(
        sql`SELECT pg_advisory_xact_lock(${sql.literal(String(turn))}, hashtext(${schema ?? ""}))`
      ),
      identity: identity(schema),
      beginSnapshot: "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY",
      selectNow: Effect.succeed(sql`SELECT ${dialect.millis("statement_timestamp()")} AS now`),
      selectTable: (name) => sql`SELECT 1 WHERE to_regclass(${placeOf(name)}) IS NOT NULL`,
      selectColumns: (table) =>
        sql`SELECT attname AS name FROM pg_attribute
        WHERE attrelid = to_regclass(${placeOf(table)}) AND attnum > 0 AND NOT attisdropped`,
      checkMigrated: Effect.asVoid(checkMigrated(defaultLimit, schema)),
      migrate: Effect.asVoid(keepingPath(sql, migrate(defaultLimit, schema))),
      // In the order of a language "a" comes before "B".
      inOrder: (column, type) => sql.literal(type === "text" ? `${column} COLLATE "C"` : column),
      insertions: (table, rows) => [insertionOf(dialect, placeOf(table.name), table, rows)]
    } satisfies CopyDatabase
  },
  (opened, { name }) => Effect.mapError(opened, (cause) => new CopyFailed({ database: name, cause }))
)

/**
 * When the server was started, to the microsecond, and the database and schema in
 * it: a server can have several names and addresses, and its own number takes a
 * right to read.
 */
const identity = (schema: string | undefined) => (connection: SqlConnection.Connection) =>
  Effect.map(
    connection.executeValues(
      `SELECT concat_ws(' ', 'postgresql', extract(epoch FROM pg_postmaster_start_time()), oid, COALESCE($1, current_schema()))
      FROM pg_database WHERE datname = current_database()`,
      [schema ?? null]
    ),
    ([row]) => String(row?.[0])
  )

/** Of copies to one schema one writes. The number is "copy" in ASCII. */
const turn = 0x636f7079

/** Holdfast's own tables are in the schema that is named for them. */
const isOurs = (table: string) => table.startsWith("holdfast_")

/** Runs what makes Holdfast's tables, and then sets the search path back: those of apps are in its first schema. */
const keepingPath = <A, E, R>(sql: SqlClient.SqlClient, effect: Effect.Effect<A, E, R>) =>
  Effect.gen(function*() {
    const [row] = yield* sql<{ readonly path: string }>`SELECT current_setting('search_path') AS path`
    const made = yield* effect
    yield* sql`SELECT set_config('search_path', ${row?.path ?? ""}, true)`
    return made
  }).pipe(Effect.mapError((cause) => isStoreError(cause) ? cause : new StoreError({ operation: "migrate", cause })))

const isId = Schema.is(JobId)

/** Instants from the first that PostgreSQL has to one up to which `instantIn` is right to the millisecond. */
const firstInstant = -210_866_803_200_000
const lastInstant = 4_000_000_000_000_000

/** jsonb, timestamptz and integer hold less than what SQLite has in their place. */
export const refuse: Refuse = (type, value) => {
  if (value === null) return undefined
  const whole = (allowed: string) => ({ path: [], allowed })
  switch (type) {
    case "id":
      return isId(value) ? undefined : whole("a UUID in lower case")
    case "text": {
      const refused = refusedAt(value)
      return refused === undefined ? undefined : whole(`${refused.what} without U+0000`)
    }
    case "json":
      return jsonRefusal(String(value))
    case "int":
      return Number.isInteger(value) && Number(value) >= -(2 ** 31) && Number(value) < 2 ** 31
        ? undefined
        : whole("a whole number of at most 32 bits")
    case "instant":
      return Number.isInteger(value) && Number(value) >= firstInstant && Number(value) <= lastInstant
        ? undefined
        : whole("an instant from 4713 BC to the year 128,000, in whole milliseconds")
    case "number":
      return Number.isFinite(value) ? undefined : whole("a finite number")
  }
}

const jsonRefusal = (json: string): Refusal | undefined => {
  const deep = tooDeep(json)
  if (deep !== undefined) return deep
  let value: unknown
  try {
    value = JSON.parse(json)
  } catch {
    return { path: [], allowed: "JSON" }
  }
  // Only an escape can stand for what jsonb does not hold.
  const refused = json.includes("\\u") ? refusedAt(value) : undefined
  return refused && { path: refused.path, allowed: allowedFor(refused) }
}

/** The type of a column's items. A number goes as text, which is exact. */
const itemTypes = { id: "id", text: "text", json: "text", number: "text", int: "int", instant: "int" } as const

const insertionOf = (dialect: Dialect, place: string, { columns }: Table, rows: ReadonlyArray<Row>): Insertion => {
  const { sql } = dialect
  const names = Object.keys(columns)
  const values = Object.entries(columns).map(([column, type]) => {
    switch (type) {
      case "json":
        return dialect.jsonOf(column)
      case "instant":
        return dialect.instantIn(column)
      case "number":
        return sql.literal(`${column}::float8`)
      case "id":
      case "int":
      case "text":
        return sql.literal(column)
    }
  })
  const items = dialect.items(
    Object.fromEntries(Object.entries(columns).map(([column, type]) => [column, itemTypes[type]])),
    // Whether one is a number depends on its column, of which the types here know no more than that it has a name.
    rows.map((row) => Object.fromEntries(names.map((column) => [column, (row[column] ?? null) as string | null])))
  )
  const [text, parameters] = sql`
    INSERT INTO ${sql.literal(place)} (${sql.literal(names.join(", "))}) SELECT ${sql.csv(values)} FROM ${items}`
    .compile(true)
  return { text, parameters: parameters as ReadonlyArray<Value> }
}
