import type * as SqlClient from "@effect/sql/SqlClient"
import Database from "better-sqlite3"
import { Effect, Either } from "effect"
import { LeaseLost } from "../../src/domain/errors.ts"
import type { Lease } from "../../src/domain/Lease.ts"
import { heartbeatStatement } from "../../src/store/sqlite/keeper/sqliteKeeper.ts"
import type { KeptWorker, LeaseKeeper, Terms } from "../../src/store/keeper/LeaseKeeper.ts"
import { leaseOf } from "../../src/store/statements/leased.ts"
import type { Call, History } from "./History.ts"
import { ofThread } from "./database.ts"
import type { SimulatedProcess } from "./SimulatedProcess.ts"
import type { World } from "./World.ts"

/** What a keeper is given of the fleet. */
export interface KeeperOptions {
  readonly world: World
  readonly history: History
  readonly process: SimulatedProcess
  readonly filename: string
  readonly plan: "well" | "mortal"
}

/** A lease that a thread keeps, by the worker's clock, which all of a process share here. */
interface Kept {
  readonly lease: Lease
  readonly terms: Terms
  sentAt: number
  deadline: number
  heldUntil: number
  isLost: boolean
}

/** Milliseconds after which an event loop counts as blocked, and between two looks of the thread. */
const blockedAfter = 1000
const pause = 1000
const afterBusy = 20

/**
 * A model of the thread that keeps leases (store/keeper): it has a connection of
 * its own, goes on while the event loop is blocked, stops with its process, and may die
 * at any look. It runs the real statement. The real thread is tried by real processes.
 */
export const simulatedKeeper = (options: KeeperOptions, sql: SqlClient.SqlClient): LeaseKeeper => {
  const statement = heartbeatStatement(sql)
  return {
    isRunning: () => true,
    open: (worker) =>
      Effect.map(
        Effect.acquireRelease(
          Effect.sync(() => new Thread(options, statement, worker)),
          (thread) => Effect.sync(() => thread.end())
        ),
        (thread) => ({ keep: (lease, terms) => thread.keep(lease, terms) })
      )
  }
}

class Thread {
  private readonly kept = new Set<Kept>()
  private readonly options: KeeperOptions
  private readonly statement: ReturnType<typeof heartbeatStatement>
  private readonly worker: KeptWorker
  private isOver = false

  constructor(options: KeeperOptions, statement: ReturnType<typeof heartbeatStatement>, worker: KeptWorker) {
    this.options = options
    this.statement = statement
    this.worker = worker
    options.process.threads.add(this.blocked)
  }

  keep(lease: Lease, terms: Terms) {
    if (this.isOver || this.kept.size >= this.worker.capacity) return undefined
    const one: Kept = {
      lease,
      terms,
      sentAt: terms.sentAt,
      deadline: terms.deadline,
      heldUntil: -Infinity,
      isLost: false
    }
    this.kept.add(one)
    return {
      heldUntil: () => one.heldUntil,
      extended: (sentAt: number, deadline: number) => {
        one.sentAt = sentAt
        one.deadline = deadline
      },
      letGo: () => void this.kept.delete(one)
    }
  }

  end(): void {
    this.isOver = true
    this.options.process.threads.delete(this.blocked)
  }

  private readonly blocked = (): void => void this.options.world.after(blockedAfter, this.look)

  private readonly look = (): void => {
    const { history, plan, process, world } = this.options
    const { blockedFor } = process
    if (this.isOver || blockedFor === undefined) return
    if (plan === "mortal" && world.stream("keepers", `${process.name} ${world.now}`).number() < 0.1) {
      history.rare.push("the thread that keeps leases died")
      return this.end()
    }
    const limit = Math.max(...[...this.kept].map(({ terms }) => terms.stallLimit))
    const due = blockedFor < limit ? [...this.kept].filter((one) => this.isOverdue(one)) : []
    const isWritten = due.length === 0 || this.extend(due)
    world.after(isWritten ? pause : afterBusy, this.look)
  }

  private isOverdue({ deadline, heldUntil, isLost, sentAt, terms }: Kept): boolean {
    const { now } = this.options.world
    const last = Math.max(sentAt, heldUntil - terms.holdsFor)
    return !isLost && now >= last + 1.25 * terms.interval && now < Math.max(deadline, heldUntil)
  }

  /** Extends leases, as one operation of the process. False if another connection had the lock. */
  private extend(due: ReadonlyArray<Kept>): boolean {
    const { history, process, world } = this.options
    const sentAt = world.now
    const call: Call = {
      number: history.calls.length + 1,
      operation: "extend",
      process: process.name,
      request: due.map(({ lease, terms }) => ({ lease, leaseFor: terms.leaseFor })),
      within: undefined,
      invoked: history.moment(),
      returned: undefined,
      faults: []
    }
    history.calls.push(call)
    ofThread.operation = call.number
    try {
      const rows = process.inThread(() => this.run(due))
      const answer = due.map((one) => {
        const row = rows.find(({ attempts, id }) => id === one.lease.jobId && attempts === one.lease.attempt)
        one.isLost = row === undefined
        if (row === undefined) {
          return Either.left(new LeaseLost({ jobId: one.lease.jobId, attempt: one.lease.attempt }))
        }
        one.heldUntil = sentAt + one.terms.holdsFor
        const { cancel_requested, kind, locked_at, locked_until } = row
        return Either.right({
          lease: leaseOf(one.lease, locked_at, locked_until),
          kind,
          cancelRequested: cancel_requested === 1
        })
      })
      call.returned = { ...history.moment(), tag: "ok", answer }
      history.rare.push("a thread kept a lease while the event loop was blocked")
      return true
    } catch {
      // The lock was another's, there was no room, or a trigger refused one of the rows. No worker hears of it.
      call.returned = { ...history.moment(), tag: "unknown", interrupted: true }
      return false
    } finally {
      ofThread.operation = 0
    }
  }

  /** Opens a connection for one statement: nobody sees whether it stays open. */
  private run(due: ReadonlyArray<Kept>): ReadonlyArray<ExtendedRow> {
    const { nowMark, parameters, text } = this.statement
    const database = new Database(this.options.filename, { timeout: 0 })
    try {
      // By this the simulation knows a connection, and notes what it changes.
      database.pragma("journal_mode = WAL")
      const items = JSON.stringify(due.map(({ lease, terms }) => ({
        id: lease.jobId,
        worker: lease.worker,
        attempt: lease.attempt,
        lease_for: terms.leaseFor
      })))
      const values = parameters.map((parameter) => parameter === nowMark ? this.options.process.wall : items)
      return database.prepare<Array<unknown>, ExtendedRow>(text).all(...values)
    } finally {
      database.close()
    }
  }
}

interface ExtendedRow {
  readonly id: string
  readonly kind: string
  readonly attempts: number
  readonly locked_at: number
  readonly locked_until: number
  readonly cancel_requested: 0 | 1
}
