import type { Mutant } from "../Mutant.ts"

const conformance = ["test/store/conformance.test.ts"]
const byWorkers = ["test/runtime/pause.test.ts"]
const statement = "src/store/statements/pauses.ts"
const inOrder = "src/store/statements/inOrder.ts"
const lanes = "src/store/statements/lanes.ts"

/** Queues and kinds that are paused, and what people read of the queue. */
export const mutants: ReadonlyArray<Mutant> = [
  {
    name: "Jobs of a paused kind are claimed",
    file: "src/store/statements/claim.ts",
    find: "(${allKinds(request)} WHERE ${isNotPaused(\"kind\", \"kind\")})",
    replace: "(${allKinds(request)})",
    killedBy: conformance
  },
  {
    name: "A job whose kind is paused between the statements of a claim gets no lease",
    file: "src/store/statements/claim.ts",
    find: "named (kind, lease_for) AS (${allKinds(request)}),\n    chosen (id)",
    replace: "${kindsOf(request)},\n    chosen (id)",
    killedBy: ["test/store/pausedMeanwhile.test.ts"]
  },
  {
    name: "A worker that names its queues claims from a paused one",
    file: "src/store/statements/asked.ts",
    find: "} WHERE ${isNotPaused(\"queue\", \"queue\")}),`",
    replace: "}),`",
    killedBy: conformance
  },
  {
    name: "A worker of every queue claims from a paused one",
    file: inOrder,
    find: "AND j.kind IN (SELECT kind FROM named) AND ${isNotPaused(\"queue\", \"j.queue\")}",
    replace: "AND j.kind IN (SELECT kind FROM named)",
    killedBy: conformance
  },
  {
    name: "A worker of every queue claims from a paused one where it goes lane by lane",
    file: "src/store/statements/byLane.ts",
    find: "ON room.queue IS NOT NULL AND ${isNotPaused(\"queue\", \"room.queue\")}",
    replace: "ON room.queue IS NOT NULL",
    killedBy: conformance
  },
  {
    name: "A worker wakes for the jobs of a paused queue",
    file: inOrder,
    find: "? isNotPaused(\"queue\", \"j.queue\")",
    replace: "? sql.literal(\"TRUE\")",
    killedBy: conformance
  },
  {
    name: "A queue and a kind of one name are paused together",
    file: statement,
    find: "sql`SELECT name FROM ${pausesTable} WHERE scope = ${sql.literal(`'${scope}'`)}`",
    replace: "sql`SELECT name FROM ${pausesTable} WHERE ${sql.literal(`'${scope}'`)} <> ''`",
    killedBy: conformance
  },
  {
    name: "A second pause moves the instant of the first",
    file: statement,
    find: "DO UPDATE SET name = holdfast_pauses.name",
    replace: "DO UPDATE SET paused_at = excluded.paused_at",
    killedBy: conformance
  },
  {
    name: "A resume ends all pauses of the name",
    file: statement,
    find: "return sql`scope = ${scope} AND name = ${name}`",
    replace: "return sql`${scope} <> '' AND name = ${name}`",
    killedBy: conformance
  },
  {
    name: "Workers hear of a resumed queue at their next poll",
    file: "src/store/SqlJobStore.ts",
    find: "(isResumed) => isResumed ? afterTransaction(signals.wake) : Effect.void",
    replace: "() => Effect.void",
    killedBy: byWorkers
  },
  {
    name: "What is paused is told of as work that nobody takes",
    file: "src/runtime/maintenance/waitingJobs.ts",
    find: "(yield* dueLanes(store)).filter((lane) => pausesOf(lane, pauses).length === 0)",
    replace: "yield* dueLanes(store)",
    killedBy: byWorkers
  },
  {
    name: "Jobs that are not due yet are counted as due",
    file: lanes,
    find: "${depth(limit, sql`j.available_at <= ${now}`)} AS due",
    replace: "${depth(limit, sql`TRUE`)} AS due",
    killedBy: conformance
  },
  {
    name: "Jobs that ended long ago are counted",
    file: lanes,
    find: "AND finished_at > ${later(now, int(-within))}",
    replace: "",
    also: [{
      file: lanes,
      find: "{ limit, status, within }: {",
      replace: "{ limit, status }: {"
    }],
    killedBy: conformance
  },
  {
    name: "A job that was claimed between two reads is told to wait",
    file: "src/runtime/explain.ts",
    find: "if (after.updatedAt === job.updatedAt && after.status === job.status && after.attempts === job.attempts) {",
    replace: "if (after.id === job.id) {",
    killedBy: ["test/runtime/explain.test.ts"]
  },
  {
    name: "Jobs of a higher priority are not counted before a job",
    file: "src/runtime/explain.ts",
    find: "const ahead = (yield* dueAbove(store, job)) + (yield* store",
    replace: "const ahead = (yield* store",
    killedBy: ["test/runtime/explain.test.ts"]
  },
  {
    name: "A lease that has run out is told of as one that holds",
    file: "src/runtime/explain.ts",
    find: "lease.lockedUntil <= now ?",
    replace: "lease.lockedUntil < 0 ?",
    killedBy: ["test/runtime/explain.test.ts"]
  },
  {
    name: "A count of one lane that was cut does not say so",
    file: "src/runtime/stats.ts",
    find: "isMore: before[what].isMore || isMore",
    replace: "isMore",
    killedBy: ["test/runtime/stats.test.ts"]
  },
  {
    name: "A count of all lanes that was cut says so nowhere",
    file: "src/runtime/stats.ts",
    find: "if (total >= limit) this.#cut.add(what)",
    replace: "if (total > limit) this.#cut.add(what)",
    killedBy: ["test/runtime/stats.test.ts"]
  }
]
