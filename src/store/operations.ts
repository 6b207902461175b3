import type * as Statement from "@effect/sql/Statement"
import { Array as Arr, Effect, Either, Option } from "effect"
import { isStoreError, JobNotFound, JobNotMatching, StoreError } from "../domain/errors.ts"
import type { NotDone } from "../domain/JobFate.ts"
import type { JobId } from "../domain/JobId.ts"
import type { JobStatus } from "../domain/JobRecord.ts"
import type { Pause, PauseTarget } from "../domain/Pause.ts"
import type { Dialect } from "./Differences.ts"
import { makeEnqueue } from "./enqueue.ts"
import type {
  Acted,
  ActRequest,
  Changes,
  ClaimedJob,
  ClaimRequest,
  CountedJobs,
  Fenced,
  Filter,
  JobPage,
  JobStore,
  Listing,
  NewJob,
  StaleChoice,
  StoreFailure,
  SummaryPage,
  WorkerBeat
} from "./JobStore.ts"
import { makeNewerSchema } from "./newerSchema.ts"
import { makeRefusedRows } from "./refusedRows.ts"
import { makeStatements } from "./statements/Statements.ts"
import type { Now, OnConnection, Run, Transactions } from "./Transactions.ts"

/** What the operations need to know of the database besides its client. */
export interface Circumstances {
  /** The version of the tables that the statements are made for. */
  readonly newest: number
  readonly transactions: Pick<Transactions, "part" | "withSavepoint">
  /** It is read once an operation has its connection. */
  readonly now: Effect.Effect<Now>
}

/**
 * The operations of a store that are more than one statement, or a statement
 * and what is to be done where a row refuses it. They run on the connection in
 * the context, and read the clock once.
 */
export const makeOperations = (
  dialect: Dialect,
  { newest, now, transactions: { part, withSavepoint } }: Circumstances
) => {
  const { int, isId, isName, isOfARow, later, manyClaimAtOnce } = dialect
  const { explained, isOurs } = makeNewerSchema(dialect, newest)
  const statements = makeStatements(dialect, isOurs)
  const refusedRows = makeRefusedRows(dialect)
  const { inHalves } = refusedRows
  const { enqueue, enqueueIfNew } = makeEnqueue(statements, dialect)

  const at = <A, E>(run: (now: Statement.Fragment, whole: Now) => OnConnection<A, E>): OnConnection<A, E> =>
    Effect.flatMap(now, (now) => run(now.sql, now))

  /** As `at`, with the rows to leave out. */
  const leavingOut = <A>(
    run: (now: Statement.Fragment, except: ReadonlyArray<JobId>) => OnConnection<A>
  ): OnConnection<A> => at((now) => Effect.flatMap(refusedRows.leftOut, (except) => run(now, except)))

  const nextDue = (request: Pick<ClaimRequest, "queues" | "kinds">) =>
    explained("nextDue", leavingOut((now, except) => statements.nextDue(request, now, except)), Option.isNone)

  const due = (request: Omit<ClaimRequest, "worker">) =>
    explained("due", leavingOut((now, except) => statements.due(request, now, except)), isEmpty)

  const claim = (request: ClaimRequest) =>
    explained(
      "claim",
      leavingOut((now, except) => {
        const claimed = part(statements.claim(request, now, except))
        return manyClaimAtOnce ? Effect.flatMap(claimed, (jobs) => claimMore(request, now, except, jobs, 5)) : claimed
      }),
      isEmpty
    )

  /** Goes on with a claim that has found nothing, since others may have been taking the first jobs at the same time. */
  const claimMore = (
    request: ClaimRequest,
    now: Statement.Fragment,
    except: ReadonlyArray<JobId>,
    claimed: ReadonlyArray<ClaimedJob>,
    tries: number
  ): OnConnection<ReadonlyArray<ClaimedJob>> =>
    tries === 0 || claimed.length > 0
      ? Effect.succeed(claimed)
      : Effect.flatMap(statements.claimable(request, now, except), (free) =>
        free.length === 0
          ? Effect.succeed(claimed)
          : Effect.flatMap(
            part(statements.claimThese(free, request, now)),
            (more) => claimMore(request, now, [...except, ...free.map(({ id }) => id)], more, tries - 1)
          ))

  /** A claim after one that a row has refused: takes the same jobs without such rows. */
  const claimInHalves = (request: ClaimRequest) =>
    explained(
      "claim",
      leavingOut((now, except) =>
        Effect.flatMap(statements.claimable(request, now, except), (jobs) =>
          inHalves(
            jobs,
            (some) => withSavepoint(statements.claimThese(some, request, now)),
            ({ id }, error) => Effect.as(refusedRows.add("claim", id, error), [])
          ))
      ),
      isEmpty
    )

  /** A write under leases. Where a row refuses its item, the others are answered all the same. */
  const underLeases = <Item, A>(
    operation: string,
    write: (items: ReadonlyArray<Item>, now: Statement.Fragment) => OnConnection<ReadonlyArray<Fenced<A>>>
  ) =>
  (items: ReadonlyArray<Item>): OnConnection<ReadonlyArray<Fenced<A>>> =>
    at((now) =>
      items.length === 1
        ? write(items, now)
        : inHalves(
          items,
          (some) => part(write(some, now)),
          (_, cause) => Effect.succeed([Either.left(new StoreError({ operation, cause }))])
        )
    )

  const releaseStale = (which: StaleChoice) =>
    leavingOut((now, except) =>
      Effect.flatMap(statements.staleJobs(which, now, except), (stale) =>
        inHalves(
          stale,
          (jobs) => withSavepoint(statements.releaseStale(jobs, now, "leases" in which && which.holderIsGone === true)),
          ({ id }, error) => Effect.as(refusedRows.add("releaseStale", id, error), [])
        ))
    )

  const canBe = (name: string | undefined) => name === undefined || isName(name)

  /** Answers JobNotFound for an id or a partition that no job can have, and does not ask the database. */
  const ofJob = <A, E>(id: JobId, partitionKey: string | undefined, found: OnConnection<A, E | JobNotFound>) =>
    isId(id) && canBe(partitionKey) ? found : Effect.fail(new JobNotFound({ jobId: id }))

  /** Each half of a batch that a row refuses is a transaction by itself, since a commit may be what refuses. */
  const prune = Effect.fnUntraced(function*(run: Run, { limit, retention, skip = 0, status }: Pruning) {
    const old = { status, since: later((yield* now).sql, int(-retention)) }
    const jobs = yield* run("prune", statements.findOld(old, { limit, skip }))
    // A table with nothing to prune is only read.
    if (jobs.length === 0) return { deleted: 0, refused: 0 }
    const refused: Array<JobId> = []
    let why: StoreFailure | undefined
    const deleted = yield* inHalves(jobs, (some) => run("prune", statements.prune(some, old)), ({ id }, error) => {
      refused.push(id)
      why = error
      return Effect.succeed([])
    })
    if (why !== undefined) yield* refusedRows.notDeleted(refused, why)
    return { deleted: deleted.length, refused: refused.length }
  })

  /** True if a job can have all names of a filter. Otherwise the database is not asked. */
  const canFit = ({ error, kind, partitionKey, queue, uniqueKey }: Filter) =>
    [kind, queue, partitionKey, uniqueKey, error].every(canBe)

  /** Makes the change of the operation for one job. */
  const actOnOne = (
    id: JobId,
    { action, available = { after: 0 }, filter: { partitionKey } }: ActRequest,
    now: Statement.Fragment
  ): OnConnection<JobStatus, NotDone> => {
    switch (action) {
      case "cancel":
        return statements.cancel(id, partitionKey, now)
      case "retry":
        return Effect.as(statements.retry(id, partitionKey, available, now), "pending")
      case "run-now":
        return Effect.as(statements.edit(id, partitionKey, { available: { after: 0 } }, now), "pending")
      case "delete":
        return statements.remove(id, partitionKey)
    }
  }

  const ofRow = (cause: unknown): Acted =>
    Either.left(isStoreError(cause) ? cause : new StoreError({ operation: "act", cause }))

  /** One after the other by their ids, as others that lock several rows do. */
  const actOn = (request: ActRequest): OnConnection<ReadonlyArray<Acted>> =>
    at((now) =>
      Effect.gen(function*() {
        const { filter, ids } = request
        const fitting = canFit(filter) ? yield* statements.fitting(ids.filter(isId), filter) : []
        const acted = new Map<JobId, Acted>()
        for (const { id } of fitting) {
          acted.set(
            id,
            yield* Effect.either(withSavepoint(actOnOne(id, request, now))).pipe(
              Effect.flatMap((either): OnConnection<Acted> =>
                Either.isRight(either) || either.left._tag !== "SqlError"
                  ? Effect.succeed(either as Acted)
                  : isOfARow(either.left)
                  ? Effect.succeed(ofRow(either.left))
                  : Effect.fail(either.left)
              )
            )
          )
        }
        return ids.map((id): Acted => acted.get(id) ?? Either.left(new JobNotMatching({ jobId: id })))
      })
    )

  /**
   * A COMMIT may refuse a row. Then each half of the jobs is a transaction of its own. Once one of
   * them has committed, the others follow: an interruption waits, and a failure of the store becomes
   * the answer for the jobs that are left.
   */
  const act = (run: Run, request: ActRequest) =>
    Effect.uninterruptibleMask((restore) => {
      let isCommitted = false
      const some = (ids: ActRequest["ids"]) =>
        Effect.suspend(() => {
          const acted = run("act", actOn({ ...request, ids }))
          return isCommitted
            ? Effect.catchIf(acted, (error) => !isOfARow(error), (error) => Effect.succeed(ids.map(() => ofRow(error))))
            : Effect.tap(restore(acted), () => Effect.sync(() => void (isCommitted = true)))
        })
      return inHalves(request.ids, some, (_, cause) => Effect.succeed([ofRow(cause)]))
    })

  return {
    enqueue: (jobs: ReadonlyArray<NewJob>) => at((_, now) => enqueue(jobs, now)),
    /** Adds a job, alone, if nothing is in its way. Otherwise, and where it fails, nothing is written. */
    enqueueIfNew: (jobs: ReadonlyArray<NewJob>) => at((now) => enqueueIfNew(jobs, now)),
    nextDue,
    due,
    laneHeads: statements.laneHeads,
    claim,
    claimInHalves,
    extend: underLeases("extend", statements.extend),
    progress: underLeases("progress", statements.progress),
    complete: underLeases("complete", statements.complete),
    fail: underLeases("fail", statements.fail),
    release: underLeases("release", statements.release),
    laneHolders: (options: Parameters<Store["laneHolders"]>[0]) => at((now) => statements.laneHolders(options, now)),
    staleLeases: (options: Parameters<Store["staleLeases"]>[0]) =>
      leavingOut((now, except) => statements.staleLeases(options, now, except)),
    anyStale: leavingOut(statements.anyStale),
    releaseStale,
    get: (id: JobId, partitionKey: string | undefined) => ofJob(id, partitionKey, statements.get(id, partitionKey)),
    list: (listing: Listing) =>
      canFit(listing) ? statements.list(listing) : Effect.succeed<JobPage>({ jobs: [], cursor: null }),
    search: (listing: Listing) =>
      canFit(listing) ? statements.search(listing) : Effect.succeed<SummaryPage>({ jobs: [], cursor: null }),
    count: (place: Omit<Listing, "limit">) =>
      canFit(place) ? statements.countJobs(place) : Effect.succeed<CountedJobs>({ jobs: 0, cursor: null }),
    cancel: (id: JobId, partitionKey: string | undefined) =>
      ofJob(id, partitionKey, at((now) => statements.cancel(id, partitionKey, now))),
    retry: (id: JobId, partitionKey: string | undefined, available: NewJob["available"] = { after: 0 }) =>
      ofJob(id, partitionKey, at((now) => statements.retry(id, partitionKey, available, now))),
    edit: (id: JobId, partitionKey: string | undefined, changes: Changes) =>
      ofJob(id, partitionKey, at((now) => statements.edit(id, partitionKey, changes, now))),
    remove: (id: JobId, partitionKey: string | undefined) =>
      ofJob(id, partitionKey, statements.remove(id, partitionKey)),
    act,
    pause: (target: PauseTarget, by: string | undefined): OnConnection<Pause> =>
      at((now) => Effect.map(statements.pause(target, by, now), Arr.unsafeGet(0))),
    resume: statements.resume,
    pauses: statements.pauses,
    beatWorker: (beat: WorkerBeat) => at((now) => statements.beatWorker(beat, now)),
    forgetWorker: statements.forgetWorker,
    // It may fail alone, for want of a right, and must not spoil the transaction of a caller that goes on.
    workers: ({ limit }: Parameters<Store["workers"]>[0]) => at((now) => part(statements.workers(limit, now))),
    anyOldWorker: at(statements.anyOldWorker),
    pruneWorkers: at(statements.pruneWorkers),
    laneDepths: (options: Parameters<Store["laneDepths"]>[0]) => at((now) => statements.laneDepths(options, now)),
    countAhead: (job: Parameters<Store["countAhead"]>[0], options: Parameters<Store["countAhead"]>[1]) =>
      at((now) => statements.countAhead(job, options, now)),
    endedLately: (options: Parameters<Store["endedLately"]>[0]) => at((now) => statements.endedLately(options, now)),

    prune
  }
}

type Store = typeof JobStore.Service

type Pruning = Parameters<Store["prune"]>[0]

const isEmpty = (found: ReadonlyArray<unknown>) => found.length === 0
