import type { Equivalent, Mutant } from "../Mutant.ts"

const file = "src/store/statements/settle.ts"
const dialect = "src/store/dialect.ts"
const fences = ["test/store/fences.test.ts"]
const conformance = ["test/store/conformance.test.ts"]

const over =
  "const over = sql`cancel_requested_at IS NOT NULL OR item.retry_after IS NULL OR failures + 1 >= max_attempts`"

/** What a settle writes, and what it answers when it is repeated. */
export const mutants: ReadonlyArray<Mutant> = [
  {
    name: "A failure is not counted",
    file,
    find: "failures = failures + 1, last_error = item.error",
    replace: "last_error = item.error",
    killedBy: conformance
  },
  {
    name: "A job fails once more often than its budget",
    file,
    find: over,
    replace: over.replace("failures + 1", "failures"),
    killedBy: conformance
  },
  {
    name: "A job fails once less often than its budget",
    file,
    find: over,
    replace: over.replace("failures + 1", "failures + 2"),
    killedBy: conformance
  },
  {
    name: "A failure for good is tried again while there is budget",
    file,
    find: over,
    replace: over.replace("item.retry_after IS NULL OR ", ""),
    killedBy: conformance
  },
  {
    name: "A retry does not wait for its backoff",
    file,
    find: "ELSE ${later(now, \"item.retry_after\")} END",
    replace: "ELSE ${now} END",
    killedBy: conformance
  },
  {
    name: "A job that someone cancelled fails like any other",
    file,
    find: "sql`CASE WHEN cancel_requested_at IS NOT NULL THEN 'cancelled' WHEN ${over} THEN",
    replace: "sql`CASE WHEN ${over} THEN",
    also: [{
      file,
      find: "${settle(\"fail\", status)},",
      replace: "${settle(\"fail\", status)}, cancel_requested_at = NULL,"
    }],
    killedBy: conformance
  },
  {
    name: "A job that someone cancelled is handed back as pending",
    file,
    find: `\${settle("release", sql\`CASE WHEN cancel_requested_at IS NULL THEN 'pending' ELSE 'cancelled' END\`)},
          finished_at = CASE WHEN cancel_requested_at IS NULL THEN NULL ELSE \${now} END,`,
    replace: "${settle(\"release\", sql`'pending'`)}, cancel_requested_at = NULL,",
    killedBy: conformance
  },
  {
    name: "A snooze and a shutdown spend the budget",
    file,
    find: "THEN ${later(now, \"item.delay\")} ELSE available_at END,",
    replace: "THEN ${later(now, \"item.delay\")} ELSE available_at END, failures = failures + 1,",
    killedBy: conformance
  },
  {
    name: "A snoozed job is due at once",
    file,
    find: "THEN ${later(now, \"item.delay\")} ELSE available_at END,",
    replace: "THEN ${now} ELSE available_at END,",
    killedBy: conformance
  },
  {
    name: "A settle forgets who made it",
    file,
    find: "settled_attempt = attempts, settled_by = locked_by,",
    replace: "settled_attempt = attempts, settled_by = '',",
    killedBy: fences
  },
  {
    name: "A repeated settle is taken for a lost lease",
    file,
    find: "if (settled.length === items.length) return answers(",
    replace: "if (settled.length >= 0) return answers(",
    killedBy: fences
  },
  {
    name: "A repeated settle is answered with the status that the job has by now",
    file,
    find: "settled_by AS worker, settled_to AS status",
    replace: "settled_by AS worker, status",
    killedBy: fences
  },
  {
    name: "A repeated settle is recognised for another worker",
    file,
    find: "WHERE settled_attempt = item.attempt AND settled_by = item.worker AND ${sameOutcome}",
    replace: "WHERE settled_attempt = item.attempt AND ${sameOutcome}",
    also: [
      { file, find: "[`${row.id} ${row.attempts} ${row.worker}`, row]", replace: "[`${row.id} ${row.attempts}`, row]" },
      {
        file,
        find: "rowOf.get(`${lease.jobId} ${lease.attempt} ${lease.worker}`)",
        replace: "rowOf.get(`${lease.jobId} ${lease.attempt}`)"
      }
    ],
    killedBy: fences
  },
  {
    name: "A repeated settle is recognised for another attempt",
    file,
    find: "WHERE settled_attempt = item.attempt AND settled_by = item.worker AND ${sameOutcome}",
    replace: "WHERE settled_by = item.worker AND ${sameOutcome}",
    also: [
      { file, find: "[`${row.id} ${row.attempts} ${row.worker}`, row]", replace: "[`${row.id} ${row.worker}`, row]" },
      {
        file,
        find: "rowOf.get(`${lease.jobId} ${lease.attempt} ${lease.worker}`)",
        replace: "rowOf.get(`${lease.jobId} ${lease.worker}`)"
      }
    ],
    killedBy: ["test/store/repeatedSettle.test.ts"]
  },
  {
    name: "A repeated settle is recognised for another outcome",
    file,
    find: "AND settled_by = item.worker AND ${sameOutcome}",
    replace: "AND settled_by = item.worker",
    killedBy: fences
  },
  {
    name: "A success is recognised as one whatever the job came to",
    file,
    find: "sql`settled_as = 'complete'`",
    replace: "sql`TRUE`",
    killedBy: fences
  },
  {
    name: "A failure for good is recognised in one that is tried again",
    file,
    find: "(settled_to <> 'pending' OR item.retry_after IS NOT NULL)`",
    replace: "(settled_to <> 'pending' OR TRUE)`",
    killedBy: fences
  },
  {
    name: "A failure that is tried again is not recognised",
    file,
    find: "(settled_to <> 'pending' OR item.retry_after IS NOT NULL)`",
    replace: "settled_to <> 'pending'`",
    killedBy: fences
  },
  {
    name: "A failure is taken for a release",
    file,
    find: "sql`settled_as = 'release'`",
    replace: "sql`settled_as <> 'complete'`",
    killedBy: fences
  },
  {
    name: "A release is taken for a failure",
    file,
    find: "sql`settled_as = 'fail' AND",
    replace: "sql`settled_as <> 'complete' AND",
    killedBy: fences
  },
  {
    name: "A job remembers one failure more than ten",
    file: dialect,
    find: "json_array_length(errors) < 10",
    replace: "json_array_length(errors) <= 10",
    killedBy: conformance
  },
  {
    name: "A job that has failed ten times forgets its latest failure and not its first",
    file: dialect,
    find: "json_remove(errors, '$[0]')",
    replace: "json_remove(errors, '$[#-1]')",
    killedBy: conformance
  },
  {
    name: "The depth of what is far too large is looked at before its size",
    file: "src/domain/wireValue.ts",
    find: "(json) => Buffer.byteLength(json) <= maxJsonBytes",
    replace: "(json) => nesting(json) <= maxNesting && Buffer.byteLength(json) <= maxJsonBytes",
    killedBy: ["test/domain/wireValue.test.ts"]
  }
]

export const equivalents: ReadonlyArray<Equivalent> = [
  {
    name: "What an earlier settle left is looked up without the attempt",
    file,
    find: "WHERE settled_attempt = item.attempt AND settled_by = item.worker AND ${sameOutcome}",
    replace: "WHERE settled_by = item.worker AND ${sameOutcome}",
    because:
      "Each answer is taken from the row with the lease's id, attempt and worker, and a row of another attempt is " +
      "no one's. With both fences gone it is a mutant."
  }
]
