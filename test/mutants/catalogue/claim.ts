import type { Equivalent, Mutant } from "../Mutant.ts"

const file = "src/store/statements/claim.ts"
const inOrder = "src/store/statements/inOrder.ts"
const byLane = "src/store/statements/byLane.ts"
const claim = ["test/store/claim.test.ts"]
const newerSchema = ["test/store/sqlite/newerSchema.test.ts"]
const conformance = ["test/store/conformance.test.ts"]

/** Which jobs a claim takes, how many, and what it writes. */
export const mutants: ReadonlyArray<Mutant> = [
  {
    name: "A claim takes jobs from tables that a newer release has migrated",
    file,
    find: "AND ${unindexed(\"holdfast_jobs.status\")} = 'pending' AND ${isOurs}",
    replace: "AND holdfast_jobs.status = 'pending'",
    killedBy: newerSchema
  },
  {
    name: "A look finds jobs in tables that a newer release has migrated",
    file,
    find: "${millis(\"(SELECT at FROM next)\")} AS at WHERE ${isOurs}",
    replace: "(SELECT at FROM next) AS at",
    killedBy: newerSchema
  },
  {
    name: "A claim from newer tables is answered as if nothing were due",
    file: "src/store/newerSchema.ts",
    find: "foundNothing(answer) ? refuse(operation) : Effect.void",
    replace: "Effect.void",
    killedBy: newerSchema
  },
  {
    name: "Newer tables that no longer fit are taken for a database that is away",
    file: "src/store/newerSchema.ts",
    find: "Effect.catchAll((error) => Effect.zipRight(refuse(operation), Effect.fail(error))),",
    replace: "",
    killedBy: newerSchema
  },
  {
    name: "A claim does not raise attempts",
    file,
    find: "attempts = attempts + 1",
    replace: "attempts = max(attempts, 1)",
    killedBy: conformance
  },
  {
    name: "A claim takes a job only a millisecond after it is due",
    file: inOrder,
    find: "AND due.priority = band.priority AND due.available_at <= ${now}",
    replace: "AND due.priority = band.priority AND due.available_at < ${now}",
    killedBy: conformance
  },
  {
    name: "A claim takes a job of its lanes only a millisecond after it is due",
    file: byLane,
    find: "AND due.priority = level.priority AND due.available_at <= ${now}",
    replace: "AND due.priority = level.priority AND due.available_at < ${now}",
    killedBy: claim
  },
  {
    name: "A claim takes a job a millisecond before it is due",
    file: inOrder,
    find: "AND due.priority = band.priority AND due.available_at <= ${now}",
    replace: "AND due.priority = band.priority AND due.available_at <= ${now} + 1",
    killedBy: conformance
  },
  {
    name: "A claim takes a job of its lanes a millisecond before it is due",
    file: byLane,
    find: "AND due.priority = level.priority AND due.available_at <= ${now}",
    replace: "AND due.priority = level.priority AND due.available_at <= ${now} + 1",
    killedBy: claim
  },
  {
    name: "A claim counts jobs that are not due as if they filled its slots",
    file,
    find: "AND j.priority = level.priority AND j.available_at <= ${now}",
    replace: "AND j.priority = level.priority",
    killedBy: ["test/store/claimOfMany.test.ts"]
  },
  {
    name: "A claim takes all of one queue before it looks at the next",
    file,
    find: "FROM candidate WHERE place <= slots\n      ORDER BY priority DESC, available_at, id ${atMost(",
    replace: "FROM candidate WHERE place <= slots\n      ORDER BY queue, priority DESC, available_at, id ${atMost(",
    killedBy: claim
  },
  {
    name: "A claim takes the earlier due before the higher priority",
    file,
    find: "FROM candidate WHERE place <= slots\n      ORDER BY priority DESC, available_at, id ${atMost(",
    replace: "FROM candidate WHERE place <= slots\n      ORDER BY available_at, priority DESC, id ${atMost(",
    killedBy: claim
  },
  {
    name: "A claim takes the lower priority first",
    file,
    find: "FROM candidate WHERE place <= slots\n      ORDER BY priority DESC, available_at, id ${atMost(",
    replace: "FROM candidate WHERE place <= slots\n      ORDER BY priority, available_at, id ${atMost(",
    killedBy: claim
  },
  {
    name: "A claim takes the latest due of a lane",
    file: byLane,
    find: "ORDER BY due.available_at, due.id ${atMost(request.limit)}",
    replace: "ORDER BY due.available_at DESC, due.id ${atMost(request.limit)}",
    killedBy: ["test/store/claimOfMany.test.ts"]
  },
  {
    name: "A claim looks at the latest due first",
    file: inOrder,
    find: "ORDER BY due.available_at, due.id ${atMost(most)}",
    replace: "ORDER BY due.available_at DESC, due.id ${atMost(most)}",
    killedBy: ["test/store/claimOfMany.test.ts"]
  },
  {
    name: "A claim takes all that are due for all that it looked at",
    file: inOrder,
    find: "(SELECT count(*) FROM scanned) < ${scanLimit(request)}",
    replace: "(SELECT count(*) FROM scanned) <= ${scanLimit(request)}",
    killedBy: claim
  },
  {
    name: "A claim looks past due jobs that it has left out",
    file: inOrder,
    find: "sql`band.found < ${most} AND `",
    replace: "sql.literal(\"\")",
    killedBy: claim
  },
  {
    name: "A look takes the next job of any kind for its own",
    file: inOrder,
    find: "AND NOT EXISTS (SELECT 1 FROM head WHERE NOT fits)",
    replace: "",
    killedBy: claim
  },
  {
    name: "A look takes the next job of any queue for its own",
    file: inOrder,
    find: "j.kind IN (SELECT kind FROM named) AND ${isAsked}",
    replace: "j.kind IN (SELECT kind FROM named)",
    killedBy: claim
  },
  {
    name: "A claim in order gives a queue's room to whichever of its jobs has the lowest id",
    file: inOrder,
    find: "OVER (PARTITION BY j.queue ORDER BY j.priority DESC, j.available_at, j.id)",
    replace: "OVER (PARTITION BY j.queue ORDER BY j.id)",
    killedBy: claim
  },
  {
    name: "A claim in order counts a queue's room for each kind by itself",
    file: inOrder,
    find: "OVER (PARTITION BY j.queue ORDER BY",
    replace: "OVER (PARTITION BY j.queue, j.kind ORDER BY",
    killedBy: claim
  },
  {
    name: "A claim in order has a queue's room for all",
    file: inOrder,
    find: "WHERE place <= slots",
    replace: "WHERE slots > 0",
    killedBy: claim
  },
  {
    name: "A claim gives a queue's room to whichever of its jobs has the lowest id",
    file: byLane,
    find: "OVER (PARTITION BY j.queue ORDER BY j.priority DESC, j.available_at, j.id)",
    replace: "OVER (PARTITION BY j.queue ORDER BY j.id)",
    killedBy: claim
  },
  {
    name: "A claim counts a queue's room for each kind by itself",
    file: byLane,
    find: "OVER (PARTITION BY j.queue ORDER BY",
    replace: "OVER (PARTITION BY j.queue, j.kind ORDER BY",
    killedBy: claim
  },
  {
    name: "A claim believes the order of RETURNING",
    file,
    find: "claimed.toSorted(inClaimOrder).map(",
    replace: "claimed.map(",
    killedBy: claim
  },
  {
    name: "A limit is a bare parameter, for which SQLite prepares the statement each time",
    file: "src/store/dialect.ts",
    find: "LIMIT ${limit} + 0`",
    replace: "LIMIT ${limit}`",
    killedBy: ["test/store/cost.test.ts"]
  },
  {
    name: "A claim takes more than its limit",
    file: byLane,
    find: "WHERE place <= slots\n      ORDER BY priority DESC, available_at, id ${atMost(request.limit)}",
    replace: "WHERE place <= slots\n      ORDER BY priority DESC, available_at, id",
    killedBy: claim
  },
  {
    name: "A claim in order takes more than its limit",
    file: inOrder,
    find: "withinRoom}\n      ORDER BY priority DESC, available_at, id ${atMost(request.limit)}",
    replace: "withinRoom}\n      ORDER BY priority DESC, available_at, id ${atMost(request.limit + 1)}",
    killedBy: claim
  },
  {
    name: "A claim that finds too little in claim order takes that",
    file: inOrder,
    find: "(count(*) = ${request.limit} OR ${isAll(request)}) AND",
    replace: "",
    killedBy: claim
  },
  {
    name: "A claim in order takes any amount of payloads",
    file: inOrder,
    find: " AND COALESCE(sum(bytes), 0) <= ${ int(Math.min(request.maxBytes, Number.MAX_SAFE_INTEGER)) } FROM early",
    replace: " FROM early",
    killedBy: claim
  },
  {
    name: "A claim that finds nothing in claim order does not ask the lanes",
    file,
    find: "enough?.yes === 1 ?",
    replace: "enough !== undefined ?",
    killedBy: claim
  },
  {
    name: "A claim that finds nothing due asks the lanes",
    file,
    find: "enough?.yes === 1 ?",
    replace: "enough?.yes === undefined ?",
    killedBy: ["test/store/cost.test.ts"]
  },
  {
    name: "A look that comes not far enough in claim order does not ask the lanes",
    file,
    find: "next === undefined || next.enough === 1",
    replace: "next === undefined || next.enough >= 0",
    killedBy: claim
  },
  {
    name: "A claim takes any amount of payloads",
    file,
    find: "WHERE total <= ${int(Math.min(request.maxBytes, Number.MAX_SAFE_INTEGER))} OR total = bytes",
    replace: "WHERE total <= ${int(Math.min(request.maxBytes, Number.MAX_SAFE_INTEGER))} OR total > 0",
    killedBy: [...claim, "test/runtime/heavyClaims.test.ts"]
  },
  {
    name: "A claim takes no job that is larger than it may be",
    file,
    find: "WHERE total <= ${int(Math.min(request.maxBytes, Number.MAX_SAFE_INTEGER))} OR total = bytes",
    replace: "WHERE total <= ${int(Math.min(request.maxBytes, Number.MAX_SAFE_INTEGER))}",
    killedBy: claim
  },
  {
    name: "A claim passes by a job that does not fit, and takes those behind it that do",
    file,
    find: "WHERE total <= ${int(Math.min(request.maxBytes, Number.MAX_SAFE_INTEGER))} OR total = bytes",
    replace: "WHERE bytes <= ${request.maxBytes} OR total = bytes",
    killedBy: claim
  },
  {
    name: "A claim counts the letters of payloads for bytes",
    file: byLane,
    find: "${jsonBytes(\"j.payload\")}",
    replace: "length(j.payload)",
    killedBy: claim
  },
  {
    name: "A claim in order counts the letters of payloads for bytes",
    file: inOrder,
    find: "${jsonBytes(\"j.payload\")}\n      FROM scanned",
    replace: "length(j.payload)\n      FROM scanned",
    killedBy: claim
  },
  {
    name: "A claim in order counts the letters of payloads for bytes, where queues have room of their own",
    file: inOrder,
    find: "${jsonBytes(\"j.payload\")} AS bytes",
    replace: "length(j.payload) AS bytes",
    killedBy: claim
  },
  {
    name: "A claim ignores the limits of queues",
    file,
    find: "FROM candidate WHERE place <= slots",
    replace: "FROM candidate",
    killedBy: claim
  },
  {
    name: "A claim leaves the last place of a queue empty",
    file,
    find: "FROM candidate WHERE place <= slots",
    replace: "FROM candidate WHERE place < slots",
    killedBy: claim
  },
  {
    name: "A claim takes one more of a queue than its limit",
    file,
    find: "FROM candidate WHERE place <= slots",
    replace: "FROM candidate WHERE place <= slots + 1",
    killedBy: claim
  },
  {
    name: "A claim stops at the first priority that has a job",
    file,
    find: "FROM level WHERE priority IS NOT NULL AND found < slots\n    )`",
    replace: "FROM level WHERE priority IS NOT NULL AND found < 1\n    )`",
    killedBy: claim
  },
  {
    name: "A claim holds for the longest lease of all kinds asked for",
    file,
    find: "(SELECT lease_for FROM named WHERE named.kind = holdfast_jobs.kind)",
    replace: "(SELECT max(lease_for) FROM named)",
    killedBy: claim
  },
  {
    name: "A claim forgets the settle before it, which may still be repeated",
    file,
    find: "attempts = attempts + 1, updated_at = ${now},",
    replace:
      "attempts = attempts + 1, settled_attempt = NULL, settled_by = NULL, settled_as = NULL, settled_to = NULL," +
      " updated_at = ${now},",
    killedBy: ["test/store/fences.test.ts"]
  },
  {
    name: "The lease a claim gives does not know the failures before it",
    file,
    find: "attempt: attempts, failures }, lockedAt",
    replace: "attempt: attempts, failures: 0 }, lockedAt",
    killedBy: conformance
  },
  {
    name: "The next instant is that of the latest job",
    file,
    find: "SELECT min((\n        SELECT j.available_at",
    replace: "SELECT max((\n        SELECT j.available_at",
    killedBy: claim
  },
  {
    name: "What would be claimed is shown in another order",
    file,
    find:
      `\${millis("available_at")} AS "availableAt" FROM chosen WHERE \${isOurs}\n      ORDER BY priority DESC, available_at, id`,
    replace: `\${millis("available_at")} AS "availableAt" FROM chosen WHERE \${isOurs}\n      ORDER BY id`,
    killedBy: ["test/runtime/fiveOperations.test.ts"]
  },
  {
    name: "A row whose id no enqueue would take spoils the claims and the sweeps it is in",
    file: "src/domain/JobId.ts",
    find: "Schema.String.pipe(Schema.brand(\"JobId\"))",
    replace: "Schema.String.pipe(Schema.pattern(/^[0-9a-f-]*$/), Schema.brand(\"JobId\"))",
    killedBy: ["test/store/sqlite/foreignRows.test.ts"]
  },
  {
    name: "A payload that is no JSON spoils the claim it is in",
    file: "src/store/statements/rows.ts",
    find: "Schema.NullOr(Schema.parseJson()).annotations({ decodingFallback: () => Either.right(undefined) })",
    replace: "Schema.NullOr(Schema.parseJson())",
    killedBy: ["test/store/sqlite/foreignRows.test.ts"]
  },
  {
    name: "A payload that is no JSON is run as no value",
    file: "src/domain/wireValue.ts",
    find: "if (json === undefined) return Either.left(new InvalidJob({ kind, field, allowed: \"JSON\" }))",
    replace: "",
    killedBy: ["test/runtime/foreignRows.test.ts"]
  }
]

export const equivalents: ReadonlyArray<Equivalent> = [
  {
    name: "A claim chooses its jobs in no order",
    file,
    find: "FROM candidate WHERE place <= slots\n      ORDER BY priority DESC, available_at, id ${atMost(",
    replace: "FROM candidate WHERE place <= slots\n      ${atMost(",
    because:
      "The sum of bytes over these jobs reads them in the same order. SQLite merges a LIMIT without an ORDER BY into that " +
      "query, and so applies it after that sort. It stays written, because SQL promises no order without it."
  },
  {
    name: "The jobs of a lane are read in no order",
    file: byLane,
    find: "ORDER BY due.available_at, due.id ${atMost(request.limit)}",
    replace: "${atMost(request.limit)}",
    because:
      "INDEXED BY makes the planner walk the claim index, whose last columns are this order. It stays written, " +
      "for the planner checks it against the index, and another database has no such hint."
  },
  {
    name: "The first due jobs are read in no order",
    file: inOrder,
    find: "ORDER BY due.available_at, due.id ${atMost(most)}",
    replace: "${atMost(most)}",
    because: "As for the jobs of a lane: the index that it must walk has this order."
  },
  {
    name: "A claim steps to one priority more when the better ones already fill its slots",
    file,
    find: "FROM level WHERE priority IS NOT NULL AND found < slots\n    )`",
    replace: "FROM level WHERE priority IS NOT NULL AND found <= slots\n    )`",
    because: "The jobs of that priority sort after those that fill the slots, so none is chosen. It costs one seek."
  },
  {
    name: "A claim's update does not ask whether the jobs it chose are pending",
    file,
    find: "IN (SELECT id FROM ${free.name}) AND ${unindexed(\"holdfast_jobs.status\")} = 'pending'",
    replace: "IN (SELECT id FROM chosen)",
    because: "They were chosen as pending by the same statement, which nothing comes in the middle of on SQLite."
  }
]
