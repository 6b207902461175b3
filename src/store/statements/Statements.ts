import type * as Statement from "@effect/sql/Statement"
import type { Dialect } from "../Differences.ts"
import { makeByRequest } from "./byRequest.ts"
import { makeClaim } from "./claim.ts"
import { makeEnqueue } from "./enqueue.ts"
import { makeFilter } from "./filter.ts"
import { makeLanes } from "./lanes.ts"
import { makeList } from "./list.ts"
import { makePauses } from "./pauses.ts"
import { makePrune } from "./prune.ts"
import { makeSettle } from "./settle.ts"
import { makeStale } from "./stale.ts"
import { makeUnderLease } from "./underLease.ts"
import { makeWorkers } from "./workers.ts"

export type Statements = ReturnType<typeof makeStatements>

/**
 * The statements of a job store, in the order a job meets them: functions of
 * items and of now, in epoch milliseconds, to SQL and decoded rows.
 *
 * They know no clock, no transaction and no grouping of calls, so that a
 * transaction may run several and a test may run each alone. They run on the
 * connection in the context. None has a span: the trace is about the caller's work.
 *
 * `isOurs` is the condition under which statements that look for jobs to run may do so.
 */
export const makeStatements = (dialect: Dialect, isOurs: Statement.Fragment) => {
  const enqueues = makeEnqueue(dialect)
  const lanes = makeLanes(dialect)
  const claims = makeClaim(dialect, isOurs)
  const underLease = makeUnderLease(dialect)
  const settles = makeSettle(dialect)
  const stale = makeStale(dialect)
  const byRequest = makeByRequest(dialect)
  const lists = makeList(dialect)
  const pruning = makePrune(dialect)
  const pauses = makePauses(dialect)
  const workers = makeWorkers(dialect)
  return {
    insert: enqueues.insert,
    insertWhole: enqueues.insertWhole,
    findInTheWay: enqueues.findInTheWay,
    findKept: enqueues.findKept,
    change: enqueues.change,

    nextDue: claims.nextDue,
    due: claims.due,
    laneHeads: lanes.laneHeads,
    claim: claims.claim,
    claimable: claims.claimable,
    claimThese: claims.claimThese,

    extend: underLease.extend,
    progress: underLease.progress,

    complete: settles.complete,
    fail: settles.fail,
    release: settles.release,

    laneHolders: lanes.laneHolders,
    staleLeases: stale.staleLeases,
    anyStale: stale.anyStale,
    staleJobs: stale.staleJobs,
    releaseStale: stale.releaseStale,

    get: byRequest.get,
    list: lists.list,
    search: lists.search,
    countJobs: lists.countJobs,
    fitting: makeFilter(dialect).fitting,
    cancel: byRequest.cancel,
    retry: byRequest.retry,
    edit: byRequest.edit,
    remove: byRequest.remove,

    laneDepths: lanes.laneDepths,
    countAhead: lanes.countAhead,
    endedLately: lanes.endedLately,
    pause: pauses.pause,
    resume: pauses.resume,
    pauses: pauses.all,
    beatWorker: workers.beat,
    forgetWorker: workers.forget,
    workers: workers.all,
    anyOldWorker: workers.anyOld,
    pruneWorkers: workers.prune,

    findOld: pruning.findOld,
    prune: pruning.prune
  }
}
