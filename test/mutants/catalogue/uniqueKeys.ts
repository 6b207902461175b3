import type { Edit, Equivalent, Mutant } from "../Mutant.ts"
import { bySeed } from "../Mutant.ts"

const store = "src/store/SqlJobStore.ts"
const enqueue = "src/store/statements/enqueue.ts"
const conflicts = "src/store/conflicts.ts"
const migration = "src/store/sqlite/migrations/0001_jobs.ts"
const uniqueKeys = ["test/store/uniqueKeys.test.ts"]
/** The table would refuse a row that holds its key for too long, which is another fence. */
const withoutCheck: Edit = {
  file: migration,
  find: "holds_key = 0 OR unique_key IS NOT NULL AND (status IN ('waiting', 'pending')" +
    " OR status = 'running' AND unique_scope = 'unfinished')",
  replace: "TRUE"
}

const atClaim = "holds_key = CASE unique_scope WHEN 'unfinished' THEN holds_key ELSE 0 END,"

/** Who holds a unique key, for how long, and what an enqueue does to that job. */
export const mutants: ReadonlyArray<Mutant> = [
  {
    name: "The index of unique keys takes two holders of one",
    file: migration,
    find: "CREATE UNIQUE INDEX",
    replace: "CREATE INDEX",
    killedBy: ["test/store/enqueue.test.ts"]
  },
  {
    name: "A running job of scope pending keeps its key, so that what happens meanwhile is missed",
    file: store,
    find: atClaim,
    replace: "",
    also: [withoutCheck],
    killedBy: uniqueKeys
  },
  {
    name: "A running job of scope unfinished gives its key up",
    file: store,
    find: atClaim,
    replace: "holds_key = 0,",
    killedBy: uniqueKeys
  },
  {
    name: "A job that comes back from an attempt goes without its key",
    file: store,
    find: "truth(sql`NOT EXISTS (${keyHolder})",
    replace: "truth(sql`0 AND NOT EXISTS (${keyHolder})",
    killedBy: uniqueKeys
  },
  {
    name: "A job that comes back from an attempt takes its key from whoever has it",
    file: store,
    find: "NOT EXISTS (${keyHolder}) AND NOT EXISTS (",
    replace: "NOT EXISTS (",
    killedBy: uniqueKeys
  },
  {
    name: "Of several jobs that come back together each takes the key",
    file: store,
    find: "AND rival.id < holdfast_jobs.id",
    replace: "AND FALSE",
    killedBy: uniqueKeys
  },
  {
    name: "A key is left to a job that ends in the same statement",
    file: store,
    find: "SELECT 1 FROM ${rivals} AND ${goesBack} AND",
    replace: "SELECT 1 FROM ${rivals} AND",
    killedBy: uniqueKeys
  },
  {
    name: "A key is left to a job whose lease is lost",
    file: store,
    find: "WHERE ${isRunning} AND rival.locked_by = item.worker AND rival.attempts = item.attempt${",
    replace: "WHERE TRUE${",
    killedBy: uniqueKeys
  },
  {
    name: "A key is left to a job of another kind",
    file: store,
    find: "AND rival.kind = holdfast_jobs.kind",
    replace: "",
    killedBy: uniqueKeys
  },
  {
    name: "A key is left to a job of another partition",
    file: store,
    find: "AND COALESCE(rival.partition_key, '') = COALESCE(holdfast_jobs.partition_key, '')",
    replace: "",
    killedBy: uniqueKeys
  },
  {
    name: "A job that has succeeded keeps its key",
    file: store,
    find: "finished_at = ${now}, updated_at = ${now}, holds_key = 0",
    replace: "finished_at = ${now}, updated_at = ${now}",
    also: [withoutCheck],
    killedBy: uniqueKeys
  },
  {
    name: "A job that has failed or been cancelled keeps its key",
    file: store,
    find: "CASE WHEN unique_key IS NULL OR NOT (${goesBack}) THEN 0 WHEN",
    replace: "CASE WHEN unique_key IS NULL THEN 0 WHEN",
    also: [withoutCheck],
    killedBy: uniqueKeys
  },
  {
    name: "A job that is cancelled while it waits keeps its key",
    file: store,
    find: "holds_key = CASE status WHEN 'pending' THEN 0 ELSE holds_key END",
    replace: "holds_key = holds_key",
    also: [withoutCheck],
    killedBy: uniqueKeys
  },
  {
    name: "A job that a person retries goes without its key",
    file: store,
    find: "holds_key = ${truth(\"unique_key IS NOT NULL\")}",
    replace: "holds_key = 0",
    killedBy: uniqueKeys
  },
  {
    name: "A replaced payload is the one before",
    file: enqueue,
    find: "payload = COALESCE(${jsonOf(\"item.new_payload\")}, payload),",
    replace: "",
    killedBy: uniqueKeys
  },
  {
    name: "A job is not itself any more once its payload was replaced",
    file: enqueue,
    find: "COALESCE(j.first_payload, j.payload) = ${jsonOf(\"item.payload\")}",
    replace: "j.payload = item.payload",
    killedBy: uniqueKeys
  },
  {
    name: "A job whose payload was replaced twice is the first replacement",
    file: enqueue,
    find: "ELSE COALESCE(first_payload, payload) END",
    replace: "ELSE payload END",
    killedBy: uniqueKeys
  },
  {
    name: "A replacement writes the due time as it was read, which fails if a number cannot hold it",
    file: conflicts,
    find: "payload: null, traceContext: null, availableAt: null }",
    replace: "payload: null, traceContext: null, availableAt: row.available_at }",
    killedBy: ["test/store/sqlite/oddRows.test.ts"]
  },
  {
    name: "A replaced payload is traced to the enqueue of the one before",
    file: enqueue,
    find: "THEN trace_context ELSE item.new_context END",
    replace: "THEN trace_context ELSE trace_context END",
    killedBy: uniqueKeys
  },
  {
    name: "A job may be moved on for ever",
    file: conflicts,
    find: "Math.min(asked, holder.created_at + maxWait)",
    replace: "asked",
    killedBy: uniqueKeys
  },
  {
    name: "A move cuts a backoff short",
    file: conflicts,
    find: "row.attempts > 0 && availableAt < (holder.availableAt ?? row.available_at)",
    replace: "row.attempts < 0",
    killedBy: uniqueKeys
  },
  {
    name: "An enqueue says that it changed a running job",
    file: conflicts,
    find: "row.by_id === 1 || row.status !== \"pending\" ||",
    replace: "row.by_id === 1 ||",
    killedBy: uniqueKeys
  },
  {
    name: "Of several enqueues in one call the last alone changes the holder",
    file: conflicts,
    find: "changes.get(row.found) ?? {",
    replace: "{",
    killedBy: uniqueKeys
  },
  {
    name: "An enqueue changes a job before it knows that another of its call is refused",
    file: enqueue,
    find: "const conflict = yield* findConflict(",
    replace:
      "yield* change(afterConflicts(others, inTheWay, now).changes, now)\n    const conflict = yield* findConflict(",
    killedBy: uniqueKeys
  },
  {
    name: "A job that is moved to an earlier instant wakes nobody",
    file: "src/runtime/jobQueueClient.ts",
    find: "outcome === \"enqueued\" || outcome === \"moved\"",
    replace: "outcome === \"enqueued\"",
    killedBy: ["test/runtime/uniqueKeys.test.ts"]
  },
  {
    name: "A scope, a conflict or a longest wait is taken without a unique key",
    file: "src/runtime/uniqueness.ts",
    find: "find(([, given]) => given !== undefined)",
    replace: "find(([, given]) => given === null)",
    killedBy: ["test/runtime/enqueue.test.ts"]
  },
  {
    name: "In a fleet, a running job of scope pending keeps its key",
    file: store,
    find: atClaim,
    replace: "",
    also: [withoutCheck],
    killedBy: bySeed(7, 6)
  },
  {
    name: "In a fleet, a job that comes back from an attempt goes without its key",
    file: store,
    find: "truth(sql`NOT EXISTS (${keyHolder})",
    replace: "truth(sql`0 AND NOT EXISTS (${keyHolder})",
    killedBy: bySeed(1)
  },
  {
    name: "In a fleet, a job that comes back from an attempt takes its key from whoever has it",
    file: store,
    find: "NOT EXISTS (${keyHolder}) AND NOT EXISTS (",
    replace: "NOT EXISTS (",
    killedBy: bySeed(6)
  },
  {
    name: "In a fleet, two jobs hold one key",
    file: migration,
    find: "CREATE UNIQUE INDEX",
    replace: "CREATE INDEX",
    killedBy: bySeed(2, 1)
  },
  {
    name: "In a fleet, a move cuts a backoff short",
    file: conflicts,
    find: "row.attempts > 0 && availableAt < (holder.availableAt ?? row.available_at)",
    replace: "row.attempts < 0",
    killedBy: bySeed(2, 1)
  }
]

export const equivalents: ReadonlyArray<Equivalent> = []
