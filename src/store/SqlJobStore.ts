import type * as SqlClient from "@effect/sql/SqlClient"
import { Effect } from "effect"
import { dialect } from "./dialect.ts"
import type { JobEvents } from "./JobEvents.ts"
import type { JobSignals } from "./JobSignals.ts"
import { JobStore } from "./JobStore.ts"
import { nameForOneClaim } from "./nameForOneClaim.ts"
import type { Circumstances } from "./operations.ts"
import { makeOperations } from "./operations.ts"
import type { Transactions } from "./Transactions.ts"

/** What a job store over SQL takes from its database. */
export interface Database extends Circumstances {
  readonly transactions: Transactions
  readonly events: JobEvents
  readonly signals: JobSignals
  readonly tidy: Effect.Effect<void>
}

/**
 * The job store over `sql`, a client without transforms: says of each operation
 * how it meets its caller's transaction. The writer that groups operations goes
 * here, in place of transactions of their own.
 */
export const makeSqlJobStore = (sql: SqlClient.SqlClient, database: Database): typeof JobStore.Service => {
  const { events, signals, tidy, transactions } = database
  const { afterCommit, afterTransaction, allOrNone, interruptibleUntilRun, isInside, statement, transaction } =
    transactions
  const operations = makeOperations(sql, database)
  const { isOfARow } = dialect(sql)

  return JobStore.of({
    enqueue: (jobs) => (jobs.length === 1 ? transaction : allOrNone)("enqueue", operations.enqueue(jobs)),
    afterTransaction,
    afterCommit,
    events,
    signals,

    nextDue: (request) => statement("nextDue", operations.nextDue(request)),
    due: (request) => statement("due", operations.due(request)),
    laneHeads: (options) => statement("laneHeads", operations.laneHeads(options)),
    claim: (asked) =>
      Effect.flatMap(nameForOneClaim(asked, isInside), (request) =>
        Effect.catchIf(
          interruptibleUntilRun("claim", operations.claim(request)),
          isOfARow,
          () => allOrNone("claim", operations.claimInHalves(request))
        )),

    extend: (items) => statement("extend", operations.extend(items)),
    progress: (items) => statement("progress", operations.progress(items)),

    complete: (items) => statement("complete", operations.complete(items)),
    fail: (items) => statement("fail", operations.fail(items)),
    release: (items) => statement("release", operations.release(items)),

    laneHolders: (options) => statement("laneHolders", operations.laneHolders(options)),
    staleLeases: (options) => statement("staleLeases", operations.staleLeases(options)),
    releaseStale: (which) =>
      "leases" in which
        ? allOrNone("releaseStale", operations.releaseStale(which))
        // A sweep that finds nothing, which is nearly every one, writes nothing.
        : Effect.if(statement("releaseStale", operations.anyStale), {
          onTrue: () => allOrNone("releaseStale", operations.releaseStale(which)),
          onFalse: () => Effect.succeed([])
        }),

    get: (id, partitionKey) => statement("get", operations.get(id, partitionKey)),
    list: (listing) => statement("list", operations.list(listing)),
    cancel: (id, partitionKey) => transaction("cancel", operations.cancel(id, partitionKey)),
    retry: (id, partitionKey) => transaction("retry", operations.retry(id, partitionKey)),

    prune: (options) => operations.prune(statement, options),
    tidy
  })
}
