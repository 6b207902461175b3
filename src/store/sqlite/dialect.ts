import type * as SqlClient from "@effect/sql/SqlClient"
import type { Dialect } from "../Differences.ts"
import { fragment } from "../fragment.ts"
import { asciiLower } from "../asciiLower.ts"
import { isOfARow } from "./errorCodes.ts"

/** Instants are epoch milliseconds, JSON values are texts, truths are 0 and 1. */
export const sqliteDialect = (sql: SqlClient.SqlClient): Dialect => ({
  sql,
  jobsTable: sql.literal("holdfast_jobs"),
  pausesTable: sql.literal("holdfast_pauses"),
  workersTable: sql.literal("holdfast_workers"),
  migrationsTable: sql.literal("holdfast_migrations"),

  items: (columns, items) =>
    sql`(SELECT ${sql.literal(Object.keys(columns).map((name) => `value ->> '${name}' AS ${name}`).join(", "))}
        FROM json_each(${JSON.stringify(items)})) AS item`,
  isId: () => true,
  isName: () => true,
  int: (value) => sql`${value}`,
  count: (window) => sql.literal(window === undefined ? "count(*)" : `count(*) ${window}`),
  truth: (condition) => fragment(sql, condition),

  instant: (millis) => sql`${millis}`,
  instantIn: (column) => sql.literal(column),
  later: (instant, millis) => sql`${instant} + ${fragment(sql, millis)}`,
  millis: (instant) => fragment(sql, instant),
  safeMillis: (instant) => sql.literal(`max(${instant}, ${Number.MIN_SAFE_INTEGER})`),
  safeCount: (column) => sql.literal(`min(${column}, ${Number.MAX_SAFE_INTEGER})`),

  jsonOf: (column) => sql.literal(column),
  jsonText: (value) => sql.literal(value),
  jsonBytes: (value) => sql.literal(`octet_length(${value})`),
  answered: (column) => sql.literal(column),

  isNoneOf: (column, select) => sql`${sql.literal(column)} NOT IN (${select})`,
  atMost: (limit) => sql`LIMIT ${limit} + 0`,
  byIndex: (index) => sql.literal(`INDEXED BY ${index}`),
  byId: sql.literal("INDEXED BY sqlite_autoindex_holdfast_jobs_1"),
  withJobsOfEach: (table, condition, select) =>
    sql`${sql.literal(table)} JOIN holdfast_jobs AS j ON ${condition}j.id IN (${select})`,
  unindexed: (column) => sql.literal(column),
  among: () => sql.literal(""),
  contains: (column, part) => sql`instr(lower(${sql.literal(column)}), ${asciiLower(part)}) > 0`,
  forUpdate: sql.literal(""),
  // A CASE reads no further than it needs to: every other JSON function fails on what is not JSON.
  // A parameter comes as a float, and JSON would keep it as one.
  remember: ({ at, message }) =>
    sql`json_insert(
          CASE WHEN NOT json_valid(errors) THEN '[]' WHEN json_type(errors) <> 'array' THEN '[]'
            WHEN json_array_length(errors) < 10 THEN errors ELSE json_remove(errors, '$[0]') END,
          '$[#]', json_object('attempt', attempts, 'worker', locked_by, 'at', CAST(${at} AS INTEGER), 'message', ${message}))`,
  insertsWhole: sql.literal(`NOT EXISTS (
          SELECT 1 FROM (SELECT * FROM sqlite_schema UNION ALL SELECT * FROM sqlite_temp_schema)
          WHERE type = 'trigger' AND tbl_name = 'holdfast_jobs' COLLATE NOCASE
            AND (sql LIKE '%before%insert%' OR sql LIKE '%fail%'))`),
  free: { behindChosen: () => sql.literal(""), name: sql.literal("chosen") },
  locked: (select) => select(sql.literal("")),
  manyClaimAtOnce: false,
  hasWrittenNothing: () => true,
  isOfARow
})
