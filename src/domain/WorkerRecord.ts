/** The part of the queues that a worker claims from. */
export interface WorkerQueue {
  readonly queue: string
  /** The most jobs of this queue that the worker runs at once. */
  readonly concurrency: number
}

/**
 * A worker, as it last reported. Instants are epoch milliseconds by the
 * store's clock, which on PostgreSQL is the server's.
 *
 * It is for people to read. No claim and no sweep depends on it, and a worker
 * that cannot write its row works all the same.
 */
export interface WorkerRecord {
  /** Its name, which is the `lockedBy` of the jobs that it runs. A worker that is started again has another. */
  readonly worker: string
  readonly host: string
  readonly pid: number
  /** The version of Holdfast that it runs. */
  readonly version: string
  /** Its first beat; a later one if its row was deleted meanwhile, after more than an hour in which it was not live. */
  readonly startedAt: number
  /** Its last beat, with which it reported everything here. */
  readonly beatAt: number
  /** The milliseconds since its last beat when this was read, by the same clock. */
  readonly sinceBeat: number
  /** The milliseconds between two beats: its heartbeat interval. */
  readonly beatEvery: number
  /** True if its last beat was at most three of its intervals and 5 s ago. */
  readonly isLive: boolean
  /** True once it claims nothing more: it was told to end, or has come to its `maxJobs` or the claim of `once`. */
  readonly isDraining: boolean
  readonly kinds: ReadonlyArray<string>
  /** Null if it claims from every queue. */
  readonly queues: ReadonlyArray<WorkerQueue> | null
  /** The most handlers that it runs at once. */
  readonly concurrency: number
  /** The slots in use at its last beat, of the `concurrency` that it has. */
  readonly running: number
}

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
