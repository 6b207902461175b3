import type { Context } from "effect"
import { Effect, Option } from "effect"
import { together } from "./chunks.ts"
import type { Dialect } from "./Differences.ts"
import { guardTelemetry } from "./guardTelemetry.ts"
import type { Waiting } from "./groupCommits.ts"
import { groupCommits } from "./groupCommits.ts"
import type { JobEvents } from "./JobEvents.ts"
import type { JobSignals } from "./JobSignals.ts"
import type { LeaseKeeper } from "./keeper/LeaseKeeper.ts"
import type { Presence } from "./Presence.ts"
import type { NewJob } from "./JobStore.ts"
import { JobStore } from "./JobStore.ts"
import { nameForOneClaim } from "./nameForOneClaim.ts"
import type { Circumstances } from "./operations.ts"
import { makeOperations } from "./operations.ts"
import { enqueuedEvents, mayBeDue } from "./tellEnqueued.ts"
import { makeThenTell } from "./thenTell.ts"
import type { Transactions } from "./Transactions.ts"

/** What a job store over SQL takes from its database. */
export interface Database extends Circumstances {
  readonly transactions: Transactions
  readonly events: JobEvents
  readonly signals: JobSignals
  readonly leaseKeeper?: LeaseKeeper | undefined
  readonly presence?: Presence | undefined
  readonly tidy: Effect.Effect<void>
}

/**
 * The job store over the client of a dialect: says of each operation
 * how it meets its caller's transaction. Enqueues that have none go together.
 */
export const makeSqlJobStore = Effect.fnUntraced(function*(dialect: Dialect, database: Database) {
  const { events, leaseKeeper, presence, signals, tidy, transactions } = database
  const { afterCommit, afterTransaction, allOrNone, interruptibleUntilRun, isInside, statement, transaction } =
    transactions
  const operations = makeOperations(dialect, database)
  const { isOfARow, manyClaimAtOnce, jsonRefusal } = dialect
  const thenTell = makeThenTell({ afterCommit, events })
  const enqueueTogether = yield* groupCommits(
    ({ isOne, take, takeBack }: Waiting<NewJob>) => {
      const whole = transaction("enqueue", Effect.suspend(() => operations.enqueue(take())))
      if (!isOne) return whole
      // A job that nothing is in the way of takes one statement, and two thirds of the time.
      return Effect.flatMap(
        statement("enqueue", Effect.suspend(() => operations.enqueueIfNew(take()))),
        Option.match({
          onSome: Effect.succeed,
          onNone: () => {
            takeBack()
            return whole
          }
        })
      )
    },
    {
      idOf: ({ id }) => id,
      isOfOne: (error) => error._tag === "JobIdConflict" || isOfARow(error),
      ...together,
      sizeOf: ({ payload }) => payload.length,
      tell: (jobs, answers, caller) => events.tell(enqueuedEvents(jobs, answers), caller),
      committed: (answers) => mayBeDue(answers) ? signals.wake : Effect.void
    }
  )
  const enqueueAlone = (jobs: ReadonlyArray<NewJob>) =>
    Effect.uninterruptibleMask((restore) =>
      Effect.tap(
        thenTell(
          restore((jobs.length === 1 ? transaction : allOrNone)("enqueue", operations.enqueue(jobs))),
          (answers) => enqueuedEvents(jobs, answers)
        ),
        (answers) => mayBeDue(answers) ? afterTransaction(signals.wake) : Effect.void
      )
    ).pipe(guardTelemetry)

  return JobStore.of({
    jsonRefusal,
    leaseKeeper,
    presence,
    enqueue: (jobs) =>
      // One that changes a job which waits is a commit of its own, which others can see. Where one with a unique key can
      // wait for another's transaction, those without do not wait with it.
      jobs.length > together.most ||
        jobs.some(({ onConflict, uniqueKey }) => onConflict !== "keep" || manyClaimAtOnce && uniqueKey !== null)
        ? enqueueAlone(jobs)
        : Effect.contextWithEffect((context: Context.Context<never>) =>
          isInside(context) ? enqueueAlone(jobs) : enqueueTogether(jobs)
        ),
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
    release: (items) =>
      Effect.zipLeft(
        statement("release", operations.release(items)),
        // What is handed back is due for workers that have looked already.
        items.some(({ delay }) => delay === 0) ? afterTransaction(signals.wake) : Effect.void
      ),

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
    search: (listing) => statement("search", operations.search(listing)),
    count: (options) => statement("count", operations.count(options)),
    cancel: (id, partitionKey) => transaction("cancel", operations.cancel(id, partitionKey)),
    retry: (id, partitionKey, available) => transaction("retry", operations.retry(id, partitionKey, available)),

    edit: (id, partitionKey, changes) => transaction("edit", operations.edit(id, partitionKey, changes)),
    delete: (id, partitionKey) => transaction("delete", operations.remove(id, partitionKey)),
    act: (request) => operations.act(allOrNone, request),
    pause: (target, by) => statement("pause", operations.pause(target, by)),
    resume: (target) =>
      Effect.tap(
        statement("resume", operations.resume(target)),
        // Its jobs are due for workers that have looked already.
        (isResumed) => isResumed ? afterTransaction(signals.wake) : Effect.void
      ),
    pauses: () => statement("pauses", operations.pauses),
    beatWorker: (beat) => statement("beatWorker", operations.beatWorker(beat)),
    forgetWorker: (worker) => statement("forgetWorker", operations.forgetWorker(worker)),
    workers: (options) => statement("workers", operations.workers(options)),
    // One that finds nothing, which is nearly every one, writes nothing.
    pruneWorkers: () =>
      Effect.if(statement("pruneWorkers", operations.anyOldWorker), {
        onTrue: () => statement("pruneWorkers", operations.pruneWorkers),
        onFalse: () => Effect.void
      }),
    laneDepths: (options) => statement("laneDepths", operations.laneDepths(options)),
    countAhead: (job, options) => statement("countAhead", operations.countAhead(job, options)),
    endedLately: (options) => statement("endedLately", operations.endedLately(options)),

    prune: (options) => operations.prune(statement, options),
    tidy
  })
})
