import type { Equivalent, Mutant } from "../Mutant.ts"

const file = "src/store/statements/byRequest.ts"
const conformance = ["test/store/conformance.test.ts"]
const retry = ["test/store/retry.test.ts"]

/** Cancel, retry, prune, and whose jobs may be seen. */
export const mutants: ReadonlyArray<Mutant> = [
  {
    name: "A running job is edited",
    file,
    find: "WHERE id = ${id} AND ${visible(partitionKey)} AND status = 'pending'\n      RETURNING id`",
    replace: "WHERE id = ${id} AND ${visible(partitionKey)}\n      RETURNING id`",
    killedBy: conformance
  },
  {
    name: "An edit that names no instant makes the job due",
    file,
    find: "available === undefined ? sql.literal(\"available_at\") : noLater(",
    replace: "available === undefined ? now : noLater(",
    killedBy: conformance
  },
  {
    name: "A running job is deleted",
    file,
    find: "AND ${visible(partitionKey)} AND status <> 'running'",
    replace: "AND ${visible(partitionKey)}",
    killedBy: conformance
  },
  {
    name: "Another tenant's job is deleted",
    file,
    find: "AND ${visible(partitionKey)} AND status <> 'running'",
    replace: "AND status <> 'running'",
    killedBy: ["test/runtime/edit.test.ts"]
  },
  {
    name: "Cancelling a pending job deletes the request and leaves it pending",
    file,
    find: `status = CASE status WHEN 'pending' THEN 'cancelled' ELSE status END,
        finished_at = CASE status WHEN 'pending' THEN \${now} END`,
    replace: "finished_at = NULL",
    also: [{
      file,
      find: "SET cancel_requested_at = COALESCE(cancel_requested_at, ${now}), updated_at",
      replace: "SET cancel_requested_at = CASE status WHEN 'running' THEN ${now} END, updated_at"
    }],
    killedBy: conformance
  },
  {
    name: "Cancelling a running job cancels it under its worker",
    file,
    find: `status = CASE status WHEN 'pending' THEN 'cancelled' ELSE status END,
        finished_at = CASE status WHEN 'pending' THEN \${now} END`,
    replace: "status = 'cancelled', finished_at = ${now}, locked_at = NULL, locked_by = NULL, locked_until = NULL",
    killedBy: conformance
  },
  {
    name: "Cancelling changes a finished job",
    file,
    find: "AND ${visible(partitionKey)} AND status IN ('pending', 'running')\n      RETURNING id, status`",
    replace: "AND ${visible(partitionKey)}\n      RETURNING id, status`",
    killedBy: conformance
  },
  {
    name: "A second cancel moves the instant of the first",
    file,
    find: "COALESCE(cancel_requested_at, ${now})",
    replace: "${now}",
    killedBy: conformance
  },
  {
    name: "A retry keeps the failures of before",
    file,
    find: "available_at = ${dueAt(available, now)}, failures = 0, finished_at = NULL",
    replace: "available_at = ${now}, finished_at = NULL",
    killedBy: conformance
  },
  {
    name: "A retry keeps who settled the job",
    file,
    find:
      "settled_attempt = NULL, settled_by = NULL, settled_as = NULL, settled_to = NULL,\n        cancel_requested_at = NULL",
    replace: "cancel_requested_at = NULL",
    killedBy: conformance
  },
  {
    name: "A retry keeps the request to cancel",
    file,
    find: "settled_to = NULL,\n        cancel_requested_at = NULL, updated_at = ${now}, holds_key",
    replace: "settled_to = NULL, updated_at = ${now}, holds_key",
    killedBy: conformance
  },
  {
    name: "A retry ignores the instant that it is given",
    file,
    find: "SET status = 'pending', available_at = ${dueAt(available, now)}, failures = 0",
    replace: "SET status = 'pending', available_at = ${now}, failures = 0",
    killedBy: conformance
  },
  {
    name: "A retry leaves the job due when it was",
    file,
    find: "SET status = 'pending', available_at = ${dueAt(available, now)}, failures = 0",
    replace: "SET status = 'pending', failures = 0",
    killedBy: conformance
  },
  {
    name: "A retry takes a job from the worker that runs it",
    file,
    find: "AND status IN ('failed', 'cancelled')\n        AND NOT EXISTS",
    replace: "AND status <> 'pending'\n        AND NOT EXISTS",
    also: [{
      file,
      find: "SET status = 'pending', available_at = ${dueAt(available, now)}, failures = 0",
      replace:
        "SET status = 'pending', result = NULL, locked_at = NULL, locked_by = NULL, locked_until = NULL, available_at = ${dueAt(available, now)}, failures = 0"
    }],
    killedBy: conformance
  },
  {
    name: "A retry does not look who holds the job's unique key",
    file,
    find: "\n        AND NOT EXISTS (${keyHolder})\n      RETURNING",
    replace: "\n      RETURNING",
    killedBy: conformance
  },
  {
    name: "A retry is refused for the same unique key in another partition",
    file,
    find: "AND COALESCE(other.partition_key, '') = COALESCE(holdfast_jobs.partition_key, '')\n",
    replace: "\n",
    killedBy: retry
  },
  {
    name: "A retry is refused for the same unique key of another kind",
    file,
    find: "WHERE other.kind = holdfast_jobs.kind AND other.unique_key",
    replace: "WHERE other.unique_key",
    killedBy: retry
  },
  {
    name: "A pruning deletes unfinished jobs",
    file,
    find: "${byIndex(\"holdfast_jobs_finished\")} WHERE ${old(which)}",
    replace: "WHERE ${old(which)}",
    also: [{
      file,
      find: "sql`${column} = ${status} AND finished_at IS NOT NULL AND finished_at <= ${since}`",
      replace: "sql`COALESCE(finished_at, updated_at) <= ${since}`"
    }],
    killedBy: conformance
  },
  {
    name: "A pruning deletes finished jobs of every status",
    file,
    find: "sql`${column} = ${status} AND finished_at IS NOT NULL",
    replace: "sql`status IN ('succeeded', 'failed', 'cancelled', ${status}) AND finished_at IS NOT NULL",
    killedBy: conformance
  },
  {
    name: "A pruning does not wait for the retention",
    file,
    find: "finished_at <= ${since}",
    replace: "finished_at <= ${since + retention}",
    killedBy: conformance
  },
  {
    name: "A pruning keeps jobs a millisecond longer than their retention",
    file,
    find: "finished_at <= ${since}",
    replace: "finished_at < ${since}",
    killedBy: conformance
  },
  {
    name: "A pruning takes more than its limit",
    file,
    find: "ORDER BY finished_at ${atMost(limit)} OFFSET",
    replace: "ORDER BY finished_at ${atMost(limit + 1)} OFFSET",
    killedBy: conformance
  },
  {
    name: "Another tenant's job can be read",
    file,
    find: "WHERE id = ${id} AND ${visible(partitionKey)}`",
    replace: "WHERE id = ${id}`",
    killedBy: conformance
  },
  {
    name: "Another tenant's job can be cancelled",
    file,
    find: "AND ${visible(partitionKey)} AND status IN ('pending', 'running')",
    replace: "AND status IN ('pending', 'running')",
    killedBy: ["test/runtime/observe.test.ts"]
  },
  {
    name: "Another tenant's job can be retried",
    file,
    find: "AND ${visible(partitionKey)} AND status IN ('failed', 'cancelled')",
    replace: "AND status IN ('failed', 'cancelled')",
    killedBy: ["test/runtime/observe.test.ts"]
  },
  {
    name: "A cancel tells another tenant how a job stands that it may not see",
    file,
    find: "changed?.status ?? (yield* get(id, partitionKey)).status",
    replace: "changed?.status ?? (yield* get(id, undefined)).status",
    killedBy: ["test/runtime/observe.test.ts"]
  },
  {
    name: "A retry tells another tenant how a job stands that it may not see",
    file,
    find: "const job = yield* get(id, partitionKey)",
    replace: "const job = yield* get(id, undefined)",
    killedBy: ["test/runtime/observe.test.ts"]
  }
]

export const equivalents: ReadonlyArray<Equivalent> = [
  {
    name: "A retry looks and writes without a transaction around them",
    file,
    find: "transaction(\"retry\", operations.retry(id, partitionKey, available))",
    replace: "statement(\"retry\", operations.retry(id, partitionKey, available))",
    because: "What another process does between two of its statements is found out by trying again."
  }
]
