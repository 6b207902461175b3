/** What a check of one simulation comes to. */
export class Findings {
  readonly violations: Array<string> = []
  /** The rare states that were reached, and how often. */
  readonly reached = new Map<string, number>()

  violation(promise: string, evidence: string): void {
    // Payloads are long, and what is told of a seed is to be read.
    this.violations.push(`${promise}: ${evidence.slice(0, 2000)}`)
  }

  expect(holds: boolean, promise: string, evidence: () => string): void {
    if (!holds) this.violation(promise, evidence())
  }

  sometimes(state: Sometimes, when = true): void {
    if (when) this.reached.set(state, (this.reached.get(state) ?? 0) + 1)
  }
}

/** Rare states, each of which a run over many seeds must reach: one that it never does, it has not tested. */
export const sometimes = [
  "a settle was repeated and told yes",
  "a settle was repeated and told yes although its job had been claimed again",
  "a late settle was refused",
  "an extension was told that its lease is lost",
  "a settle came after its lease was over, and counted",
  "a lease that was over was extended",
  "a stale job was released to the next attempt",
  "a stale job had spent its budget",
  "a stale job was cancelled",
  "a worker saw a lease of its own process that was over, and left it",
  "a lease was extended between two looks at it",
  "a pending job was cancelled",
  "a running job was cancelled",
  "a job succeeded although its cancel was asked for",
  "a finished job was retried",
  "a job was retried to a later instant",
  "a job was changed together with others of a filter",
  "another partition's job was asked for",
  "a unique key was taken",
  "a pending job's payload was replaced",
  "a pending job's due time was moved",
  "a job's priority was changed",
  "a job was made due that waited for its next attempt",
  "a pending job was deleted",
  "a finished job was deleted",
  "an edit came too late",
  "a running job was not deleted",
  "a claim left what was paused",
  "a claim took a job that had been paused",
  "a pause was committed with its transaction",
  "a job came back from an attempt without its unique key",
  "an enqueue was repeated",
  "jobs were enqueued and committed",
  "jobs were enqueued and rolled back",
  "an enqueue was refused in a transaction that committed",
  "a caller's transaction was committed though one nested in it had failed",
  "a nested transaction was committed and lost with the one around it",
  "transactions were nested beside each other in one",
  "a claim was committed with its transaction",
  "a claim was rolled back with its transaction",
  "a settle was committed with its transaction",
  "a settle was rolled back with its transaction",
  "an id was another job's",
  "more jobs were enqueued at once than one statement writes",
  "a call was refused in a transaction of the process's other database",
  "a second database took a job",
  "a second database that an app's own client opened took a job",
  "a second database's job was completed",
  "a store found that its file had been replaced",
  "a file that was put in another's place took a job",
  "a thread kept a lease while the event loop was blocked",
  "the thread that keeps leases died",
  "a job of a dead worker was freed before its lease was over",
  "a due job waited for a worker to look",
  "a worker was told of a job of its own process",
  "a job was snoozed",
  "a job was handed back at a shutdown",
  "a job was handed back that was claimed too late",
  "a handler timed out",
  "a job failed for good with budget left",
  "a finished job was pruned",
  "a claim's answer was lost",
  "a claim found nothing left",
  "a claim left jobs for their size",
  "a job waited for a place after its claim",
  "a job that was claimed ahead was handed back",
  "a process was killed while a handler ran",
  "a worker died while a handler ran",
  "a process was killed inside a transaction",
  "a process was stopped inside a transaction",
  "a process had to be killed after its grace",
  "a lease was made shorter by a drain",
  "a crash cut a lease",
  "a second signal ended a grace",
  "a worker that ended left a job behind",
  "a worker that was told to end handed back what it was claiming",
  "a worker that claims once ended by itself",
  "a worker ended by itself after its last job",
  "a worker that died was started again",
  "a worker that ended was forgotten",
  "the row of a dead worker stayed",
  "a handler was stopped at its deadline",
  "a handler went on after it was told to stop",
  "a settle was tried again",
  "a settle was given up",
  "whether a settle was written stayed unknown",
  "two handlers of a job overlapped, excused",
  "a heartbeat failed",
  "the store failed a poll",
  "a logger threw",
  "a tracer threw",
  "a metric threw",
  "a write found the disk full",
  "a row refused what was asked of it",
  "a claim took others than a row that refuses",
  "a job of another program's was released",
  "a job was released whose errors were not a list",
  "a job was released that had failed more often than it may",
  "a job was released that was locked at an instant which no date holds",
  "a job was shown without what is unreadable of it",
  "a program found tables that a newer release had migrated, and ended",
  "a worker ended because a newer release had migrated the tables",
  "a job was settled in tables that a newer release had migrated",
  "a write found the database locked"
] as const
export type Sometimes = typeof sometimes[number]
