import { Cause, Effect, Exit, HashMap, Layer, Logger, LogLevel, Option } from "effect"
import type { Lease } from "../../src/domain/Lease.ts"
import { JobQueue } from "../../src/runtime/JobQueue.ts"
import * as Worker from "../../src/runtime/Worker.ts"
import * as SqliteStore from "../../src/store/SqliteStore.ts"
import type { ClaimRequest, StaleChoice } from "../../src/store/JobStore.ts"
import type { StoreOperation } from "../../src/testing/StoreFaults.ts"
import { caller } from "./callers.ts"
import { client } from "./clients.ts"
import type { SharedDatabase } from "./database.ts"
import { faultyStore } from "./faultyStore.ts"
import type { Call, History } from "./History.ts"
import { handlers } from "./jobs.ts"
import type { Planned } from "./plan.ts"
import { Machine, SimulatedProcess } from "./SimulatedProcess.ts"
import type { ClientWorld } from "./work.ts"
import type { World } from "./World.ts"

/** A machine, the process that runs on it now, and what it suffers. */
interface Post {
  readonly machine: Machine
  process: SimulatedProcess | undefined
  readonly calls: Map<StoreOperation, number>
  outages: number
}

/** How Effect logs a fiber that failed. */
const unhandled = "Fiber terminated with an unhandled error"

/** How much longer than its grace a shutdown takes at most: of the program, which exits then, and of a worker by itself. */
const exitAfterGrace = 5000
const endAfterGrace = 10_000

/**
 * The machines of a simulation and the worker program on each: the real
 * runtime over the real store, with clients beside the worker. A program that
 * ends is started again, as a supervisor would.
 */
export class Fleet {
  readonly posts: ReadonlyArray<Post>
  private readonly world: World
  private readonly history: History
  private readonly database: SharedDatabase
  private readonly clients: ClientWorld
  private readonly allows: (name: string) => boolean
  private healed = false
  private closing = false
  readonly leftovers: Array<string> = []

  constructor(
    world: World,
    history: History,
    database: SharedDatabase,
    clients: ClientWorld,
    allows: (name: string) => boolean
  ) {
    this.world = world
    this.history = history
    this.database = database
    this.clients = clients
    this.allows = allows
    this.posts = clients.plan.machines.map(({ name, offset }) => ({
      machine: new Machine(name, offset),
      process: undefined,
      calls: new Map(),
      outages: 0
    }))
  }

  startAll(): void {
    for (const post of this.posts) if (post.process === undefined) this.boot(post)
  }

  /** Does what the nemesis planned, unless it cannot be done now. */
  do(deed: Planned): void {
    const { world } = this
    const strikes = deed.class === "kill" || deed.class === "pause"
    // Transactions are short: by chance alone, hundreds of seeds may meet none.
    const waits = strikes && world.stream("strikes", deed.name).number() < 0.25
    const until = waits ? world.now + 10_000 : world.now
    const strike = (): void => {
      const isMet = this.posts[deed.machine]?.process?.inTransaction === true
      if (world.now < until && !isMet && !this.healed) return void world.after(5, strike)
      this.apply(deed)
    }
    strike()
  }

  private apply(deed: Planned): void {
    const post = this.posts[deed.machine]
    if (post === undefined || this.healed) return
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
        this.kill(post, process)
        return void this.world.after(deed.millis, () => this.boot(post))
      case "terminate":
        if (process?.running !== true) return
        this.history.fault(deed.class, deed.name)
        return this.terminate(post, process)
      case "pause":
        if (process?.running !== true) return
        note()
        return this.stop(process, deed.millis)
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
    }
  }

  /** Ends all trouble: from now on the fleet is as it should be. */
  heal(): void {
    this.healed = true
    this.clients.healing = true
    this.history.incident("healed", "")
    for (const post of this.posts) {
      post.outages = 0
      if (post.process === undefined) this.boot(post)
      else this.resume(post.process)
    }
  }

  /** Tells every process to end, and lets none start again. */
  close(): void {
    this.closing = true
    for (const post of this.posts) if (post.process !== undefined) this.terminate(post, post.process)
  }

  get closed(): boolean {
    return this.closing && this.posts.every((post) => post.process === undefined)
  }

  get troubled(): boolean {
    return !this.healed
  }

  /** Ends whatever still runs, of a simulation that has not come to its end. */
  abandon(): void {
    for (const { process } of this.posts) process?.kill()
  }

  private boot(post: Post): void {
    if (post.process !== undefined || this.closing) return
    const process = new SimulatedProcess(this.world, post.machine)
    post.process = process
    this.history.incident("up", process.name)
    process.start(this.program(post, process), (exit) => {
      if (Exit.isFailure(exit) && !Cause.isInterruptedOnly(exit.cause) && !this.couldNotStart(process, exit.cause)) {
        this.history.deaths.push(`${process.name} ended: ${Cause.pretty(exit.cause)}`)
      }
      const told = this.history.incidents.some(({ to, what }) => what === "terminate" && to === process.name)
      if (Exit.isSuccess(exit) && !told) this.history.deaths.push(`the worker of ${process.name} ended by itself`)
      // In a task of its own, after all that the end of the main fiber sets going.
      this.world.after(0, () => this.ended(post, process))
    })
  }

  /** Whether a program came to nothing because it could not open its database, or not write to it. Later it has to wait. */
  private couldNotStart(process: SimulatedProcess, cause: Cause.Cause<unknown>): boolean {
    return !Cause.isDie(cause) && this.history.calls.every((call) => call.process !== process.name)
      && /SQLITE_(?:BUSY|FULL)|database is locked|disk is full/.test(Cause.pretty(cause))
  }

  private ended(post: Post, process: SimulatedProcess): void {
    if (!process.alive) return
    const mayLeaveFibers = this.isStalled(process) || this.hasRefused(process)
    const left = process.leftovers.filter((what) => !what.endsWith("fibers") || !mayLeaveFibers)
    this.leftovers.push(...left.map((what) => `${process.name} has left ${what}`))
    this.history.incident("ended", process.name)
    this.kill(post, process)
    this.world.after(1000, () => this.boot(post))
  }

  /** Whether the store still keeps a call of the process waiting, which leaves the call behind when it ends. */
  private isStalled(process: SimulatedProcess): boolean {
    return this.history.calls.some((call) =>
      call.process === process.name && call.returned === undefined && call.faults.includes("stall")
    )
  }

  /** Whether a handler of the process does not stop, or did not until just now. */
  private hasRefused({ name }: SimulatedProcess): boolean {
    return this.history.runs.some((run) =>
      run.process === name && run.behaviour === "refuse to stop" && (run.ended?.at ?? Infinity) > this.world.now - 1000
    )
  }

  /**
   * Whether a process that is told to end may take longer than that: its client,
   * which is no worker, waits for the store; or it exits before its worker would
   * leave behind what does not stop or is not answered.
   */
  private isHeldUp(process: SimulatedProcess): boolean {
    const waits = this.history.calls.filter((call) =>
      call.process === process.name && (call.returned?.at ?? Infinity) > this.world.now - 1000
    )
    if (waits.some(isOfClient)) return true
    return this.clients.plan.exits && (this.hasRefused(process) || waits.some(({ operation }) => operation === "claim"))
  }

  /** How long a process was stopped since an instant. */
  private stoppedSince({ name }: SimulatedProcess, since: number): number {
    let stopped = 0
    let from: number | undefined
    for (const { at, to, what } of this.history.incidents) {
      if (to !== name || at < since) continue
      if (what === "pause" || what === "blocked") from ??= at
      if (what === "resumed" && from !== undefined) {
        stopped += at - from
        from = undefined
      }
    }
    return stopped + (from === undefined ? 0 : this.world.now - from)
  }

  private kill(post: Post, process: SimulatedProcess): void {
    if (process.inTransaction) this.history.rare.push("a process was killed inside a transaction")
    process.kill()
    this.history.killed(process.name)
    post.process = undefined
  }

  /** A signal, and sometimes a second one. The rest of the app may keep the main fiber from ending at the first. */
  private terminate(post: Post, process: SimulatedProcess): void {
    this.resume(process)
    this.history.incident("terminate", process.name)
    const random = this.world.stream("signals", process.name)
    const { exits, worker: { shutdownGrace } } = this.clients.plan
    const toldAt = this.world.now
    let graceOver = toldAt + shutdownGrace
    process.signal("first")
    this.world.after(exits ? 0 : random.integer(2) * random.integer(5000), () => process.interrupt())
    // Timers are rounded up, and pass through a few hands.
    const bound = exits ? exitAfterGrace : endAfterGrace + 100
    const look = () => {
      if (!process.alive) return
      const left = graceOver + bound + this.stoppedSince(process, toldAt) - this.world.now
      if (left > 0) return void this.world.after(Math.max(left, 1000), look)
      if (!this.isHeldUp(process)) this.leftovers.push(`${process.name} did not end within its grace`)
      this.history.rare.push("a process had to be killed after its grace")
      this.history.incident("kill", process.name)
      this.kill(post, process)
      this.world.after(1000, () => this.boot(post))
    }
    this.world.after(shutdownGrace + bound, look)
    if (random.number() < 0.5) return
    this.world.after(500 + random.integer(shutdownGrace + 3000), () => {
      if (!process.alive) return
      this.history.incident("told again", process.name)
      if (this.world.now < graceOver) this.history.rare.push("a second signal ended a grace")
      graceOver = Math.min(graceOver, this.world.now)
      process.signal("second")
      this.world.after(bound, look)
    })
  }

  private stop(process: SimulatedProcess, millis: number): void {
    if (process.inTransaction) this.history.rare.push("a process was stopped inside a transaction")
    const stop = process.stop()
    this.world.after(millis, () => this.resume(process, stop))
  }

  private resume(process: SimulatedProcess, stop?: number): void {
    if (process.resume(stop)) this.history.incident("resumed", process.name)
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

  private program(post: Post, process: SimulatedProcess) {
    const { kinds, plan } = this.clients
    const { worker } = plan
    const store = faultyStore({
      world: this.world,
      history: this.history,
      process,
      rates: plan.rates,
      claimBytes: plan.claimBytes,
      allows: (name) => !this.healed && this.allows(name),
      out: () => post.outages > 0,
      count: (operation) => {
        const count = (post.calls.get(operation) ?? 0) + 1
        post.calls.set(operation, count)
        return count
      }
    })
    return Effect.gen(this, function*() {
      const user = { world: this.clients, process: process.name, leases: [] }
      yield* Effect.forkScoped(client(user))
      yield* Effect.forkScoped(caller(user, this.world.seed))
      yield* Worker.run({
        jobs: [kinds.steady, kinds.brief, kinds.timed, kinds.once],
        concurrency: worker.concurrency,
        ...(worker.queues === undefined ? {} : { queues: worker.queues }),
        leaseDuration: worker.lease,
        heartbeatInterval: worker.heartbeatInterval,
        pollInterval: worker.pollInterval,
        staleCheckInterval: worker.staleCheckInterval,
        shutdownGrace: worker.shutdownGrace,
        retention: { succeeded: worker.retention, failed: worker.retention, cancelled: worker.retention }
      })
    }).pipe(
      Effect.scoped,
      Effect.provide(
        handlers(kinds, {
          history: this.history,
          process: process.name,
          block: (millis) => {
            if (!process.running) return
            this.history.incident("blocked", process.name, millis)
            this.stop(process, millis)
          }
        }).pipe(
          Layer.provideMerge(JobQueue.layer),
          Layer.provideMerge(store),
          Layer.provideMerge(SqliteStore.layer({
            filename: this.database.filename,
            synchronous: "normal",
            // So that an operation is sometimes given up.
            busyTimeout: "5 seconds"
          }))
        )
      ),
      Effect.provide(this.logs(process)),
      Effect.withUnhandledErrorLogLevel(Option.some(LogLevel.Warning))
    )
  }

  /** Counts warnings by what they say; a fatal line is a defect of ours. */
  private logs(process: SimulatedProcess) {
    const { deaths, warnings } = this.history
    return Layer.merge(
      Logger.replace(
        Logger.defaultLogger,
        Logger.make((options) => {
          const message = [options.message].flat().map(String).join(" ")
          const ours = !/simulated defect|scripted failure/.test(Cause.pretty(options.cause))
          if (message.startsWith(unhandled)) {
            // Whoever waits for a fiber that fails sees that it did; one that dies in the background nobody sees.
            if (Cause.isDie(options.cause) && ours) deaths.push(`${process.name}: ${Cause.pretty(options.cause)}`)
            return
          }
          const why = HashMap.get(options.annotations, "reason").pipe(
            Option.orElse(() => HashMap.get(options.annotations, "step"))
          )
          const line = Option.match(why, { onNone: () => message, onSome: (why) => `${message}: ${String(why)}` })
          warnings.set(line, (warnings.get(line) ?? 0) + 1)
          if (LogLevel.greaterThanEqual(options.logLevel, LogLevel.Fatal)) {
            deaths.push(`${process.name}: ${message} ${Cause.pretty(options.cause)}`)
          }
        })
      ),
      Logger.minimumLogLevel(LogLevel.Warning)
    )
  }
}

/** Whether a client made a call. */
const isOfClient = ({ operation, request }: Call): boolean => {
  switch (operation) {
    case "nextDue":
    case "due":
    case "staleLeases":
    case "prune":
      return false
    case "claim":
      return (request as ClaimRequest).worker.startsWith("hand.")
    case "extend":
    case "progress":
    case "complete":
    case "fail":
    case "release":
      return (request as ReadonlyArray<{ readonly lease: Lease }>).some(({ lease }) => lease.worker.startsWith("hand."))
    case "enqueue":
    case "cancel":
    case "retry":
    case "get":
    case "list":
      return true
    case "releaseStale":
      return !("leases" in (request as StaleChoice))
  }
}
