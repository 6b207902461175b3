import type { Mutant } from "../Mutant.ts"

const file = "src/store/statements/stale.ts"
const sweep = "src/runtime/maintenance/staleSweep.ts"
const maintenance = "src/runtime/maintenance/maintenance.ts"
const held = "src/runtime/lease/HeldLeases.ts"
const conformance = ["test/store/conformance.test.ts"]
const byLimited = ["test/runtime/limitedWorkers.test.ts"]
const bySweeps = ["test/runtime/staleSweep.test.ts"]

const status = `status = CASE WHEN cancel_requested_at IS NOT NULL THEN 'cancelled'
          WHEN failures + 1 >= max_attempts THEN 'failed' ELSE 'pending' END,`
const over = "const over = sql`cancel_requested_at IS NOT NULL OR failures + 1 >= max_attempts`"

/** What becomes of jobs whose lease is over. */
export const mutants: ReadonlyArray<Mutant> = [
  {
    name: "A lease is over a millisecond later than it says",
    file,
    find:
      "AND holdfast_jobs.locked_until <= ${now} ${without(\"id\", except)}\n      ORDER BY holdfast_jobs.locked_until",
    replace:
      "AND holdfast_jobs.locked_until < ${now} ${without(\"id\", except)}\n      ORDER BY holdfast_jobs.locked_until",
    killedBy: conformance
  },
  {
    name: "A sweep does not see the lease that is over this very instant",
    file,
    find: "locked_until <= ${now} ${without(\"id\", except)} LIMIT 1`",
    replace: "locked_until < ${now} ${without(\"id\", except)} LIMIT 1`",
    killedBy: conformance
  },
  {
    name: "A sweep that frees one job frees those whose lease goes on too",
    file,
    find:
      "WHERE status = 'running' AND holdfast_jobs.locked_until <= ${now} ${without(\"id\", except)}\n      ORDER BY holdfast_jobs.locked_until",
    replace: "WHERE status = 'running' AND holdfast_jobs.locked_until > 0\n      ORDER BY holdfast_jobs.locked_until",
    killedBy: ["test/store/stale.test.ts"]
  },
  {
    name: "A sweep frees more than its limit",
    file,
    find: "ORDER BY holdfast_jobs.locked_until, id ${atMost(which.limit)}`",
    replace: "ORDER BY holdfast_jobs.locked_until, id`",
    killedBy: conformance
  },
  {
    name: "A sweep frees those first whose lease was over last",
    file,
    find: "ORDER BY holdfast_jobs.locked_until, id ${atMost(which.limit)}`",
    replace: "ORDER BY holdfast_jobs.locked_until DESC, id ${atMost(which.limit)}`",
    killedBy: conformance
  },
  {
    name: "A stale attempt is no failure",
    file,
    find: "failures = failures + 1, last_error = ${message}",
    replace: "last_error = ${message}",
    killedBy: conformance
  },
  {
    name: "A job may go stale once more than its budget",
    file,
    find: over,
    replace: over.replace("failures + 1", "failures"),
    also: [{ file, find: status, replace: status.replace("failures + 1", "failures") }],
    killedBy: conformance
  },
  {
    name: "A job may go stale once less than its budget",
    file,
    find: over,
    replace: over.replace("failures + 1", "failures + 2"),
    also: [{ file, find: status, replace: status.replace("failures + 1", "failures + 2") }],
    killedBy: conformance
  },
  {
    name: "A stale job that someone cancelled is run again",
    file,
    find: status,
    replace: `cancel_requested_at = NULL, ${
      status.replace("CASE WHEN cancel_requested_at IS NOT NULL THEN 'cancelled'\n          ", "CASE ")
    }`,
    also: [{ file, find: over, replace: over.replace("cancel_requested_at IS NOT NULL OR ", "") }],
    killedBy: conformance
  },
  {
    name: "A stale job is run again only when it was first due, which may be never again",
    file,
    find: "available_at = CASE WHEN ${over} THEN available_at ELSE ${dueAgain} END,\n        failures",
    replace: "failures",
    killedBy: conformance
  },
  {
    name: "A stale release is taken for a settle by the one whose lease was over",
    file,
    find: "updated_at = ${now}, ${unlocked},\n        holds_key",
    replace: "updated_at = ${now}, settled_attempt = attempts, settled_by = locked_by, settled_as = 'fail'," +
      " settled_to = 'pending', locked_at = NULL, locked_by = NULL, locked_until = NULL, holds_key",
    killedBy: conformance
  },
  {
    name: "A stale release forgets the settle of the attempt before, which may still be repeated",
    file,
    find: "updated_at = ${now}, ${unlocked},\n        holds_key",
    replace: "updated_at = ${now}, settled_attempt = NULL, settled_by = NULL, settled_as = NULL, settled_to = NULL," +
      " locked_at = NULL, locked_by = NULL, locked_until = NULL, holds_key",
    killedBy: ["test/store/fences.test.ts"]
  },
  {
    name: "A stale release says that the budget is spent when it is not",
    file,
    find: "THEN item.spent ELSE item.released END`",
    replace: "THEN item.released ELSE item.spent END`",
    killedBy: conformance
  },
  {
    name: "A lease is seen as over a millisecond too late",
    file,
    find: "sql`locked_until <= ${now}` : isHeldBy(heldBy)",
    replace: "sql`locked_until < ${now}` : isHeldBy(heldBy)",
    killedBy: ["test/store/stale.test.ts"]
  },
  {
    name: "A look at stale leases begins anew each time",
    file,
    find: "AND ${isBehind} ${without(\"id\", except)}",
    replace: "${without(\"id\", except)}",
    hangs: true,
    killedBy: ["test/store/stale.test.ts"]
  },
  {
    name: "A look at stale leases leaves out those that ended together with the last it saw",
    file,
    find: "sql`(locked_until, id) > (${instant(after.lockedUntil)}, ${after.id})`",
    replace: "sql`locked_until > ${after.lockedUntil}`",
    killedBy: ["test/store/stale.test.ts"]
  },
  {
    name: "A release of a lease that was seen frees another attempt",
    file,
    find: "AND ${attempt} = item.attempt\n        AND locked_by = item.worker AND",
    replace: "AND locked_by = item.worker AND",
    killedBy: ["test/store/stale.test.ts"]
  },
  {
    name: "A release of a lease that was seen frees another's",
    file,
    find: "AND locked_by = item.worker AND ${lockedUntil}",
    replace: "AND ${lockedUntil}",
    killedBy: ["test/store/stale.test.ts"]
  },
  {
    name: "A release of a lease that was seen frees one that was extended since",
    file,
    find:
      "AND ${lockedUntil} = item.locked_until${among(\"holdfast_jobs.id\", which.leases.map(({ id }) => id))}\n      ORDER BY",
    replace: "ORDER BY",
    killedBy: ["test/store/stale.test.ts"]
  },
  {
    name: "A release of a lease that was seen frees one that is not over any more",
    file,
    find: "which.holderIsGone === true ? sql.literal(\"TRUE\")",
    replace: "which.leases.length > 0 ? sql.literal(\"TRUE\")",
    killedBy: ["test/store/stale.test.ts"]
  },
  {
    name: "A release of a gone worker's jobs waits until their leases are over",
    file,
    find: "which.holderIsGone === true ? sql.literal(\"TRUE\")",
    replace: "which.leases.length === 0 ? sql.literal(\"TRUE\")",
    killedBy: conformance
  },
  {
    name: "Leases of a named worker are those of every worker",
    file,
    find: "sql`locked_until <= ${now}` : isHeldBy(heldBy)",
    replace: "sql`locked_until <= ${now}` : sql`(TRUE OR ${isHeldBy(heldBy)})`",
    killedBy: conformance
  },
  {
    name: "A job of a gone worker does not say so in its error",
    file: "src/store/operations.ts",
    find: "\"leases\" in which && which.holderIsGone === true",
    replace: "\"leases\" in which && which.leases.length < 0",
    killedBy: conformance
  },
  {
    name: "A worker frees what one look saw",
    file: sweep,
    find: "return seen !== undefined && isSame(seen.lease, lease)\n        && lookedAt",
    replace: "return seen === undefined || isSame(seen.lease, lease)\n        || lookedAt",
    killedBy: bySweeps
  },
  {
    name: "A worker's two looks need not be apart",
    file: sweep,
    find: "&& lookedAt - seen.seenAt >= Duration.toMillis(heartbeatInterval)",
    replace: "",
    killedBy: bySweeps
  },
  {
    name: "A second look comes at the next check",
    file: maintenance,
    find: "Math.min(nextCheckAt, nextLookAt(suspects, heartbeatInterval, now)) - now",
    replace: "nextCheckAt - now",
    killedBy: bySweeps
  },
  {
    name: "A look that failed is made again at once",
    file: sweep,
    find: "if (at > now && at < next) next = at",
    replace: "if (at < next) next = at",
    hangs: true,
    killedBy: bySweeps
  },
  {
    name: "Checks come again after each second look only",
    file: maintenance,
    find: "if (now >= nextCheckAt) nextCheckAt",
    replace: "nextCheckAt",
    killedBy: bySweeps
  },
  {
    name: "A look does not see that a lease was extended since the last",
    file: sweep,
    find: " && a.lockedUntil === b.lockedUntil",
    replace: "",
    killedBy: bySweeps
  },
  {
    name: "A worker frees what its own process holds",
    file: held,
    find: "return deadline === undefined || deadline() <= now",
    replace: "return deadline === undefined || attempt > 0",
    killedBy: bySweeps
  },
  {
    name: "A worker frees what a sibling holds, and not what it holds itself",
    file: "src/runtime/worker/workerLoop.ts",
    find: "const processEnd = yield* ProcessEnd\n",
    replace: "const processEnd = yield* ProcessEnd\nconst held = makeHeldLeases()\n",
    also: [
      {
        file: "src/runtime/worker/workerLoop.ts",
        find: "import { beginAttempts } from",
        replace: "import { HeldLeases, makeHeldLeases } from \"../lease/HeldLeases.ts\"\nimport { beginAttempts } from"
      },
      {
        file: "src/runtime/worker/workerLoop.ts",
        find: "const keptHouse = yield* maintain(upkeep)",
        replace: "const keptHouse = yield* Effect.provideService(maintain(upkeep), HeldLeases, held)"
      },
      {
        file: "src/runtime/worker/workerLoop.ts",
        find: "graceOver: Deferred.await(shutdown.graceOver) }).pipe(\n",
        replace: "graceOver: Deferred.await(shutdown.graceOver) }).pipe(Effect.provideService(HeldLeases, held), "
      }
    ],
    killedBy: bySweeps
  },
  {
    name: "What a process holds is never taken for dead",
    file: held,
    find: "return deadline === undefined || deadline() <= now",
    replace: "return deadline === undefined || now < 0",
    killedBy: bySweeps
  },
  {
    name: "A process does not hold what it has claimed by hand",
    file: "src/runtime/callsByHand.ts",
    find: "if (isNameOf(thisWorker, lease.worker)) held.hold(",
    replace: "if (lease.worker === \"\") held.hold(",
    killedBy: bySweeps
  },
  {
    name: "A process holds what it has claimed by hand no longer although it extends it",
    file: "src/runtime/callsByHand.ts",
    find: "if (Either.isRight(answer)) holdOurs(lease, sentAt, duration)",
    replace: "",
    killedBy: bySweeps
  },
  {
    name: "Leases that were claimed by hand and never settled are remembered for ever",
    file: held,
    find: "if (deadlines.size > tidyAt) tidy(now)",
    replace: "if (deadlines.size < 0) tidy(now)",
    killedBy: ["test/runtime/HeldLeases.test.ts"]
  },
  {
    name: "The leases of a process are tidied although they are held",
    file: held,
    find: "if (deadline() <= now) deadlines.delete(name)",
    replace: "if (deadline() >= now) deadlines.delete(name)",
    killedBy: ["test/runtime/HeldLeases.test.ts"]
  },
  {
    name: "A worker that may end soon frees no stale job",
    file: "src/runtime/worker/workerLoop.ts",
    find: "Effect.when(sweepBeforeClaiming(upkeep), () => mayEndSoon)",
    replace: "Effect.when(sweepBeforeClaiming(upkeep), () => mayEndSoon && false)",
    hangs: true,
    killedBy: byLimited
  },
  {
    name: "A worker with maxJobs frees no stale job as it starts",
    file: "src/runtime/worker/workerLoop.ts",
    find: "const mayEndSoon = settings.once || settings.maxJobs < Infinity",
    replace: "const mayEndSoon = settings.once",
    hangs: true,
    killedBy: byLimited
  },
  {
    name: "Every worker frees what it sees as it starts",
    file: "src/runtime/worker/workerLoop.ts",
    find: "const mayEndSoon = settings.once || settings.maxJobs < Infinity",
    replace: "const mayEndSoon = true",
    killedBy: bySweeps
  },
  {
    name: "A worker that may end soon frees one batch of stale jobs",
    file: sweep,
    find: "after = leases[batch - 1]",
    replace: "after = leases[batch]",
    hangs: true,
    killedBy: byLimited
  },
  {
    name: "A worker that may end soon frees what its own process runs",
    file: sweep,
    find: "const notOurs = yield* (yield* HeldLeases).notHeld(leases)",
    replace: "const notOurs = leases",
    killedBy: byLimited
  },
  {
    name: "A worker ends before it has pruned",
    file: "src/runtime/worker/workerLoop.ts",
    find: "Effect.zipRight(keptHouse),",
    replace: "",
    killedBy: byLimited
  }
]
