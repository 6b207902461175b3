import type { Moment } from "./History.ts"

/** What became of a job of the second database, as far as whoever enqueued it was told. */
export type Told = "acknowledged" | "never added" | "unknown"

/** What is done to the two databases by one fiber, one step after the other. */
export interface Round {
  readonly process: string
  readonly began: Moment
  ended: Moment | undefined
}

/** Something that was asked of the second database, and whether nothing came of it: it was not free, or was to roll back. */
export interface Asked {
  readonly process: string
  readonly what: string
  readonly invoked: Moment
  readonly answered: Moment
  readonly answer: "done" | "replaced" | "nothing" | "another error"
}

/** A second database, in which the fleet's workers have no part, and what its callers were told of it. */
export class SecondDatabase {
  readonly rounds: Array<Round> = []
  /** Its jobs, each of which is enqueued once. */
  readonly jobs = new Map<string, Told>()
  /** Those that a transaction of an app's own client has committed, which nobody looks behind. */
  readonly committedUnseen = new Set<string>()
  /** When its file was replaced. */
  readonly replacements: Array<Moment> = []
  /** When each process had opened it. */
  readonly opened = new Map<string, Moment>()
  /** What it was asked outside of transactions, and the transactions. */
  readonly asked: Array<Asked> = []
  /** Jobs that someone asked to complete, and whether that was answered with yes. */
  readonly completed = new Map<string, boolean>()
  /** Jobs that the first database was asked to add inside a transaction of the second. */
  readonly foreign = new Set<string>()
  /** Calls inside a transaction of the other database that were refused as they should be. */
  refused = 0
  /** Answers that were wrong by themselves. */
  readonly wrong: Array<string> = []
}
