import { Schedule, Schema } from "effect"
import { Job } from "../../src/index.ts"

/** Short, so that a lease runs out while one watches; long enough that a busy machine keeps one. Milliseconds. */
export const leaseFor = 2_000
export const heartbeatEvery = 500
export const staleCheckEvery = 200
export const graceFor = 1_000

/** What the process gives a shutdown beyond its grace before it exits by itself. */
export const hardEndAfterGrace = 5_000

/** The same on PostgreSQL, where a worker may end while nothing answers: all that a shutdown may take. */
export const hardEndOnPostgres = 10_000

/** How often a worker process notes that its event loop turns. */
export const aliveEvery = 100

/** Shorter than another process holds the write lock for, so that operations are given up. */
export const busyTimeout = "5 seconds"

/** What a handler does with its attempt. */
export const Script = Schema.Literal(
  /** Takes `millis` and succeeds. Longer than a lease, it needs its heartbeat. */
  "succeed",
  /** Fails until it has failed `times` times, then succeeds. */
  "recover",
  /** Dies, every time. */
  "die",
  /** Snoozes its first `times` attempts, then succeeds. */
  "snooze",
  /** Asks never to be run again. */
  "refuse"
)
export type Script = typeof Script.Type

/** Scripts that end well if they are run often enough. */
export const endsWell = (script: Script) => script !== "die" && script !== "refuse"

const payload = {
  script: Script,
  millis: Schema.Number,
  times: Schema.Number,
  /** Makes a row as long as a test needs it. */
  padding: Schema.String
}

/** Run by workers. */
export const Act = Job.make("chaos.act", { payload, maxAttempts: 4, backoff: Schedule.spaced("200 millis") })

/**
 * Claimed, kept and settled by hand, without a heartbeat and with no regard for
 * its lease: this is where late settles come from, whatever else happens.
 */
export const Parcel = Job.make("chaos.parcel", { payload, maxAttempts: 1_000 })
