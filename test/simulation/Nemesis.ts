import { newest } from "../../src/store/sqlite/migrations/migrations.ts"
import type { SharedDatabase } from "./database.ts"
import type { Fleet } from "./Fleet.ts"
import type { History, Migration } from "./History.ts"
import { foreignRow } from "./foreignRow.ts"
import { foreignKind } from "./jobs.ts"
import type { Planned } from "./plan.ts"
import type { SimulatedProcess } from "./SimulatedProcess.ts"
import type { ClientWorld } from "./work.ts"
import type { World } from "./World.ts"

/** Does to a fleet what a seed has planned, until the fleet heals. */
export class Nemesis {
  private readonly world: World
  private readonly history: History
  private readonly database: SharedDatabase
  private readonly fleet: Fleet
  private readonly clients: ClientWorld

  constructor(world: World, history: History, database: SharedDatabase, fleet: Fleet, clients: ClientWorld) {
    this.world = world
    this.history = history
    this.database = database
    this.fleet = fleet
    this.clients = clients
  }

  /** Does what the nemesis planned, unless it cannot be done now. */
  do(deed: Planned): void {
    const { fleet, world } = this
    const strikes = deed.class === "kill" || deed.class === "pause" || deed.class === "file replaced"
    // Transactions and claims are short: by chance alone, hundreds of seeds may meet none.
    const waits = strikes
      ? world.stream("strikes", deed.name).number() < 0.25
      : deed.class === "terminate" && world.stream("endings", deed.name).number() < 0.5
    const until = waits ? world.now + 10_000 : world.now
    const isMet = (process: SimulatedProcess) => strikes ? process.inTransaction : this.isClaiming(process)
    const strike = (): void => {
      const process = fleet.posts[deed.machine]?.process
      const waitsOn = world.now < until && (process === undefined || !isMet(process)) && fleet.troubled
      if (waitsOn) return void world.after(5, strike)
      this.apply(deed)
    }
    strike()
  }

  private isClaiming({ name }: SimulatedProcess): boolean {
    // Nothing of a process is under way for longer than so many calls of all.
    return this.history.calls.slice(-100).some(({ operation, process, returned }) =>
      operation === "claim" && process === name && returned === undefined
    )
  }

  private apply(deed: Planned): void {
    const { fleet } = this
    const post = fleet.posts[deed.machine]
    if (post === undefined || !fleet.troubled) return
    const { process } = post
    const note = () => {
      this.history.fault(deed.class, deed.name)
      this.history.incident(deed.class, process?.name ?? post.machine.name, deed.millis)
    }
    switch (deed.class) {
      case "kill":
        if (process === undefined) return
        if (process.running && this.world.stream("crashes", deed.name).number() < 0.5) {
          this.history.incident("crash", process.name)
          process.crash()
        }
        note()
        fleet.kill(post, process)
        return void this.world.after(deed.millis, () => fleet.boot(post))
      case "terminate":
        if (process?.running !== true) return
        this.history.fault(deed.class, deed.name)
        return fleet.terminate(post, process)
      case "pause":
        if (process?.running !== true) return
        note()
        return fleet.stop(process, deed.millis)
      case "clock jump":
        note()
        return post.machine.jump(this.world.now, deed.millis)
      case "clock skew":
        return
      case "outage":
        note()
        post.outages++
        return void this.world.after(deed.millis, () => post.outages--)
      case "busy":
        return this.holdLock(deed, note)
      case "full":
        if (process === undefined) return
        note()
        return this.fill(process, deed.millis)
      case "refusing row":
        return this.refuse(deed, note)
      case "foreign row":
        return this.addForeign(deed, note)
      case "newer schema":
        return this.migrate(deed, note)
      case "file replaced":
        note()
        this.database.replaceSecond()
        return void this.history.second.replacements.push(this.history.moment())
    }
  }

  /** A trigger of the app's refuses every change of a pending job: one of the first in claim order, or one whose key others want. */
  private refuse(deed: Planned, note: () => void): void {
    const random = this.world.stream("refusing", deed.name)
    const skipped = Math.floor(random.number() ** 2 * 10)
    const job = this.database.connection.prepare<[number], { readonly id: string }>(`
      SELECT id FROM holdfast_jobs WHERE status = 'pending' AND kind <> '${foreignKind}'
      ORDER BY ${random.number() < 0.3 ? "unique_key IS NULL, " : ""}priority DESC, available_at, id LIMIT 1 OFFSET ?`)
      .get(skipped)
    if (job === undefined) return
    if (!this.write("INSERT OR IGNORE INTO simulation_refusing VALUES (?)", job.id)) return
    note()
    const refusal = { id: job.id, from: this.world.now, to: Infinity }
    this.history.refusing.push(refusal)
    const relent = (): void => {
      if (!this.write("DELETE FROM simulation_refusing WHERE id = ?", job.id)) return void this.world.after(50, relent)
      refusal.to = this.world.now
    }
    this.world.after(deed.millis, relent)
  }

  /** Another program writes a job of a kind that nobody runs, which clients come to know. Its row may be odd. */
  private addForeign(deed: Planned, note: () => void): void {
    const row = foreignRow(this.world.stream("foreign", deed.name), deed, this.world.now)
    const columns = Object.keys(row)
    const statement = `INSERT INTO holdfast_jobs (${columns.join(", ")}) VALUES (${columns.map(() => "?").join(", ")})`
    if (!this.write(statement, ...Object.values(row))) return
    note()
    this.clients.known.push(row.id)
  }

  /** A newer release migrates the tables, which this one's statements still fit, until it is taken back. */
  private migrate(deed: Planned, note: () => void): void {
    if (!this.fleet.troubled) return
    const version = newest + 1 + this.history.migrations.length
    if (!this.write("INSERT INTO holdfast_migrations (migration_id, name) VALUES (?, 'of_the_future')", version)) {
      return void this.world.after(50, () => this.migrate(deed, note))
    }
    note()
    const migration: Migration = { from: this.history.moment(), to: undefined }
    this.history.migrations.push(migration)
    const takeBack = (): void => {
      if (!this.write("DELETE FROM holdfast_migrations WHERE migration_id = ?", version)) {
        return void this.world.after(50, takeBack)
      }
      migration.to = this.history.moment()
    }
    this.world.after(deed.millis, takeBack)
  }

  /** Runs a statement of another program's, if nobody has the write lock. */
  private write(statement: string, ...values: ReadonlyArray<string | number | null>): boolean {
    // What is written while this very connection holds the lock goes with its transaction.
    if (this.database.connection.inTransaction) return false
    try {
      this.database.connection.prepare(statement).run(...values)
      return true
    } catch (error) {
      if (error instanceof Error && "code" in error && error.code === "SQLITE_BUSY") return false
      throw error
    }
  }

  /** Another program takes SQLite's write lock. */
  private holdLock(deed: Planned, note: () => void): void {
    const { connection } = this.database
    // Whoever has it now keeps it from the nemesis.
    try {
      connection.exec("BEGIN IMMEDIATE")
    } catch {
      return
    }
    note()
    this.world.after(deed.millis, () => connection.exec("ROLLBACK"))
  }

  /** The process's connections can make the file no larger. */
  private fill(process: SimulatedProcess, millis: number): void {
    const limit = (pages: number) => {
      for (const database of process.databases) if (database.open) database.pragma(`max_page_count = ${pages}`)
    }
    limit(1)
    this.world.after(millis, () => limit(1_073_741_823))
  }
}
