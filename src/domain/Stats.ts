import type { Pause } from "./Pause.ts"

/** A number of jobs. `isMore`: counting stopped there, and there may be more. */
export interface Count {
  readonly count: number
  readonly isMore: boolean
}

/** The number of jobs of a filter. */
export interface JobCount extends Count {
  /**
   * A page or an action that is given this begins with the newest of these jobs, and comes to none with a higher id, as new
   * ones have. If none was found so far, it begins behind the rows that the count has looked at. Null if no job fits.
   */
  readonly cursor: string | null
}

/** The jobs of one lane, which is a queue and a kind. Instants are epoch milliseconds. */
export interface LaneStats {
  readonly queue: string
  readonly kind: string
  readonly pending: Count
  /** Of the pending ones, those that a worker could claim now, unless they are paused. */
  readonly due: Count
  /** The instant since which the oldest due job has waited; null if none is due. */
  readonly oldestDueAt: number | null
  /** The instant at which the first pending job is due, or has been; null if none is pending. */
  readonly nextDueAt: number | null
  /** Jobs under leases that are not over. */
  readonly running: Count
  /** Jobs under leases that are over, until a sweep frees them: their workers are dead or blocked. */
  readonly stale: Count
  /** Jobs that ended lately, within `Stats.over`. */
  readonly succeeded: Count
  readonly failed: Count
  readonly cancelled: Count
  readonly queuePaused: Pause | null
  readonly kindPaused: Pause | null
}

/** Counts of pending, running and recently finished jobs, by queue and kind. */
export interface Stats {
  /** The instant of the look, in epoch milliseconds. */
  readonly at: number
  /** The milliseconds before it in which jobs that ended are counted. */
  readonly over: number
  readonly lanes: ReadonlyArray<LaneStats>
  /** False if there may be lanes that are not listed, because reading stopped before. */
  readonly isWhole: boolean
}
