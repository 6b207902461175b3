import Database from "better-sqlite3"
import { Effect, Fiber, FiberRef, Layer, Option } from "effect"
import { copyFileSync, existsSync, mkdtempSync, renameSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { dirname, join } from "node:path"
import type { Pause } from "../../src/domain/Pause.ts"
import * as SqliteStore from "../../src/store/sqlite/SqliteStore.ts"
import { running } from "./SimulatedProcess.ts"
import type { World } from "./World.ts"

/** The number, in the history, of the store operation that a fiber is in; 0 when it is in none. */
export const currentOperation = FiberRef.unsafeMake(0)

/** The same of what a thread does, outside of every fiber. */
export const ofThread = { operation: 0 }

/** Under which circumstances a row was changed, and what it carries since. */
export interface Circumstances {
  /** The change's place among everything that happened. */
  readonly order: number
  /** True time, epoch milliseconds. */
  readonly at: number
  readonly process: string
  /** The number of the store operation. */
  readonly operation: number
  /** What the change wrote; null where it left the payload that was there, which is too long to be noted each time. */
  readonly payload: string | null
  readonly progress: string | null
  readonly result: string | null
  readonly errors: string
}

/** A row of holdfast_jobs as far as the checker looks at it. */
export interface JobRow {
  readonly id: string
  readonly queue: string
  readonly kind: string
  readonly status: "pending" | "running" | "succeeded" | "failed" | "cancelled"
  readonly priority: number
  readonly partition_key: string | null
  readonly unique_key: string | null
  readonly unique_scope: string | null
  readonly holds_key: 0 | 1
  readonly attempts: number
  readonly failures: number
  readonly max_attempts: number
  readonly available_at: number
  readonly locked_at: number | null
  readonly locked_by: string | null
  readonly locked_until: number | null
  readonly settled_attempt: number | null
  readonly settled_by: string | null
  readonly settled_as: string | null
  readonly settled_to: string | null
  readonly cancel_requested_at: number | null
  readonly progress: string | null
  readonly result: string | null
  readonly last_error: string | null
  readonly last_error_value: string | null
  /** JSON, as the row has it. */
  readonly errors: string
  readonly created_at: number
  readonly updated_at: number
  readonly finished_at: number | null
}

/** A change of one row that was committed: `row` is what it became, null when it was deleted. */
export interface Change extends Circumstances {
  readonly id: string
  readonly row: JobRow | null
}

/** A pause that was committed, or its end, where `pause` is null. */
export interface PauseChange extends Pick<Circumstances, "order" | "at" | "process" | "operation"> {
  readonly scope: Pause["scope"]
  readonly name: string
  readonly pause: Pause | null
}

/** A row of holdfast_workers that is left at the end. */
export interface WorkerRow {
  readonly worker: string
}

/** A job of the second database. */
export type SecondRow = Pick<JobRow, "id" | "status" | "attempts">

/** What is noted in the database of each change. */
const columns = [
  "id",
  "queue",
  "kind",
  "status",
  "priority",
  "partition_key",
  "unique_key",
  "unique_scope",
  "holds_key",
  "attempts",
  "failures",
  "max_attempts",
  "available_at",
  "locked_at",
  "locked_by",
  "locked_until",
  "settled_attempt",
  "settled_by",
  "settled_as",
  "settled_to",
  "cancel_requested_at",
  "last_error",
  "last_error_value",
  "created_at",
  "updated_at",
  "finished_at"
] satisfies ReadonlyArray<keyof JobRow>

interface NotedRow extends Omit<JobRow, "progress" | "result" | "errors"> {
  readonly deleted: 0 | 1
  /** The place of its circumstances. */
  readonly noted: number
}

interface NotedPause {
  readonly scope: Pause["scope"]
  readonly name: string
  readonly paused_at: number
  readonly paused_by: string | null
  readonly ended: 0 | 1
  readonly noted: number
}

/**
 * The fleet's database file. Triggers note every change of a job in a table
 * beside it, inside the transaction that makes the change, so that what is noted
 * is what was committed, in the order of the commits.
 */
export class SharedDatabase {
  readonly filename: string
  /** Another database, for processes that have two. */
  readonly second: string
  /** The checker's own connection. */
  readonly connection: Database.Database
  private readonly folder: string
  /** The files that the second database had before, the last one last. */
  private readonly replaced: Array<Database.Database> = []
  private readonly circumstances: Array<Circumstances> = []
  private readonly world: World

  constructor(world: World, template: string) {
    this.world = world
    // Beside the template, whose folder goes with the whole run, also when this process is killed.
    this.folder = mkdtempSync(join(dirname(template), "seed-"))
    this.filename = join(this.folder, "jobs.db")
    this.second = join(this.folder, "second.db")
    copyFileSync(template, this.filename)
    copyFileSync(template, this.second)
    this.connection = new Database(this.filename, { timeout: 0 })
    onOpen = (database) => {
      if (running.process === undefined) return
      running.process.opened(database)
      this.noteChanges(database)
    }
    this.noteChanges(this.connection)
  }

  /** Lets the triggers note what a connection changes. */
  private noteChanges(database: Database.Database): void {
    database.function(
      "holdfast_circumstances",
      (payload: string | null, progress: string | null, result: string | null, errors: string) =>
        this.note({ payload, progress, result, errors })
    )
  }

  /** Every change that was committed, in order. */
  get changes(): ReadonlyArray<Change> {
    const rows = this.connection.prepare<[], NotedRow>(
      `SELECT ${columns.join(", ")}, deleted, noted FROM simulation_changes ORDER BY seq`
    ).all()
    return rows.map(({ deleted, noted, ...row }) => {
      const circumstances = this.circumstances[noted]
      if (circumstances === undefined) throw new Error(`a change without circumstances: ${row.id}`)
      const { errors, progress, result } = circumstances
      return { ...circumstances, id: row.id, row: deleted === 1 ? null : { ...row, progress, result, errors } }
    })
  }

  /** Every pause, and the end of every pause, that was committed, in order. */
  get pauses(): ReadonlyArray<PauseChange> {
    const rows = this.connection.prepare<[], NotedPause>("SELECT * FROM simulation_pauses ORDER BY seq").all()
    return rows.map(({ ended, name, noted, paused_at, paused_by, scope }) => {
      const circumstances = this.circumstances[noted]
      if (circumstances === undefined) throw new Error(`a pause without circumstances: ${scope} ${name}`)
      const { at, operation, order, process } = circumstances
      const pause = ended === 1 ? null : { scope, name, pausedAt: paused_at, pausedBy: paused_by }
      return { order, at, process, operation, scope, name, pause }
    })
  }

  /** The workers that the table has. */
  get workers(): ReadonlyArray<WorkerRow> {
    return this.connection.prepare<[], WorkerRow>("SELECT worker FROM holdfast_workers ORDER BY worker").all()
  }

  /** How many rows of its own each transaction of a caller's has left: two, or none. */
  get enclosed(): ReadonlyMap<number, number> {
    const rows = this.connection.prepare<[], { readonly enclosing: number; readonly places: number }>(
      "SELECT enclosing, count(*) AS places FROM simulation_enclosed GROUP BY enclosing"
    ).all()
    return new Map(rows.map(({ enclosing, places }) => [enclosing, places]))
  }

  /** The jobs that are left in each file that the second database has had, the one that it has now first. */
  get secondFiles(): ReadonlyArray<ReadonlyArray<SecondRow>> {
    const now = new Database(this.second)
    try {
      return [now, ...this.replaced].map((database) =>
        database.prepare<[], SecondRow>("SELECT id, status, attempts FROM holdfast_jobs ORDER BY id").all()
      )
    } finally {
      now.close()
    }
  }

  /**
   * Puts a copy of the second database in its place, as a restore does that does
   * not wait for programs to end. Those that have the old one open go on with that.
   */
  replaceSecond(): void {
    // Kept open for the checker, to whom no name leads afterwards.
    const old = new Database(this.second, { timeout: 0 })
    this.replaced.push(old)
    const copy = `${this.second}-copy`
    old.exec(`VACUUM INTO '${copy}'`)
    const restored = new Database(copy)
    restored.pragma("journal_mode = WAL")
    restored.close()
    for (const file of [`${this.second}-wal`, `${this.second}-shm`]) rmSync(file, { force: true })
    renameSync(copy, this.second)
  }

  close(): void {
    onOpen = () => {}
    this.connection.close()
    for (const database of this.replaced) database.close()
    rmSync(this.folder, { recursive: true, force: true })
  }

  /**
   * Called by SQLite in the middle of a statement, so in the fiber and the process that runs it.
   * What is long is kept here, since notes in the file would use up a full disk sooner than jobs do.
   */
  private note(content: Pick<Circumstances, "payload" | "progress" | "result" | "errors">): number {
    // While a thread writes, the fiber that is current, if one is, is the one that runs the whole simulation.
    const operation = ofThread.operation !== 0
      ? ofThread.operation
      : Option.match(Fiber.getCurrentFiber(), {
        onNone: () => 0,
        onSome: (fiber) => fiber.getFiberRef(currentOperation)
      })
    return this.circumstances.push({
      order: this.world.next(),
      at: this.world.now,
      process: running.process?.name ?? "",
      operation,
      ...content
    }) - 1
  }
}

/** A database with the tables of Holdfast and the triggers, made once and copied for every simulation. */
export const makeTemplate = Effect.gen(function*() {
  const folder = yield* Effect.acquireRelease(
    Effect.sync(temporaryFolder),
    (folder) => Effect.sync(() => rmSync(folder, { recursive: true, force: true }))
  )
  const filename = join(folder, "template.db")
  yield* Effect.scoped(Layer.build(SqliteStore.layer({ filename })))
  const database = new Database(filename)
  const of = (row: "NEW" | "OLD") => columns.map((column) => `${row}.${column}`).join(", ")
  const note = (event: string, row: "NEW" | "OLD", payload: string) => `
    CREATE TRIGGER simulation_${event.toLowerCase()} AFTER ${event} ON holdfast_jobs BEGIN
      INSERT INTO simulation_changes (${columns.join(", ")}, deleted, noted)
      VALUES (${of(row)}, ${
    row === "OLD" ? 1 : 0
  }, holdfast_circumstances(${payload}, ${row}.progress, ${row}.result, ${row}.errors));
    END;`
  const notePause = (event: "INSERT" | "DELETE", row: "NEW" | "OLD") => `
    CREATE TRIGGER simulation_pause_${event.toLowerCase()} AFTER ${event} ON holdfast_pauses BEGIN
      INSERT INTO simulation_pauses (scope, name, paused_at, paused_by, ended, noted)
      VALUES (${row}.scope, ${row}.name, ${row}.paused_at, ${row}.paused_by, ${event === "DELETE" ? 1 : 0},
        holdfast_circumstances(NULL, NULL, NULL, '[]'));
    END;`
  database.exec(`
    CREATE TABLE simulation_pauses (seq INTEGER PRIMARY KEY, scope, name, paused_at, paused_by, ended, noted);
    ${notePause("INSERT", "NEW")}
    ${notePause("DELETE", "OLD")}
    CREATE TABLE simulation_refusing (id TEXT PRIMARY KEY);
    CREATE TRIGGER simulation_refuse BEFORE UPDATE ON holdfast_jobs
    WHEN OLD.status = 'pending' AND EXISTS (SELECT 1 FROM simulation_refusing WHERE id = OLD.id) BEGIN
      SELECT RAISE(ABORT, 'simulated: a trigger of the app refuses');
    END;
    CREATE TABLE simulation_enclosed (enclosing INTEGER, place TEXT, PRIMARY KEY (enclosing, place));
    INSERT INTO simulation_enclosed VALUES (0, 'taken');
    CREATE TABLE simulation_changes (seq INTEGER PRIMARY KEY, ${columns.join(", ")}, deleted, noted);
    ${note("INSERT", "NEW", "NEW.payload")}
    ${note("UPDATE", "NEW", "CASE WHEN NEW.payload IS NOT OLD.payload THEN NEW.payload END")}
    ${note("DELETE", "OLD", "NULL")}`)
  database.pragma("wal_checkpoint(TRUNCATE)")
  database.close()
  return filename
})

/** In memory where the computer has such a folder: thousands of databases are made, and none outlives its simulation. */
const temporaryFolder = () => mkdtempSync(join(existsSync("/dev/shm") ? "/dev/shm" : tmpdir(), "holdfast-simulation-"))

/** Hears of every connection that is opened, which the client keeps to itself. */
let onOpen: (database: Database.Database) => void = () => {}

// oxlint-disable-next-line typescript/unbound-method -- it is called on the database below
const pragma = Database.prototype.pragma
Database.prototype.pragma = function(this: Database.Database, source, options) {
  // The first thing that the client does with a connection.
  if (source === "journal_mode = WAL") onOpen(this)
  return pragma.call(this, source, options)
}
