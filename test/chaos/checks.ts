import type { History, JobHistory, LeaseWrite, Run } from "./history.ts"
import { endsWell, heartbeatEvery, leaseFor } from "./jobs.ts"
import type { Tally } from "./report.ts"

/** A row as the database has it. */
export interface Row {
  readonly id: string
  readonly status: string
  readonly attempts: number
  readonly failures: number
  readonly max_attempts: number
  readonly locked_by: string | null
  readonly settled_attempt: number | null
  readonly settled_by: string | null
  readonly settled_as: string | null
  /** JSON. */
  readonly errors: string
}

/** What a check needs beside the job itself. Instants are monotonic milliseconds. */
export interface Known {
  readonly history: History
  /** Taken before the rows were read: what was noted by then is in the rows. */
  readonly readAt: number
  /** What to add to epoch milliseconds to have monotonic ones. */
  readonly epoch: number
  /** When a process was killed or told to end. Infinity if it was not. */
  readonly toldAt: (process: string) => number
}

/** What the checks have counted besides violations. */
export type Counted = Pick<Tally, "lateSettlesRefused" | "overlapsExcused">

/** So long may a loop that turns take to stop a handler. A promise of Holdfast's, with room for a busy machine. */
const stopsWithin = 250

/** The handler is told to stop a quarter of its lease before the end. */
const holdsFor = leaseFor * 0.75

const settles = new Set(["complete", "fail", "release"])

const accepted = ({ answer }: LeaseWrite) => answer?.accepted === true

/** Everything that must hold of a job at any time. The sentences say what did not. */
export function* checkJob(job: JobHistory, row: Row | undefined, known: Known, counted: Counted): Generator<string> {
  if (job.asked === undefined) yield "nobody had asked for it"
  yield* checkOrder(job)
  yield* checkLateWrites(job, counted)
  yield* checkRuns(job, known, counted)
  if (row === undefined) {
    if (job.acknowledged !== undefined && job.acknowledged <= known.readAt) {
      yield "its enqueue was acknowledged, and it is not there"
    }
    return
  }
  yield* checkRow(job, row, known)
  yield* checkFailures(job, row, known)
}

/** Attempts rise from claim to claim, and each has one claim and one handler. */
function* checkOrder({ claims, runs }: JobHistory): Generator<string> {
  for (const [index, claim] of claims.entries()) {
    for (const other of claims.slice(index + 1)) {
      if (claim.attempt === other.attempt) yield `attempt ${claim.attempt} was claimed twice`
      const [earlier, later] = claim.attempt < other.attempt ? [claim, other] : [other, claim]
      // An answer may be noted late, but nothing is answered before it was sent.
      if (later.at < earlier.sentAt) yield `attempt ${later.attempt} was claimed before attempt ${earlier.attempt}`
    }
  }
  const begun = runs.map(({ attempt }) => attempt)
  if (new Set(begun).size < begun.length) yield `an attempt was begun twice: ${begun.join(", ")}`
}

/**
 * What is sent under a lease after the next attempt was claimed is refused, unless it repeats a settle that was sent
 * before and may have been written; at most one completion is accepted.
 */
function* checkLateWrites({ claims, writes }: JobHistory, counted: Counted): Generator<string> {
  for (const write of writes) {
    const isLate = claims.some((claim) => claim.attempt > write.attempt && claim.at < write.sentAt)
    if (isLate && accepted(write) && !repeatsOneInTime(write, { claims, writes })) {
      yield `a ${write.write} of attempt ${write.attempt} was accepted, sent after a later attempt was claimed`
    }
    if (isLate && settles.has(write.write) && write.answer?.accepted === false) counted.lateSettlesRefused++
  }
  const completed = new Set(
    writes.filter((write) => write.write === "complete" && accepted(write)).map(({ attempt, worker }) =>
      `${attempt} by ${worker}`
    )
  )
  if (completed.size > 1) yield `it was completed more than once: attempts ${[...completed].join(", ")}`
}

/** Whether the same settle was sent before the next attempt was claimed, and its answer lost. */
const repeatsOneInTime = (write: LeaseWrite, { claims, writes }: Pick<JobHistory, "claims" | "writes">): boolean => {
  const next = claims.filter(({ attempt }) => attempt > write.attempt).map(({ at }) => at)
  return settles.has(write.write) &&
    writes.some((earlier) =>
      earlier.write === write.write && earlier.attempt === write.attempt && earlier.worker === write.worker
      && earlier.sentAt < Math.min(...next) && earlier.answer?.accepted === undefined
    )
}

/** Two handlers overlap only if the older one's process could not stop it in time. */
function* checkRuns(job: JobHistory, known: Known, counted: Counted): Generator<string> {
  for (const older of job.runs) {
    for (const newer of job.runs) {
      if (newer.attempt <= older.attempt || newer.began >= endOf(older, known)) continue
      const bought = lastBought(job, older.attempt, newer.began)
      const late = newer.began - (bought + holdsFor)
      const awake = late - known.history.stalled(older.process, bought + holdsFor, newer.began)
      // Before its deadline nobody else may begin, whatever the process of the older one was doing.
      if (late < 0 || awake > stopsWithin) {
        yield `the handlers of attempts ${older.attempt} and ${newer.attempt} overlapped: ${
          late < 0
            ? "the older one's deadline was still to come"
            : `the older one's process was awake for ${awake} ms past its deadline`
        }`
      } else counted.overlapsExcused++
    }
  }
}

/** A handler in a process that was killed ran no longer than to the signal. */
const endOf = (run: Run, { toldAt }: Known) => run.ended ?? toldAt(run.process)

/** When the claim or extension was sent that bought an attempt the time it had at `before`. */
const lastBought = ({ claims, writes }: JobHistory, attempt: number, before: number): number =>
  Math.max(
    ...claims.filter((claim) => claim.attempt === attempt).map(({ sentAt }) => sentAt),
    ...writes.filter((write) =>
      write.attempt === attempt && write.write === "extend" && accepted(write) && write.sentAt < before
    ).map(({ sentAt }) => sentAt)
  )

/** The row says what was acknowledged, and nothing that nobody sent. */
function* checkRow(job: JobHistory, row: Row, { readAt }: Known): Generator<string> {
  const claimed = Math.max(0, ...job.claims.filter(({ at }) => at <= readAt).map(({ attempt }) => attempt))
  if (row.attempts < claimed) yield `attempt ${claimed} was claimed, and the row is at ${row.attempts}`
  for (const write of job.writes) {
    const { answer } = write
    if (!accepted(write) || answer === undefined || answer.at > readAt || !settles.has(write.write)) continue
    const isFinal = answer.status === "succeeded" || answer.status === "failed"
    if (!isFinal) continue
    const isLast = row.settled_attempt === write.attempt && row.settled_by === write.worker
    if (row.status !== answer.status || row.attempts !== write.attempt || !isLast) {
      yield `attempt ${write.attempt} ended as ${answer.status}, and the row says otherwise`
    }
  }
  if (row.settled_by !== null) {
    const sent = job.writes.some((write) =>
      write.write === row.settled_as && write.attempt === row.settled_attempt && write.worker === row.settled_by
    )
    const settle = `${row.settled_as} of attempt ${row.settled_attempt}`
    if (!sent) yield `the row says that its last settle is a ${settle} by ${row.settled_by}, which never sent that`
  }
  if (row.status === "succeeded" && row.settled_by === null) yield "it has succeeded, settled by nobody"
}

/** Each failure was the script's, or the release of a lease that was over although its worker did what it could. */
function* checkFailures(job: JobHistory, row: Row, known: Known): Generator<string> {
  const errors = JSON.parse(row.errors) as ReadonlyArray<
    { readonly attempt: number; readonly worker: string; readonly at: number; readonly message: string }
  >
  if (errors.length !== Math.min(10, row.failures)) {
    yield `it has ${row.failures} failures, and remembers ${errors.length}`
  }
  for (const { at, attempt, message, worker } of errors) {
    if (message.includes("scripted failure")) {
      const sent = job.writes.some((write) =>
        write.write === "fail" && write.attempt === attempt && write.worker === worker
      )
      if (!sent) yield `attempt ${attempt} failed by ${worker}, which never sent that`
    } else if (/^(Released from stale|Stale) lock/.test(message)) {
      const until = job.leasedUntil.get(attempt)
      if (until !== undefined && at < until) {
        yield `attempt ${attempt} was released ${until - at} ms before its lease was over`
      }
      if (job.asked?.byHand === false && wasWell(job, attempt, at + known.epoch, known)) {
        yield `attempt ${attempt} was released although its process was well, which never tried to extend its lease`
      }
    } else if (/^(Released from a dead|Dead) worker/.test(message)) {
      const released = at + known.epoch + 1
      const wentOn = job.writes.some((write) => write.worker === worker && write.sentAt > released)
      if (wentOn) yield `attempt ${attempt} was released as a dead worker's, which went on to write`
    } else if (!triedProgress(job, attempt)) yield `it failed with what no script says: ${message}`
  }
}

/** A handler that could not write its progress lets that error through. */
const triedProgress = ({ writes }: JobHistory, attempt: number) =>
  writes.some((write) => write.attempt === attempt && write.write === "progress" && !accepted(write))

/**
 * Whether the handler of an attempt ran on in a process that was up and awake
 * for three beats before the release, and not one was sent. Beats that were sent
 * and failed are another's fault: the database was locked, full or slow.
 */
const wasWell = (job: JobHistory, attempt: number, releasedAt: number, known: Known): boolean => {
  const run = job.runs.find((run) => run.attempt === attempt)
  if (run === undefined) return false
  const bought = lastBought(job, attempt, releasedAt)
  // The beats begin with the handler, which may be long after its claim was sent.
  const from = Math.max(bought, run.began)
  const to = Math.min(releasedAt, bought + holdsFor, endOf(run, known), known.toldAt(run.process))
  const tried = job.writes.some((write) =>
    write.attempt === attempt && write.write === "extend" && write.sentAt > bought && write.sentAt < releasedAt
  )
  return !tried && to - from - known.history.stalled(run.process, from, to) > 2.5 * heartbeatEvery
}

/**
 * Whether a process that had ended well before the rows were read has left an
 * attempt running that it could have settled: one whose write failed, or whose
 * deadline had passed, was for the lease to end.
 */
export const wasLeft = (job: JobHistory, row: Row, endedWellAt: (process: string) => number | undefined): boolean => {
  const claim = job.claims.find(({ attempt, worker }) => attempt === row.attempts && worker === row.locked_by)
  if (row.status !== "running" || job.asked?.byHand !== false || claim === undefined) return false
  const tried = job.writes.some(({ answer, attempt }) => attempt === claim.attempt && answer?.error !== undefined)
  const run = job.runs.find(({ attempt }) => attempt === claim.attempt)
  const deadline = lastBought(job, claim.attempt, Infinity) + holdsFor
  const endedAt = endedWellAt(claim.process)
  return endedAt !== undefined && !tried && (run?.ended ?? endedAt) < deadline
}

/** What must hold of a job once there was time for all to end. */
export function* checkEnd(job: JobHistory, row: Row): Generator<string> {
  if (row.status !== "succeeded" && row.status !== "failed") {
    yield `it has not ended: ${row.status}, attempt ${row.attempts}, failures ${row.failures}`
  }
  const script = job.asked?.script ?? "succeed"
  if (row.status === "succeeded" && !endsWell(script)) yield `it has succeeded, and its script is to ${script}`
  if (row.status === "failed" && row.failures < row.max_attempts && script !== "refuse") {
    yield `it has failed with ${row.failures} of ${row.max_attempts} failures`
  }
}
