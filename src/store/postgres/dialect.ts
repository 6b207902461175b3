import type * as SqlClient from "@effect/sql/SqlClient"
import type { Dialect } from "../Differences.ts"
import { fragment } from "../fragment.ts"
import { asciiLower } from "../asciiLower.ts"
import { isOfARow, isRefusal } from "./errorCodes.ts"
import { jsonRefusal } from "./jsonRefusal.ts"
import { tableIn } from "./schema.ts"

/** The types that items have in the JSON of a statement. */
const types = { id: "uuid", text: "text", int: "bigint" } as const

/** A text as PostgreSQL can hold it, which knows neither U+0000 nor half of a pair of surrogates. Those of JSON are escaped. */
const holdable = (_: string, value: unknown): unknown =>
  typeof value === "string" ? value.toWellFormed().replaceAll("\0", "\uFFFD") : value

/** The indexes have the collation of the database, and every collation has the same texts equal. */
const unindexed = (column: string) => `${column} COLLATE "C"`

/** Columns of the table of jobs that are instants end in these. */
const isInstant = /_(?:at|until)$/

/** The columns of the table of jobs that are JSON. */
const isJson = /^(?:payload|progress|result|last_error_value|errors)$/

/**
 * Instants are timestamptz, JSON values jsonb, ids uuid. They are answered as
 * float8, text and text, since the driver makes a text of a bigint, and what it
 * makes of the others an app can change.
 *
 * Statements name the schema of the tables. So they need no `search_path`, which a
 * pooler forgets and an app can change.
 */
export const postgresDialect = (sql: SqlClient.SqlClient, schema: string | undefined): Dialect => {
  const millis: Dialect["millis"] = (instant) => sql`(extract(epoch FROM ${fragment(sql, instant)}) * 1000)::float8`
  const jsonText: Dialect["jsonText"] = (value) => sql.literal(`(${value})::text`)

  const jobsTable = sql.literal(tableIn(schema, "holdfast_jobs"))

  const among: Dialect["among"] = (column, ids) => sql` AND ${sql.literal(column)} = ANY(${`{${ids.join()}}`}::uuid[])`

  return {
    sql,
    jobsTable,
    pausesTable: sql.literal(tableIn(schema, "holdfast_pauses")),
    workersTable: sql.literal(tableIn(schema, "holdfast_workers")),
    migrationsTable: sql.literal(tableIn(schema, "holdfast_migrations")),

    items: (columns, items) =>
      sql`json_to_recordset(${JSON.stringify(items, holdable)}::json) AS item (${
        sql.literal(Object.entries(columns).map(([name, type]) => `${name} ${types[type]}`).join(", "))
      })`,
    isId: (id) => /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(id),
    isName: (name) => !name.includes("\0"),
    int: (value) => sql`${value}::bigint`,
    count: (window = "") => sql.literal(`(count(*) ${window})::int`),
    truth: (condition) => sql`(${fragment(sql, condition)})::int`,

    instant: (millis) => sql`to_timestamp(${millis}::float8 / 1000)::timestamptz(3)`,
    instantIn: (column) => sql.literal(`to_timestamp(${column} / 1000.0)::timestamptz(3)`),
    later: (instant, millis) => sql`${instant} + ${fragment(sql, millis)} * interval '1 millisecond'`,
    millis,
    safeMillis: millis,
    safeCount: (column) => sql.literal(column),

    jsonOf: (column) => sql.literal(`${column}::jsonb`),
    jsonText,
    jsonRefusal,
    jsonBytes: (value) => sql.literal(`octet_length((${value})::text)`),
    answered: (column) =>
      isInstant.test(column) ? millis(column) : isJson.test(column) ? jsonText(column) : sql.literal(column),

    atMost: (limit) => sql`LIMIT ${limit}::bigint`,
    byIndex: () => sql.literal(""),
    byId: sql.literal(""),
    withJobsOfEach: (table, condition, select) =>
      sql`${sql.literal(table)} CROSS JOIN LATERAL (${select}) AS picked
      JOIN ${jobsTable} AS j ON ${condition}j.id = picked.id`,
    unindexed: (column) => sql.literal(unindexed(column)),
    among,
    isNoneOf: (column, select) => sql`${sql.literal(column)} <> ALL (ARRAY(${select}))`,
    // By the collation "C" it knows no other letters than those of ASCII.
    contains: (column, part) =>
      sql`strpos(lower(${sql.literal(`${column} COLLATE "C"`)}), ${asciiLower(part)}::text) > 0`,
    forUpdate: sql.literal("FOR UPDATE"),
    remember: ({ at, message }) =>
      sql`CASE WHEN jsonb_typeof(errors) <> 'array' THEN '[]'::jsonb
            WHEN jsonb_array_length(errors) < 10 THEN errors ELSE errors - 0 END
          || jsonb_build_object('attempt', attempts, 'worker', locked_by, 'at',
            (extract(epoch FROM ${at}) * 1000)::bigint, 'message', ${message})`,
    // Of a statement that fails nothing stays.
    insertsWhole: sql.literal("TRUE"),
    free: {
      // A row may have been changed since it was chosen.
      behindChosen: (now, ids) =>
        sql`,
      free (id) AS MATERIALIZED (
        SELECT j.id FROM ${jobsTable} AS j
        WHERE j.id IN (SELECT id FROM chosen) AND ${
          sql.literal(unindexed("j.status"))
        } = 'pending' AND j.available_at <= ${now}${ids === undefined ? sql.literal("") : among("j.id", ids)}
        FOR UPDATE SKIP LOCKED
      )`,
      name: sql.literal("free")
    },
    locked: (select) =>
      sql`SELECT * FROM (${select(sql.literal("AND j.status <> 'running'"))} ORDER BY j.id FOR UPDATE OF j) AS held
      UNION ALL
      ${select(sql.literal(`AND ${unindexed("j.status")} = 'running'`))}`,
    manyClaimAtOnce: true,
    hasWrittenNothing: isRefusal,
    isOfARow
  }
}
