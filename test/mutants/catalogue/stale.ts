import type { Mutant } from "../Mutant.ts"

const file = "src/store/SqlJobStore.ts"
const life = ["test/store/life.test.ts"]

const status = `status = CASE WHEN cancel_requested_at IS NOT NULL THEN 'cancelled'
          WHEN failures + 1 >= max_attempts THEN 'failed' ELSE 'pending' END,`
const over = "const over = sql`cancel_requested_at IS NOT NULL OR failures + 1 >= max_attempts`"

/** What becomes of jobs whose lease is over. */
export const mutants: ReadonlyArray<Mutant> = [
  {
    name: "A lease is over a millisecond later than it says",
    file,
    find: "AND locked_until <= ${now}\n      ORDER BY locked_until",
    replace: "AND locked_until < ${now}\n      ORDER BY locked_until",
    killedBy: life
  },
  {
    name: "A sweep does not see the lease that is over this very instant",
    file,
    find: "locked_until <= ${now} LIMIT 1`",
    replace: "locked_until < ${now} LIMIT 1`",
    killedBy: life
  },
  {
    name: "A sweep that frees one job frees those whose lease goes on too",
    file,
    find: "WHERE status = 'running' AND locked_until <= ${now}\n      ORDER BY locked_until",
    replace: "WHERE status = 'running' AND locked_until > 0\n      ORDER BY locked_until",
    killedBy: ["test/store/stale.test.ts"]
  },
  {
    name: "A sweep frees more than its limit",
    file,
    find: "ORDER BY locked_until, id ${atMost(options.limit)}`",
    replace: "ORDER BY locked_until, id`",
    killedBy: life
  },
  {
    name: "A sweep frees those first whose lease was over last",
    file,
    find: "ORDER BY locked_until, id ${atMost(options.limit)}`",
    replace: "ORDER BY locked_until DESC, id ${atMost(options.limit)}`",
    killedBy: life
  },
  {
    name: "A stale attempt is no failure",
    file,
    find: "failures = failures + 1, last_error = ${message}",
    replace: "last_error = ${message}",
    killedBy: life
  },
  {
    name: "A job may go stale once more than its budget",
    file,
    find: over,
    replace: over.replace("failures + 1", "failures"),
    also: [{ file, find: status, replace: status.replace("failures + 1", "failures") }],
    killedBy: life
  },
  {
    name: "A job may go stale once less than its budget",
    file,
    find: over,
    replace: over.replace("failures + 1", "failures + 2"),
    also: [{ file, find: status, replace: status.replace("failures + 1", "failures + 2") }],
    killedBy: life
  },
  {
    name: "A stale job that someone cancelled is run again",
    file,
    find: status,
    replace: `cancel_requested_at = NULL, ${
      status.replace("CASE WHEN cancel_requested_at IS NOT NULL THEN 'cancelled'\n          ", "CASE ")
    }`,
    also: [{ file, find: over, replace: over.replace("cancel_requested_at IS NOT NULL OR ", "") }],
    killedBy: life
  },
  {
    name: "A stale job is run again only when it was first due, which may be never again",
    file,
    find: "available_at = CASE WHEN ${over} THEN available_at ELSE ${now} END,\n        failures",
    replace: "failures",
    killedBy: life
  },
  {
    name: "A stale release is taken for a settle by the one whose lease was over",
    file,
    find: "updated_at = ${now}, locked_at = NULL, locked_by = NULL, locked_until = NULL\n      FROM (",
    replace: "updated_at = ${now}, settled_attempt = attempts, settled_by = locked_by, settled_as = 'fail'," +
      " settled_to = 'pending', locked_at = NULL, locked_by = NULL, locked_until = NULL\n      FROM (",
    killedBy: life
  },
  {
    name: "A stale release forgets the settle of the attempt before, which may still be repeated",
    file,
    find: "updated_at = ${now}, locked_at = NULL, locked_by = NULL, locked_until = NULL\n      FROM (",
    replace: "updated_at = ${now}, settled_attempt = NULL, settled_by = NULL, settled_as = NULL, settled_to = NULL," +
      " locked_at = NULL, locked_by = NULL, locked_until = NULL\n      FROM (",
    killedBy: ["test/store/fences.test.ts"]
  },
  {
    name: "A stale release says that the budget is spent when it is not",
    file,
    find: "THEN item.spent ELSE item.released END`",
    replace: "THEN item.released ELSE item.spent END`",
    killedBy: life
  }
]
