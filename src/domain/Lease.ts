import { Schema } from "effect"
import { StoredJobId } from "./JobId.ts"

/**
 * Proof that one worker may act on one attempt of one job.
 *
 * `attempt` is the fencing token: a claim raises it and nothing lowers it, so a
 * write that names an older attempt matches no row. Hand it to any system
 * outside the database that can refuse a token older than the newest it saw.
 *
 * A rollback takes back a claim that was made inside it, and its number, which
 * the next claim gets. So do nothing outside the database before the commit.
 */
export class Lease extends Schema.Class<Lease>("Lease")({
  jobId: StoredJobId,
  /**
   * Who holds it: host, pid and the incarnation of the process, so a restarted
   * process is another worker. A claim inside a transaction adds a name of its
   * own, so that its lease is worth nothing after a rollback.
   */
  worker: Schema.NonEmptyString,
  attempt: Schema.Positive,
  /** Failed and stale attempts before this one, which is what the backoff counts. */
  failures: Schema.NonNegative,
  /** Epoch milliseconds of the claim or the last extension. */
  lockedAt: Schema.Number,
  /** Epoch milliseconds. From this instant on the job may be released to another worker. */
  lockedUntil: Schema.Number
}) {}
