import { Clock, Effect } from "effect"
import type { Scope } from "effect"
import type { Access } from "./access.ts"
import { sqliteAccess } from "./access.ts"
import type { Row } from "./checks.ts"
import { checkEnd, checkJob, wasLeft } from "./checks.ts"
import { History } from "./history.ts"
import { leaseFor as usualLease } from "./jobs.ts"
import type { Tail } from "./journal.ts"
import { monotonicNow, tailJournal } from "./journal.ts"
import type { Tally } from "./report.ts"
import type { ChaosWorker, ChaosWorkerOptions } from "./workers.ts"
import { lives, startChaosWorker } from "./workers.ts"

/** How long a worker may take to work again once a fault is gone, and jobs to end. Far more than they need. */
const patience = 45_000

/** One database, the workers on it, and what is known of both. */
export class Site {
  readonly workers: Array<ChaosWorker> = []
  readonly history = new History()
  /** Spans in which a worker was stopped, in monotonic milliseconds. */
  readonly stops: Array<{ readonly process: string; readonly from: number; to: number }> = []
  readonly database: string
  readonly access: Access
  private readonly folder: string
  private readonly tally: Tally
  private readonly load: Pick<ChaosWorkerOptions, "produceEvery" | "padding" | "leaseFor">
  private produces = true

  constructor(options: {
    /** Where journals and logs go. */
    readonly folder: string
    /** The file of a SQLite database, or the URL of one on PostgreSQL. */
    readonly database: string
    /** To be given for one on PostgreSQL. */
    readonly access?: Access
    readonly tally: Tally
    readonly produceEvery: number
    readonly padding?: number
    readonly leaseFor?: number
  }) {
    this.folder = options.folder
    this.database = options.database
    this.access = options.access ?? sqliteAccess(options.database)
    this.tally = options.tally
    const { leaseFor = usualLease, padding = 0, produceEvery } = options
    this.load = { produceEvery, padding, leaseFor }
  }

  get living(): ReadonlyArray<ChaosWorker> {
    return this.workers.filter(lives)
  }

  get start(): Effect.Effect<ChaosWorker, never, Scope.Scope> {
    return Effect.suspend(() =>
      startChaosWorker(this.folder, { ...this.load, database: this.database, produce: this.produces })
    ).pipe(Effect.tap((worker) => Effect.sync(() => void this.workers.push(worker))))
  }

  violated(what: string): void {
    this.tally.violations.add(what)
  }

  /** Says what does not hold of a job, and everything there is about it; once. */
  private violatedBy(job: object & { readonly job: string }, row: Row | undefined, what: string, after: string): void {
    const violation = `job ${job.job}: ${what}`
    if (this.told.has(violation)) return
    this.told.add(violation)
    this.violated(`after ${after}, ${violation}\n${evidence(job, row)}`)
  }

  private readonly told = new Set<string>()

  /** Takes in what the workers have noted by now. */
  listen(): void {
    for (const worker of this.workers) this.history.add(worker.name, worker.journal.next())
    for (const [name, journal] of this.journals) this.history.add(name, journal.next())
  }

  private readonly journals = new Map<string, Tail>()

  /** Listens to the journal of someone who is not one of the site's workers. */
  listenTo(name: string, journal: string): void {
    this.journals.set(name, tailJournal(journal))
  }

  /** Whether the workers enqueue. */
  produce(whether: boolean): void {
    this.produces = whether
    for (const { child } of this.living) child.stdin?.write(whether ? "produce\n" : "rest\n")
  }

  /** The living who have run a job. */
  get working(): ReadonlyArray<ChaosWorker> {
    return this.living.filter(({ name }) => this.history.lastNoted(name, "began") > 0)
  }

  /**
   * Waits until each of these workers, as far as it lives, has enqueued and run a
   * job after `since`. Nobody starts it anew.
   */
  readonly recovered = (since: number, fault: string, workers = this.living): Effect.Effect<void> =>
    Effect.gen(this, function*() {
      const idle = () =>
        workers.filter(lives).filter(({ name }) =>
          this.history.lastNoted(name, "enqueued") <= since || this.history.lastNoted(name, "began") <= since
        )
      if (yield* this.until(() => idle().length === 0)) return
      for (const worker of idle()) this.violated(`${worker.name} did not work again after ${fault}\n${worker.log()}`)
    })

  /** Waits, for as long as the patience lasts, and answers whether it came. */
  readonly until = (condition: () => boolean): Effect.Effect<boolean> =>
    Effect.gen(this, function*() {
      const end = monotonicNow() + patience
      while (monotonicNow() < end) {
        this.listen()
        if (condition()) return true
        yield* Effect.sleep("50 millis")
      }
      return false
    })

  /** Reads the database and holds it against what was noted. */
  readonly check = (after: string): Effect.Effect<ReadonlyMap<string, Row>> =>
    Effect.gen(this, function*() {
      const readAt = monotonicNow()
      const rows = yield* this.access.rows
      const integrity = yield* this.access.integrity
      const now = monotonicNow()
      const epoch = now - (yield* Clock.currentTimeMillis)
      // Twice, since what one has read another may have written after it was listened to.
      this.listen()
      this.listen()
      if (integrity !== "ok") this.violated(`the database is damaged after ${after}: ${integrity}`)
      const toldAt = (process: string) => this.workers.find(({ name }) => name === process)?.toldAt ?? Infinity
      // Counted from the start each time: a job's notes stay until its page is turned.
      const counted = { lateSettlesRefused: 0, overlapsExcused: 0 }
      for (const job of this.history.jobs.values()) {
        const known = { history: this.history, readAt, epoch, toldAt }
        for (const what of checkJob(job, rows.get(job.job), known, counted)) {
          this.violatedBy(job, rows.get(job.job), what, after)
        }
      }
      for (const id of rows.keys()) {
        if (!this.history.jobs.has(id)) this.violated(`after ${after} there is a job ${id} that nobody asked for`)
      }
      this.checkWorkers(rows, readAt, after)
      this.counted = counted
      return rows
    })

  private counted = { lateSettlesRefused: 0, overlapsExcused: 0 }

  /** Nobody ended who was not told to, and who ended well has left no job running. */
  private checkWorkers(rows: ReadonlyMap<string, Row>, readAt: number, after: string): void {
    for (const worker of this.workers) {
      if (worker.ended === undefined || worker.told !== undefined) continue
      worker.told = "SIGKILL"
      const wasUp = this.history.lastNoted(worker.name, "up") > 0
      if (!wasUp && worker.ended.code === 1 && this.access.outOfReach.test(worker.log())) continue
      this.violated(`${worker.name} ended by itself, with ${JSON.stringify(worker.ended)}\n${worker.log()}`)
    }
    const endedWellAt = (name: string) => {
      const ended = this.workers.find((worker) => worker.name === name)?.ended
      return ended?.code === 0 && ended.at < readAt ? ended.at : undefined
    }
    for (const row of rows.values()) {
      const job = this.history.jobs.get(row.id)
      if (job !== undefined && wasLeft(job, row, endedWellAt)) {
        this.violatedBy(job, row, "its process ended well and left it running", after)
      }
    }
  }

  /** Lets every job end, checks all of them, and begins a new page with an empty table. */
  readonly drain = (after: string): Effect.Effect<void> =>
    Effect.gen(this, function*() {
      const since = monotonicNow()
      this.produce(false)
      let before = ""
      let movedAt = since
      while (true) {
        yield* Effect.sleep("250 millis")
        // In this order: what was acknowledged by now is in the rows.
        this.listen()
        const left = this.unfinished(since, yield* this.access.rows)
        // What a killed worker asked for last nobody asks for again, but its process may be just ending.
        if (left.length === 0 && (this.workers.length === 0 || monotonicNow() > since + 1_000)) break
        const state = left.join()
        if (state !== before) movedAt = monotonicNow()
        else if (monotonicNow() > movedAt + patience) break
        before = state
      }
      const rows = yield* this.check(after)
      for (const job of this.history.jobs.values()) {
        const row = rows.get(job.job)
        if (row === undefined) continue
        for (const what of checkEnd(job, row)) this.violatedBy(job, row, what, after)
      }
      yield* this.access.deleteFinished
      this.turnThePage(rows.size)
    })

  /** Who still enqueues, what is still asked for and which jobs have not ended, each with how far it has come. */
  private unfinished(since: number, rows: ReadonlyMap<string, Row>): ReadonlyArray<string> {
    const living = new Set(this.living.map(({ name }) => name))
    return [
      ...[...living].filter((name) => this.history.lastNoted(name, "resting") < since),
      // It would be asked for again, and be there again, after its page was turned.
      ...[...this.history.jobs.values()].filter(({ acknowledged, asked }) =>
        acknowledged === undefined && living.has(asked?.process ?? "")
      ).map(({ job }) => job),
      ...[...rows.values()].filter(({ status }) => status !== "succeeded" && status !== "failed")
        .map(({ attempts, id, status }) => `${id} ${status} ${attempts}`)
    ]
  }

  private turnThePage(jobs: number): void {
    this.tally.jobs += jobs
    this.tally.lateSettlesRefused += this.counted.lateSettlesRefused
    this.tally.overlapsExcused += this.counted.overlapsExcused
    const stoppedFor = (process: string, from: number, to: number) =>
      this.stops.filter((stop) => stop.process === process && stop.from < to && stop.to > from)
        .reduce((sum, stop) => sum + Math.min(to, stop.to) - Math.max(from, stop.from), 0)
    this.tally.longestStall = Math.max(this.tally.longestStall, this.history.longestStall(stoppedFor))
    const now = monotonicNow()
    this.history.turnThePage(now - 10_000)
    this.stops.splice(0, this.stops.length, ...this.stops.filter(({ to }) => to > now - 20_000))
    // Of the dead nothing more is heard.
    const gone = ({ ended }: ChaosWorker) => ended !== undefined && ended.at < now - 10_000
    for (const { journal } of this.workers.filter(gone)) journal.close()
    this.workers.splice(0, this.workers.length, ...this.workers.filter((worker) => !gone(worker)))
    this.produce(true)
  }
}

/** Everything there is about a job, a line each. */
const evidence = (job: object, row: Row | undefined): string =>
  [`  row ${JSON.stringify(row)}`, ...Object.entries(job).map(([name, value]) => `  ${name} ${shown(value)}`)].join(
    "\n"
  )

const shown = (value: unknown) => JSON.stringify(value instanceof Map ? [...value] : value)
