import type { Mutant } from "../Mutant.ts"

const file = "src/store/statements/list.ts"
const list = ["test/store/list.test.ts"]

/** Pages of jobs. */
export const mutants: ReadonlyArray<Mutant> = [
  {
    name: "A list shows other tenants' jobs",
    file,
    find: "...filter(\"partition_key\", partitionKey, \"by_partition\"),",
    replace: "",
    killedBy: list
  },
  {
    name: "A page begins with the job that the page before ended with",
    file,
    find: "sql`id < ${listing.cursor}`",
    replace: "sql`id <= ${listing.cursor}`",
    killedBy: list
  },
  {
    name: "A list shows the oldest first",
    file,
    find: "OR total = bytes)\n      ORDER BY id DESC`",
    replace: "OR total = bytes)\n      ORDER BY id`",
    killedBy: list
  },
  {
    name: "A page is the oldest jobs, newest first",
    file,
    find: "ORDER BY id DESC ${atMost(listing.limit + 1)}",
    replace: "ORDER BY id ${atMost(listing.limit + 1)}",
    killedBy: list
  },
  {
    name: "A page walks as far as it takes to be full",
    file,
    find: "end === null ? sql.literal(\"TRUE\") : sql`id >= ${end}`",
    replace: "sql.literal(\"TRUE\")",
    killedBy: list
  },
  {
    name: "A list ends where a walk finds nothing",
    file,
    find: "isCut ? last.id : end",
    replace: "isCut ? last.id : null",
    killedBy: list
  },
  {
    name: "A page that follows a walk leaves out the job that the walk has ended with",
    file,
    find: "sql`id >= ${end}`",
    replace: "sql`id > ${end}`",
    killedBy: list
  },
  {
    name: "A list walks the filter that comes first, however many jobs it has",
    file,
    find: "if (end === null) break",
    replace: "break",
    killedBy: list
  },
  {
    name: "A page that leaves jobs for their size is the last",
    file,
    find: "jobs.length < (found[0]?.found ?? 0)",
    replace: "found.length > listing.limit",
    killedBy: list
  },
  {
    name: "A page takes any amount of text",
    file,
    find: "WHERE id = listed_id AND (total <= ${mostBytes} OR total = bytes)",
    replace: "WHERE id = listed_id",
    killedBy: list
  },
  {
    name: "A job that is larger than a page is never shown",
    file,
    find: "WHERE id = listed_id AND (total <= ${mostBytes} OR total = bytes)",
    replace: "WHERE id = listed_id AND total <= ${mostBytes}",
    killedBy: list
  }
]
