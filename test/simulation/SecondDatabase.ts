import type { Moment } from "./History.ts"

/** What became of a job of the second database, as far as whoever enqueued it was told. */
export type Told = "acknowledged" | "never added" | "unknown"

/** What is done to the two databases by one fiber, one step after the other. */
export interface Round {
  readonly process: string
  readonly began: Moment
  ended: Moment | undefined
}

/** A second database, in which the fleet's workers have no part, and what its callers were told of it. */
export class SecondDatabase {
  readonly rounds: Array<Round> = []
  /** Its jobs, each of which is enqueued once. */
  readonly jobs = new Map<string, Told>()
  /** Jobs that someone asked to complete, and whether that was answered with yes. */
  readonly completed = new Map<string, boolean>()
  /** Jobs that the first database was asked to add inside a transaction of the second. */
  readonly foreign = new Set<string>()
  /** Calls inside a transaction of the other database that were refused as they should be. */
  refused = 0
  /** Answers that were wrong by themselves. */
  readonly wrong: Array<string> = []
}
