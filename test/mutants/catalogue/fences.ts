import type { Equivalent, Mutant } from "../Mutant.ts"

const file = "src/store/statements/leased.ts"
const fences = ["test/store/fences.test.ts"]
const conformance = ["test/store/conformance.test.ts"]

/** What every write under a lease, and a stale release, must match. */
export const mutants: ReadonlyArray<Mutant> = [
  {
    name: "The lease of a claim that was rolled back can settle the next claim of the same worker",
    file,
    find: "nameForOneClaim(asked, isInside)",
    replace: "nameForOneClaim(asked, Effect.succeed(false))",
    killedBy: ["test/store/rolledBackClaim.test.ts"]
  },
  {
    name: "A process does not know what it has claimed in a transaction for its own",
    file: "src/store/nameForOneClaim.ts",
    find: "name === worker || name.startsWith(`${worker}${separator}`)",
    replace: "name === worker",
    killedBy: ["test/runtime/staleSweep.test.ts"]
  },
  {
    name: "A write under a lease reaches other jobs of the worker than the lease's",
    file,
    find: "sql`holdfast_jobs.id = item.id AND ${unindexed(\"holdfast_jobs.status\")} = 'running'",
    replace: "sql`holdfast_jobs.id <= item.id AND ${unindexed(\"holdfast_jobs.status\")} = 'running'",
    killedBy: fences
  },
  {
    name: "A write under a lease does not ask who holds the job",
    file,
    find: "AND holdfast_jobs.locked_by = item.worker AND holdfast_jobs.attempts = item.attempt${",
    replace: "AND holdfast_jobs.attempts = item.attempt${",
    killedBy: fences
  },
  {
    name: "A write under a lease does not ask which attempt it is",
    file,
    find: "AND holdfast_jobs.locked_by = item.worker AND holdfast_jobs.attempts = item.attempt${",
    replace: "AND holdfast_jobs.locked_by = item.worker${",
    killedBy: fences
  },
  {
    name: "A write under an older attempt's lease is accepted",
    file,
    find: "holdfast_jobs.attempts = item.attempt${",
    replace: "holdfast_jobs.attempts >= item.attempt${",
    killedBy: fences
  },
  {
    name: "Progress is written by whoever knows the job's id",
    file,
    find: "WHERE ${held(items)}\n        RETURNING holdfast_jobs.id, attempts, locked_by AS worker`",
    replace: "WHERE holdfast_jobs.id = item.id\n        RETURNING holdfast_jobs.id, attempts, locked_by AS worker`",
    killedBy: fences
  },
  {
    name: "A lost lease is answered as kept",
    file,
    find: "? Either.left(new LeaseLost({ jobId: lease.jobId, attempt: lease.attempt }))",
    replace: "? Either.right(answer(undefined as never, lease))",
    killedBy: fences
  },
  {
    name: "A lost lease is not told of a job whose id no enqueue would take",
    file: "src/domain/errors.ts",
    find: `"LeaseLost", {
  jobId: StoredJobId,`,
    replace: `"LeaseLost", {
  jobId: Schema.UUID.pipe(Schema.lowercased(), Schema.brand("JobId")),`,
    killedBy: ["test/store/sqlite/foreignRows.test.ts"]
  },
  {
    name: "An extension does not move the end of the lease",
    file,
    find: "locked_until = ${later(now, \"item.lease_for\")}, updated_at",
    replace: "locked_until = locked_until, updated_at",
    killedBy: conformance
  },
  {
    name: "An extension counts from the lease's old end and not from now",
    file,
    find: "locked_until = ${later(now, \"item.lease_for\")}, updated_at",
    replace: "locked_until = locked_until + item.lease_for, updated_at",
    killedBy: conformance
  },
  {
    name: "An extension does not say since when the lock is held now",
    file,
    find: "locked_at = ${now}, locked_until = ${later(now, \"item.lease_for\")}",
    replace: "locked_until = ${later(now, \"item.lease_for\")}",
    killedBy: conformance
  },
  {
    name: "An extension does not tell that someone wants the job cancelled",
    file,
    find: "${truth(\"cancel_requested_at IS NOT NULL\")} AS cancel_requested`",
    replace: "0 AS cancel_requested`",
    killedBy: conformance
  },
  {
    name: "A stale release reaches other jobs than those it read",
    file,
    find: "WHERE holdfast_jobs.id = item.id AND ${isRunning} AND holdfast_jobs.locked_by",
    replace: "WHERE holdfast_jobs.id >= item.id AND ${isRunning} AND holdfast_jobs.locked_by",
    killedBy: ["test/store/stale.test.ts"]
  },
  {
    name: "A stale release takes away a lease that was extended since it looked",
    file,
    find:
      "AND ${attempt} = item.attempt AND ${lockedUntil} = item.locked_until${among(\"holdfast_jobs.id\", idsOfStale)}",
    replace: "AND holdfast_jobs.attempts = item.attempt",
    killedBy: ["test/store/stale.test.ts"]
  },
  {
    name: "A stale release takes away the lease of a newer attempt",
    file,
    find:
      "AND ${attempt} = item.attempt AND ${lockedUntil} = item.locked_until${among(\"holdfast_jobs.id\", idsOfStale)}",
    replace: "AND holdfast_jobs.locked_until = item.locked_until",
    killedBy: ["test/store/stale.test.ts"]
  },
  {
    name: "A stale release believes what it read, whatever became of the job since",
    file,
    find: " AND holdfast_jobs.locked_by = item.worker\n" +
      "        AND ${attempt} = item.attempt AND ${lockedUntil} = item.locked_until${among(\"holdfast_jobs.id\", idsOfStale)}",
    replace: "",
    killedBy: ["test/store/stale.test.ts"]
  }
]

export const equivalents: ReadonlyArray<Equivalent> = [
  {
    name: "A write under a lease does not ask whether the job is running",
    file,
    find: "sql`holdfast_jobs.id = item.id AND ${unindexed(\"holdfast_jobs.status\")} = 'running'\n        AND ",
    replace: "sql`holdfast_jobs.id = item.id AND ",
    because:
      "A CHECK of the table lets a row have a locked_by exactly while it is running, and a lease names its worker."
  },
  {
    name: "A stale release does not ask whether the job is still running",
    file,
    find: "WHERE holdfast_jobs.id = item.id AND ${isRunning} AND holdfast_jobs.locked_by",
    replace: "WHERE holdfast_jobs.id = item.id AND holdfast_jobs.locked_by",
    because: "A CHECK of the table lets a row have a locked_by exactly while it is running."
  },
  {
    name: "A stale release does not ask who holds the job now",
    file,
    find: "AND holdfast_jobs.locked_by = item.worker\n        AND ${attempt} = item.attempt AND",
    replace: "AND ${attempt} = item.attempt AND",
    because: "Only a claim changes who holds a job, and every claim raises attempts, which must be what was read."
  }
]
