import type { Mutant } from "../Mutant.ts"
import { bySeed } from "../Mutant.ts"

const file = "src/store/statements/enqueue.ts"
const store = "src/store/SqlJobStore.ts"
const migration = "src/store/sqlite/migrations/0001_jobs.ts"
const enqueue = ["test/store/enqueue.test.ts"]
const large = ["test/store/largeEnqueue.test.ts"]

/** Which jobs an enqueue adds, and what it answers for those it does not. */
export const mutants: ReadonlyArray<Mutant> = [
  {
    name: "A unique key that is taken is an error of the database",
    file,
    find: "ON CONFLICT DO NOTHING",
    replace: "ON CONFLICT (id) DO NOTHING",
    killedBy: enqueue
  },
  {
    name: "A unique key holds for all partitions together",
    file: migration,
    find: "ON holdfast_jobs (kind, COALESCE(partition_key, ''), unique_key)",
    replace: "ON holdfast_jobs (kind, unique_key)",
    killedBy: enqueue
  },
  {
    name: "A unique key holds for all kinds together",
    file: migration,
    find: "ON holdfast_jobs (kind, COALESCE(partition_key, ''), unique_key)",
    replace: "ON holdfast_jobs (COALESCE(partition_key, ''), unique_key)",
    killedBy: enqueue
  },
  {
    name: "A unique key does not hold for jobs of no partition",
    file: migration,
    find: "ON holdfast_jobs (kind, COALESCE(partition_key, ''), unique_key)",
    replace: "ON holdfast_jobs (kind, partition_key, unique_key)",
    killedBy: enqueue
  },
  {
    name: "A unique key that is taken is answered with any partition's job",
    file,
    find: "AND COALESCE(j.partition_key, '') = COALESCE(item.partition_key, '')",
    replace: "AND COALESCE(j.partition_key, '') >= ''",
    killedBy: enqueue
  },
  {
    name: "The answer names the job that was not added, and not the one in its way",
    file,
    find: "id: row?.found ?? job.id, enqueued",
    replace: "id: job.id, enqueued",
    killedBy: enqueue
  },
  {
    name: "An id given twice in one call is answered as added twice",
    file,
    find: "inserted.has(job.id) && place.get(job.id) === index",
    replace: "inserted.has(job.id)",
    killedBy: enqueue
  },
  {
    name: "An id of another kind of job is taken for the same job",
    file,
    find: "j.kind = item.kind AND COALESCE(j.first_payload, j.payload) = ${jsonOf(\"item.payload\")}",
    replace: "COALESCE(j.first_payload, j.payload) = ${jsonOf(\"item.payload\")}",
    killedBy: enqueue
  },
  {
    name: "An id of a job with another payload is taken for the same job",
    file,
    find: "j.kind = item.kind AND COALESCE(j.first_payload, j.payload) = ${jsonOf(\"item.payload\")}",
    replace: "j.kind = item.kind",
    killedBy: enqueue
  },
  {
    name: "An id of another tenant's job is taken for one's own",
    file,
    find: "\n          AND j.partition_key IS NOT DISTINCT FROM item.partition_key`)",
    replace: "`)",
    killedBy: enqueue
  },
  {
    name: "An id conflict leaves the rest of its call in the caller's transaction",
    file: store,
    find: "(jobs.length === 1 ? transaction : allOrNone)",
    replace: "transaction",
    killedBy: ["test/store/sqlite/transactions.test.ts"]
  },
  {
    name: "A delayed job is due at once",
    file,
    find: "COALESCE(${instantIn(\"available_at\")}, ${later(now, \"available_after\")})",
    replace: "COALESCE(${instantIn(\"available_at\")}, ${now})",
    killedBy: ["test/runtime/enqueue.test.ts"]
  },
  {
    name: "A job's instant is taken for a delay",
    file,
    find: "COALESCE(${instantIn(\"available_at\")}, ${later(now",
    replace: "COALESCE(${later(now, \"available_at\")}, ${later(now",
    killedBy: ["test/runtime/enqueue.test.ts"]
  },
  {
    name: "A large enqueue adds its first part only",
    file,
    find: "eachInTurn(inChunks(missing), (chunk) => insert(chunk, now.sql))",
    replace: "eachInTurn(inChunks(missing).slice(0, 1), (chunk) => insert(chunk, now.sql))",
    killedBy: enqueue
  },
  {
    name: "Any number of small jobs go into one statement",
    file,
    find: "last === undefined || last.length === chunkLength || room",
    replace: "last === undefined || room",
    killedBy: large
  },
  {
    name: "A large enqueue lets nothing else happen until it is done",
    file,
    find: "Effect.zipRight(index === 0 ? Effect.void : turn, run(chunk))",
    replace: "run(chunk)",
    killedBy: large
  },
  {
    name: "A large enqueue that fails leaves its first part in the caller's transaction",
    file: store,
    find: "(jobs.length === 1 ? transaction : allOrNone)",
    replace: "transaction",
    killedBy: large
  },
  {
    name: "An enqueue that fails takes along what another fiber was told is in the same transaction",
    file: "src/store/sqlite/transaction/transactions.ts",
    find: "return inTurn(",
    replace: "return lendOf({ reserve: Effect.succeed(ours) })(",
    killedBy: ["test/store/sqlite/transactions.test.ts"]
  },
  {
    name:
      "On an app's client, a claim or a sweep that is interrupted leaves a part of itself in the caller's transaction",
    file: "src/store/sqlite/transaction/transactions.ts",
    find: "isWhole ? inLevel(client, connection, whole) : use(connection)",
    replace: "Effect.interruptible(use(connection))",
    killedBy: ["test/store/sqlite/interruptedInside.test.ts"]
  },
  {
    name: "In a fleet, an enqueue that is refused leaves a part of itself in the caller's transaction",
    file: store,
    find: "(jobs.length === 1 ? transaction : allOrNone)",
    replace: "transaction",
    killedBy: bySeed(2, 3, 6)
  }
]
