import type Database from "better-sqlite3"
import type { Exit, Fiber, Scheduler } from "effect"
import { Clock, Context, Deferred, Duration, Effect, FiberId, Option, Random } from "effect"
import { EventLoop } from "../../src/platform/EventLoop.ts"
import { LoopDelay } from "../../src/platform/LoopDelay.ts"
import { StandStill } from "../../src/platform/StandStill.ts"
import { ThisProcess } from "../../src/platform/ThisProcess.ts"
import { HeldLeases, makeHeldLeases } from "../../src/runtime/lease/HeldLeases.ts"
import { ClaimMark, makeClaimMark } from "../../src/platform/ClaimMark.ts"
import { Ids, makeIds } from "../../src/platform/Ids.ts"
import { LoopWatch, makeLoopWatch } from "../../src/runtime/telemetry/LoopWatch.ts"
import type { EndingWorker } from "../../src/runtime/worker/ProcessEnd.ts"
import { makeProcessEnd, ProcessEnd } from "../../src/runtime/worker/ProcessEnd.ts"
import { CheckpointThread } from "../../src/store/sqlite/wal/checkpointThread.ts"
import { ProcessSignals } from "../../src/store/sqlite/processSignals.ts"
import { WakeFiles } from "../../src/store/sqlite/wakeFile.ts"
import type { Owner, World } from "./World.ts"
import { epoch, Livelock } from "./World.ts"

/** The process whose code runs at the moment, if one's does. */
export const running: { process: SimulatedProcess | undefined } = { process: undefined }

/** A computer of the fleet: what outlives the processes on it, one at a time. */
export class Machine {
  readonly name: string
  /** Milliseconds its wall clock is ahead of true time, each with the instant since when. */
  readonly offsets: Array<{ readonly since: number; readonly millis: number }>
  incarnations = 0
  constructor(name: string, offset: number) {
    this.name = name
    this.offsets = [{ since: epoch, millis: offset }]
  }
  get offset(): number {
    return this.offsets.at(-1)?.millis ?? 0
  }
  jump(now: number, millis: number): void {
    this.offsets.push({ since: now, millis: this.offset + millis })
  }
}

/**
 * One process of the fleet: a scheduler, a clock, ids and chance of its own.
 * Killed, it never runs again, and none of its finalizers do. Stopped, its
 * tasks and timers wait; its monotonic clock goes on, as a real one's does.
 */
export class SimulatedProcess implements Owner {
  readonly machine: Machine
  /** Tells this run of the machine's program from all others: "a.3". */
  readonly name: string
  /** Its connections, as the driver knows them. */
  readonly databases = new Set<Database.Database>()
  private state: "running" | "stopped" | "dead" = "running"
  private stops = 0
  private isBlocked = false
  /** Its threads, which go on while its event loop is blocked. Each is told that it is. */
  readonly threads = new Set<() => void>()
  private stoppedAt = 0
  private readonly delays = new Set<(late: number, computed: number) => void>()
  private readonly parked: Array<() => void> = []
  private fibers = new Set<Fiber.RuntimeFiber<unknown, unknown>>()
  private readonly world: World
  private main: Fiber.RuntimeFiber<unknown, unknown> | undefined
  private closedInTransaction = 0
  private readonly end = makeProcessEnd()
  private readonly threw: (error: unknown) => void
  private readonly drains: () => void

  /**
   * `threw` hears of what is thrown out of the process's code, which would end a
   * real one, and `drains` of each of its workers that begins to drain.
   */
  constructor(
    world: World,
    machine: Machine,
    threw: (error: unknown) => void = rethrown,
    drains: () => void = () => {}
  ) {
    this.world = world
    this.threw = threw
    this.drains = drains
    this.machine = machine
    machine.incarnations++
    this.name = `${machine.name}.${machine.incarnations}`
  }

  get running(): boolean {
    return this.state === "running"
  }

  get alive(): boolean {
    return this.state !== "dead"
  }

  /** Takes in a connection that it has opened, and sees how it closes it: SQLite would say nothing. */
  opened(database: Database.Database): void {
    this.databases.add(database)
    const close = database.close.bind(database)
    database.close = () => {
      if (this.alive && database.open && database.inTransaction) this.closedInTransaction++
      return close()
    }
  }

  get inTransaction(): boolean {
    return [...this.databases].some((database) => database.open && database.inTransaction)
  }

  /** What a process's program finds on its wall clock, in epoch milliseconds. */
  get wall(): number {
    return this.world.now + this.machine.offset
  }

  /** Runs a program as this process's main fiber, and says when and how it has ended. */
  start<A, E>(program: Effect.Effect<A, E>, ended: (exit: Exit.Exit<A, E>) => void): void {
    const main = Effect.runFork(
      program.pipe(
        Effect.provide(this.services),
        Effect.withClock(this.clock),
        Effect.withRandom(Random.make(`${this.world.seed} ${this.name}`)),
        // Spans have ids and times that no seed determines.
        Effect.withTracerEnabled(false)
      ),
      { scheduler: this.scheduler, immediate: false }
    )
    this.main = main
    main.addObserver(ended)
  }

  /** Does what the listeners for a signal do, the first time or the second. One that is stopped hears it when it goes on. */
  signal(time: "first" | "second"): void {
    const hear = () => Effect.runSync(time === "first" ? this.end.begin : this.end.endGrace)
    if (this.state === "running") this.world.enqueue(this, this.inside(hear))
    else this.park(hear)
  }

  /** Does what the listener for an uncaught exception does, before the process dies of it. */
  crash(): void {
    this.inside(() => {
      for (const worker of this.end.workers) worker.cutLeases()
    })()
  }

  /** Asks the main fiber to end, as the runtime does at the first signal. */
  interrupt(): void {
    this.main?.unsafeInterruptAsFork(FiberId.none)
  }

  /** Ends it where it stands. SQLite rolls back what was open, as it does when a process dies. */
  kill(): void {
    this.state = "dead"
    this.world.takeReady(this)
    this.parked.length = 0
    this.fibers.clear()
    for (const database of this.databases) database.close()
  }

  /** Stops it, or its event loop alone. The number tells this stop from later ones. */
  stop(what: "process" | "event loop" = "process"): number {
    this.stoppedAt = this.world.now
    this.state = "stopped"
    this.isBlocked = what === "event loop"
    this.parked.push(...this.world.takeReady(this))
    if (this.isBlocked) { for (const begin of this.threads) begin() }
    return ++this.stops
  }

  /** The milliseconds for which its event loop has been blocked while its threads run. */
  get blockedFor(): number | undefined {
    return this.state === "stopped" && this.isBlocked ? this.world.now - this.stoppedAt : undefined
  }

  /** Runs what a thread of it does. */
  inThread<A>(task: () => A): A {
    running.process = this
    try {
      return task()
    } finally {
      running.process = undefined
    }
  }

  /** Lets it go on, if this stop is what it is in. True if it does. */
  resume(stop = this.stops): boolean {
    if (this.state !== "stopped" || stop !== this.stops) return false
    this.state = "running"
    for (const tell of this.delays) this.inside(() => tell(this.world.now - this.stoppedAt, 0))()
    for (const task of this.parked.splice(0)) this.world.enqueue(this, this.inside(task))
    return true
  }

  park(task: () => void): void {
    if (this.state === "stopped") this.parked.push(task)
  }

  /**
   * What is left of a process whose main fiber has ended: all of it should be
   * nothing. Timers are not counted: Effect loses one when a fiber is preempted
   * and interrupted between setting it and saying how to cancel it.
   */
  get leftovers(): ReadonlyArray<string> {
    const fibers = [...this.fibers].filter((fiber) => fiber.unsafePoll() === null).length
    const open = [...this.databases].filter((database) => database.open).length
    return [
      ...(fibers > 0 ? [`${fibers} fibers`] : []),
      ...(open > 0 ? [`${open} open databases`] : []),
      ...(this.closedInTransaction > 0 ? [`${this.closedInTransaction} open transactions`] : [])
    ]
  }

  private inside(task: () => void): () => void {
    return () => {
      running.process = this
      try {
        task()
      } catch (error) {
        if (error instanceof Livelock) throw error
        this.threw(error)
      } finally {
        running.process = undefined
      }
    }
  }

  private readonly scheduler: Scheduler.Scheduler = {
    shouldYield: () => this.world.preempts() ? 0 : false,
    scheduleTask: (task, _priority, fiber) => {
      if (fiber !== undefined) this.remember(fiber)
      if (this.state === "running") this.world.enqueue(this, this.inside(task))
      else this.park(task)
    }
  }

  /** A fiber is seen whenever it becomes ready; those that have ended are let go of now and then. */
  private remember(fiber: Fiber.RuntimeFiber<unknown, unknown>): void {
    this.fibers.add(fiber)
    if (this.fibers.size > this.rememberAtMost) {
      this.fibers = new Set([...this.fibers].filter((one) => one.unsafePoll() === null))
      this.rememberAtMost = this.fibers.size + 2000
    }
  }
  private rememberAtMost = 2000

  private readonly clock: Clock.Clock = {
    [Clock.ClockTypeId]: Clock.ClockTypeId,
    unsafeCurrentTimeMillis: () => this.wall,
    unsafeCurrentTimeNanos: () => BigInt(this.world.now) * 1_000_000n,
    currentTimeMillis: Effect.sync(() => this.wall),
    currentTimeNanos: Effect.sync(() => BigInt(this.world.now) * 1_000_000n),
    sleep: (duration) =>
      Effect.async<void>((resume) => {
        const millis = Duration.toMillis(duration)
        // As a real timer, which cannot be set further ahead.
        if (millis > 2 ** 31 - 1) return Effect.void
        const timer = this.world.after(millis, this.inside(() => resume(Effect.void)), this)
        return Effect.sync(() => void timer.cancel())
      })
  }

  /** What a program would else take from the computer it runs on. */
  private get services(): Context.Context<never> {
    const random = this.world.stream("ids", this.name)
    const bytes = (size: number) => Uint8Array.from({ length: size }, () => random.integer(256))
    const workerId = Effect.sync(() => `${this.name}:${Buffer.from(bytes(16)).toString("hex")}`)
    // By chance instead of by time, of which none passes while its code runs.
    const turns = this.world.stream("turns", this.name)
    return Context.make(EventLoop, { turn: Effect.yieldNow(), overdue: () => turns.number() < 0.02 }).pipe(
      // The real one is as long as the names of host and process, which a nearly full disk would tell.
      Context.add(Ids, { ...makeIds(bytes), workerId }),
      Context.add(ThisProcess, { host: this.machine.name, pid: this.machine.incarnations }),
      Context.add(ClaimMark, makeClaimMark(bytes)),
      Context.add(HeldLeases, makeHeldLeases()),
      Context.add(StandStill, () => {}),
      // A thread would answer when it likes, and not when the seed says so.
      Context.add(CheckpointThread, { find: Option.none }),
      // Other processes hear nothing.
      Context.add(ProcessSignals, new Map()),
      Context.add(WakeFiles, Option.none),
      Context.add(LoopWatch, makeLoopWatch()),
      Context.add(LoopDelay, {
        watch: (tell) =>
          Effect.asVoid(Effect.acquireRelease(
            Effect.sync(() => this.delays.add(tell)),
            () => Effect.sync(() => this.delays.delete(tell))
          )),
        overdue: () => 0,
        computed: () => 0
      }),
      Context.add(ProcessEnd, {
        ...this.end,
        listen: (worker) => {
          this.watch(worker)
          return this.end.listen(worker)
        }
      })
    )
  }

  /** Hears of the drain in the step that begins it, by a fiber that runs as a part of that step. */
  private watch({ shutdown }: EndingWorker): void {
    const scheduler: Scheduler.Scheduler = { shouldYield: () => false, scheduleTask: (task) => task() }
    Effect.runFork(Deferred.await(shutdown.began), { scheduler, immediate: true }).addObserver(this.drains)
  }
}

const rethrown = (error: unknown): never => {
  throw error
}
