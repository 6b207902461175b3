import type { Mutant } from "../Mutant.ts"

const file = "src/store/statements/list.ts"
const filter = "src/store/statements/filter.ts"
const list = ["test/store/list.test.ts"]
const conformance = ["test/store/conformance.test.ts"]

/** Pages of jobs. */
export const mutants: ReadonlyArray<Mutant> = [
  {
    name: "A list shows other tenants' jobs",
    file: filter,
    find: "...equals(\"partition_key\", partitionKey, \"by_partition\"),",
    replace: "",
    killedBy: list
  },
  {
    name: "A page begins with the job that the page before ended with",
    file: filter,
    find: "sql`id < ${cursor}`",
    replace: "sql`id <= ${cursor}`",
    killedBy: list
  },
  {
    name: "A list shows the oldest first",
    file,
    find:
      "WHERE id = listed_id\n      ORDER BY id DESC`)\n    const jobs = found.slice(0, listing.limit).map(({ job })",
    replace: "WHERE id = listed_id\n      ORDER BY id`)\n    const jobs = found.slice(0, listing.limit).map(({ job })",
    killedBy: list
  },
  {
    name: "A page is the oldest jobs, newest first",
    file,
    find: "${bytes} ${rows} ORDER BY id DESC ${atMost(limit + 1)}",
    replace: "${bytes} ${rows} ORDER BY id ${atMost(limit + 1)}",
    killedBy: list
  },
  {
    name: "A page walks as far as it takes to be full",
    file: filter,
    find: "end === null ? sql.literal(\"TRUE\") : sql`id >= ${end}`",
    replace: "sql.literal(\"TRUE\")",
    killedBy: list
  },
  {
    name: "A list ends where a walk finds nothing",
    file,
    find: "jobs.length < (first?.found ?? 0) ? last.id : end",
    replace: "jobs.length < (first?.found ?? 0) ? last.id : null",
    killedBy: list
  },
  {
    name: "A page that follows a walk leaves out the job that the walk has ended with",
    file: filter,
    find: "sql`id >= ${end}`",
    replace: "sql`id > ${end}`",
    killedBy: list
  },
  {
    name: "A list walks the filter that comes first, however many jobs it has",
    file: filter,
    find: "if (end === null) break",
    replace: "break",
    killedBy: list
  },
  {
    name: "A page that leaves jobs for their size is the last",
    file,
    find: "last !== undefined && jobs.length < (first?.found ?? 0)",
    replace: "last !== undefined && jobs.length === 100 && jobs.length < (first?.found ?? 0)",
    killedBy: list
  },
  {
    name: "A page takes any amount of text",
    file,
    find: "FROM sized WHERE total <= ${most} OR total = bytes)",
    replace: "FROM sized)",
    killedBy: list
  },
  {
    name: "A job that is larger than a page is never shown",
    file,
    find: "FROM sized WHERE total <= ${most} OR total = bytes)",
    replace: "FROM sized WHERE total <= ${most})",
    killedBy: list
  },
  {
    name: "A search shows other errors than it was asked for",
    file: filter,
    find: "...error === undefined ? [] : [contains(\"last_error\", error)]\n      ],\n      most",
    replace: "...error === undefined ? [] : [sql`last_error IS NOT NULL`]\n      ],\n      most",
    killedBy: conformance
  },
  {
    name: "A search for a unique key shows the jobs that have any",
    file: filter,
    find: "...equals(\"unique_key\", uniqueKey, \"by_unique_key\", \"unique_key IS NOT NULL\"),",
    replace:
      "...uniqueKey === undefined ? [] : [{ index: byIndex(\"holdfast_jobs_by_unique_key\"), holds: sql`unique_key IS NOT NULL` }],",
    killedBy: conformance
  },
  {
    name: "A search for a unique key shows only the job that holds it",
    file: filter,
    find: "uniqueKey, \"by_unique_key\", \"unique_key IS NOT NULL\"",
    replace: "uniqueKey, \"by_unique_key\", \"unique_key IS NOT NULL AND holds_key = 1\"",
    killedBy: conformance
  },
  {
    name: "A search for several statuses shows the jobs of every status",
    file: filter,
    find: "statuses.length > 1 ? [hasOneOf(statuses)] : []",
    replace: "[]",
    killedBy: conformance
  },
  {
    name: "An error is searched with the case of its letters",
    file: "src/store/sqlite/dialect.ts",
    find: "instr(lower(${sql.literal(column)}), ${asciiLower(part)})",
    replace: "instr(${sql.literal(column)}, ${part})",
    also: [{
      file: "src/store/sqlite/dialect.ts",
      find: "import { asciiLower } from \"../asciiLower.ts\"\n",
      replace: ""
    }],
    killedBy: conformance
  },
  {
    name: "An error is searched for a pattern, in which % stands for anything",
    file: "src/store/sqlite/dialect.ts",
    find: "instr(lower(${sql.literal(column)}), ${asciiLower(part)}) > 0",
    replace: "lower(${sql.literal(column)}) LIKE ${`%${asciiLower(part)}%`}",
    killedBy: conformance
  },
  {
    name: "A search for an error looks at as many rows as it takes",
    file: filter,
    find: "const mostSearched = 1000",
    replace: "const mostSearched = 1_000_000",
    killedBy: list
  },
  {
    name: "A count of one condition is not bounded",
    file: filter,
    find: "isPlain && !isCount",
    replace: "isPlain",
    killedBy: list
  },
  {
    name: "A page of a search that is full is the last",
    file,
    find: "return { jobs, cursor: cursorAfter(jobs, found, end) } satisfies SummaryPage",
    replace: "return { jobs, cursor: end } satisfies SummaryPage",
    killedBy: conformance
  },
  {
    name: "A search shows a whole error, however long it is",
    file: "src/store/statements/rows.ts",
    find: "sql.literal(`substr(last_error, 1, ${shownOfError})`)",
    replace: "sql.literal(shownOfError > 0 ? \"last_error\" : \"\")",
    killedBy: conformance
  },
  {
    name: "An action is done to jobs of another tenant",
    file: filter,
    find: ", partition_key: names.partitionKey })",
    replace: " })",
    killedBy: conformance
  },
  {
    name: "An action is done to a job whose status has changed since it was found",
    file: filter,
    find: "...status === undefined ? [] : [isOneOf([status].flat())],",
    replace: "",
    killedBy: conformance
  },
  {
    name: "An action is done to a job whose error is another one now",
    file: filter,
    find: "...error === undefined ? [] : [contains(\"last_error\", error)],\n        sql.literal",
    replace: "sql.literal",
    killedBy: conformance
  },
  {
    name: "One job that refuses an action keeps all from being changed",
    file: "src/store/operations.ts",
    find: "yield* Effect.either(withSavepoint(actOnOne(id, request, now))).pipe(",
    replace: "yield* Effect.map(Effect.orDie(part(actOnOne(id, request, now))), Either.right).pipe(",
    killedBy: conformance
  },
  {
    name: "A retry of many makes the jobs due at once",
    file: "src/store/operations.ts",
    find: "Effect.as(statements.retry(id, partitionKey, available, now), \"pending\")",
    replace:
      "Effect.as(statements.retry(id, partitionKey, { after: available === undefined ? 1 : 0 }, now), \"pending\")",
    killedBy: conformance
  }
]
