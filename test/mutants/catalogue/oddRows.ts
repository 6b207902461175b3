import type { Mutant } from "../Mutant.ts"

const file = "src/store/operations.ts"
const told = "src/store/refusedRows.ts"
const odd = ["test/store/sqlite/oddRows.test.ts"]
const foreign = ["test/runtime/foreignRows.test.ts"]

/** What becomes of rows that an app's SQL has changed, or that refuse a write, and of the jobs beside them. */
export const mutants: ReadonlyArray<Mutant> = [
  {
    name: "A job whose budget was lowered below its failures can never fail",
    file: "src/store/sqlite/migrations/0001_jobs.ts",
    find: "CHECK (failures <= attempts AND (",
    replace: "CHECK (failures <= max_attempts AND failures <= attempts AND (",
    killedBy: odd
  },
  {
    name: "A running job may be given as many failures as attempts, which no failure can follow",
    file: "src/store/sqlite/migrations/0001_jobs.ts",
    find: "CHECK (failures <= attempts AND (status <> 'running' OR failures < attempts))",
    replace: "CHECK (failures <= attempts)",
    killedBy: odd
  },
  {
    name: "A failure cannot be added to errors that are not JSON",
    file: "src/store/dialect.ts",
    find: "CASE WHEN NOT json_valid(errors) THEN '[]' WHEN json_type",
    replace: "CASE WHEN json_type",
    killedBy: odd
  },
  {
    name: "A failure is not added to errors that are no array",
    file: "src/store/dialect.ts",
    find: "WHEN json_type(errors) <> 'array' THEN '[]'",
    replace: "",
    killedBy: odd
  },
  {
    name: "An instant that no date holds stops the sweep that comes to it",
    file: "src/domain/instantText.ts",
    find: "Option.match(DateTime.make(millis), { onNone: () => `${millis} ms`, onSome: DateTime.formatIso })",
    replace: "new Date(millis).toISOString()",
    killedBy: odd
  },
  {
    name: "A sweep asks for a lease's end as JavaScript rounds it",
    file,
    find: "safeMillis(\"holdfast_jobs.locked_until\")",
    replace: "sql.literal(\"holdfast_jobs.locked_until\")",
    killedBy: odd
  },
  {
    name: "A sweep asks for a job's attempts as JavaScript rounds them",
    file,
    find: "safeCount(\"holdfast_jobs.attempts\")",
    replace: "sql.literal(\"holdfast_jobs.attempts\")",
    killedBy: odd
  },
  {
    name: "Failures that are not Holdfast's keep a job from being shown",
    file: "src/store/statements/rows.ts",
    find: "Schema.UndefinedOr(JobFailure).annotations({ decodingFallback: () => Either.right(undefined) })",
    replace: "Schema.UndefinedOr(JobFailure)",
    killedBy: odd
  },
  {
    name: "Errors that are not JSON keep a job from being shown",
    file: "src/store/statements/rows.ts",
    find: ").annotations({ decodingFallback: () => Either.right([undefined]) })",
    replace: ")",
    killedBy: odd
  },
  {
    name: "A job does not say which of its columns cannot be read",
    file: "src/store/statements/rows.ts",
    find: "...errors.includes(undefined) ? [\"errors\"] as const : []",
    replace: "",
    killedBy: odd
  },
  {
    name: "A row that refuses its claim stops the whole claim",
    file,
    find: "() => allOrNone(\"claim\", operations.claimInHalves(request))",
    replace: "Effect.fail",
    killedBy: odd
  },
  {
    name: "A row that refuses to be freed stops the whole sweep",
    file,
    find: `inHalves(
      stale,
      (jobs) => withSavepoint(statements.releaseStale(jobs, now, "leases" in which && which.holderIsGone === true)),`,
    replace: `(<A, B, C>(jobs: A, run: (jobs: A) => B, _: C) => run(jobs))(
      stale,
      (jobs) => withSavepoint(statements.releaseStale(jobs, now, "leases" in which && which.holderIsGone === true)),`,
    killedBy: odd
  },
  {
    name: "A row that refuses a settle keeps the others of its call from an answer",
    file,
    find: "items.length === 1 ? write(items, now) :",
    replace: "items.length > 0 ? write(items, now) :",
    killedBy: odd
  },
  {
    name: "A row that refuses a settle is answered as a lost lease",
    file,
    find: "(_, cause) => Effect.succeed([Either.left(new StoreError({ operation, cause }))])",
    replace: `({ lease }: any, cause) =>
        Effect.succeed([Either.left(Object.assign(new Error(), { _tag: "LeaseLost", attempt: lease.attempt }) as any)])`,
    killedBy: odd
  },
  {
    name: "A row that refuses its deletion stops the whole pruning",
    file,
    find: "yield* inHalves(jobs, (some) => run(\"prune\", statements.prune(some, old)), (",
    replace:
      "yield* (<A, B, C>(jobs: A, run: (jobs: A) => B, _: C) => run(jobs))(jobs, (some) => run(\"prune\", statements.prune(some, old)), (",
    killedBy: odd
  },
  {
    name: "Rows that cannot be deleted keep those behind them from being pruned",
    file: "src/runtime/maintenance/maintenance.ts",
    find: "skip += refused",
    replace: "",
    killedBy: foreign
  },
  {
    name: "A pruning deletes a job that was retried in its middle",
    file,
    find: "IN ${idsOf(jobs)} AND ${old(which, unindexed(\"status\"))}",
    replace: "IN ${idsOf(jobs)}",
    killedBy: ["test/store/sqlite/prunedBesideOthers.test.ts"]
  },
  {
    name: "A row that refuses its claim keeps the place of those behind it",
    file: told,
    find: "until.set(id, now + Duration.unsafeToNanos(leftOutFor))",
    replace: "",
    killedBy: odd
  },
  {
    name: "A row that has refused its claim is never tried again",
    file: told,
    find: "for (const [id, end] of until) if (end <= now) until.delete(id)",
    replace: "",
    killedBy: odd
  },
  {
    name: "A row that refuses its claim fills the slots of its lane",
    file: "src/store/statements/byLane.ts",
    find: "j.available_at <= ${now} ${without(\"j.id\", except)}",
    replace: "j.available_at <= ${now}",
    killedBy: odd
  },
  {
    name: "A row that refuses its claim is claimed again and again",
    file: "src/store/statements/inOrder.ts",
    find: "due.available_at <= ${now}\n          ${without(\"due.id\", except)}",
    replace: "due.available_at <= ${now}",
    killedBy: odd
  },
  {
    name: "A row that refuses its claim makes workers look again and again",
    file,
    find: `j.priority = level.priority
          \${without("j.id", except)}`,
    replace: "j.priority = level.priority",
    killedBy: odd
  },
  {
    name: "Nobody is told of a row that refuses a write",
    file: told,
    find: "return warn(\"A job's row refuses",
    replace: "return Effect.void || warn(\"A job's row refuses",
    killedBy: odd
  },
  {
    name: "Rows that cannot be deleted are told of at every pruning",
    file: told,
    find: "for (const id of untold) told.set(",
    replace: "for (const id of []) told.set(",
    killedBy: odd
  },
  {
    name: "A logger that throws undoes what was done beside an odd row",
    file: "src/store/sqlite/transaction/immediateTransaction.ts",
    find: ").pipe(guardTelemetry)",
    replace: ")",
    killedBy: odd
  },
  {
    name: "A job whose id no enqueue would take cannot be asked for",
    file: "src/runtime/jobQueueClient.ts",
    find: "id.isWellFormed() ?",
    replace: "Schema.is(JobId)(id) ?",
    killedBy: foreign
  },
  {
    name: "A list ends at a job whose id no enqueue would take",
    file: "src/runtime/operate/filters.ts",
    find: "Schema.is(JobId)(id) ? id : `${oddCursor}${id}`",
    replace: "id",
    killedBy: foreign
  }
]
