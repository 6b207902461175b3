import { Schema } from "effect"

/** The part of the queues that a worker claims from. */
export const WorkerQueue = Schema.Struct({
  queue: Schema.String,
  /** The most jobs of this queue that the worker runs at once. */
  concurrency: Schema.Number
})
export type WorkerQueue = typeof WorkerQueue.Type

/**
 * A worker, as it last reported. Instants are epoch milliseconds by the
 * store's clock, which on PostgreSQL is the server's.
 *
 * It is for people to read. No claim and no sweep depends on it, and a worker
 * that cannot write its row works all the same.
 */
export const WorkerRecord = Schema.Struct({
  /** Its name, which is the `lockedBy` of the jobs that it runs. A worker that is started again has another. */
  worker: Schema.String,
  host: Schema.String,
  pid: Schema.Number,
  /** The version of Holdfast that it runs. */
  version: Schema.String,
  /** Its first beat; a later one if its row was deleted meanwhile, after more than an hour in which it was not live. */
  startedAt: Schema.Number,
  /** Its last beat, with which it reported everything here. */
  beatAt: Schema.Number,
  /** The milliseconds since its last beat when this was read, by the same clock. */
  sinceBeat: Schema.Number,
  /** The milliseconds between two beats: its heartbeat interval. */
  beatEvery: Schema.Number,
  /** True if its last beat was at most three of its intervals and 5 s ago. */
  isLive: Schema.Boolean,
  /** True once it claims nothing more: it was told to end, or has come to its `maxJobs` or the claim of `once`. */
  isDraining: Schema.Boolean,
  kinds: Schema.Array(Schema.String),
  /** Null if it claims from every queue. */
  queues: Schema.NullOr(Schema.Array(WorkerQueue)),
  /** The most handlers that it runs at once. */
  concurrency: Schema.Number,
  /** The slots in use at its last beat, of the `concurrency` that it has. */
  running: Schema.Number
})
export type WorkerRecord = typeof WorkerRecord.Type

/** The most workers that a list has: more than a person reads. */
export const mostWorkers = 1000

/** True if no worker may be missing from a list. */
export const isWholeList = (workers: ReadonlyArray<WorkerRecord>): boolean => workers.length < mostWorkers

/** True if workers that live may be missing from a list, in which live ones come first. */
export const mayLackLive = (workers: ReadonlyArray<WorkerRecord>): boolean =>
  !isWholeList(workers) && workers.every(({ isLive }) => isLive)

type Lane = { readonly queue: string; readonly kind: string }

/** True for a worker that claims the jobs of a lane, which is a queue and a kind, while it lives. */
export const listsLane = ({ kinds, queues }: Pick<WorkerRecord, "kinds" | "queues">, { kind, queue }: Lane): boolean =>
  kinds.includes(kind) && (queues === null || queues.some((one) => one.queue === queue))

/** True for a worker that claims the jobs of a lane now: one that lists it, lives, and does not drain. */
export const claimsLane = (worker: WorkerRecord, lane: Lane): boolean =>
  worker.isLive && !worker.isDraining && listsLane(worker, lane)
