import { Cause, Exit, Option } from "effect"
import { StoreError } from "../../src/domain/errors.ts"
import type { Limits } from "../../src/runtime/Worker.ts"
import type { StoreOperation } from "../../src/testing/StoreFaults.ts"
import type { SharedDatabase } from "./database.ts"
import { heldUp, stoppedSince } from "./heldUp.ts"
import type { History } from "./History.ts"
import { Presences } from "./presence.ts"
import { program } from "./program.ts"
import { Machine, SimulatedProcess } from "./SimulatedProcess.ts"
import { endsAfterGrace } from "./Timeline.ts"
import type { ClientWorld } from "./work.ts"
import type { World } from "./World.ts"

/** A machine, the process that runs on it now, and what it suffers. */
export interface Post {
  readonly machine: Machine
  process: SimulatedProcess | undefined
  readonly calls: Map<StoreOperation, number>
  outages: number
}

type DatabaseFiles = Pick<SharedDatabase, "filename" | "second">

/** How many milliseconds after its grace the program exits, whatever its shutdown waits for. */
const exitAfterGrace = 5000

/**
 * The machines of a simulation and the worker program on each: the real
 * runtime over the real store, with clients beside the worker. A program that
 * ends is started again, as a supervisor would.
 */
export class Fleet {
  readonly posts: ReadonlyArray<Post>
  private readonly world: World
  private readonly history: History
  private readonly files: DatabaseFiles
  private readonly clients: ClientWorld
  private readonly allows: (name: string) => boolean
  private healed = false
  private closing = false
  private readonly presences: Presences
  readonly leftovers: Array<string> = []

  constructor(
    world: World,
    history: History,
    files: DatabaseFiles,
    clients: ClientWorld,
    allows: (name: string) => boolean
  ) {
    this.world = world
    this.history = history
    this.files = files
    this.clients = clients
    this.allows = allows
    this.presences = new Presences(world, clients.plan.presence)
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

  /** Starts the program on a machine that runs none. */
  boot(post: Post): void {
    if (post.process !== undefined || this.closing) return
    const process: SimulatedProcess = new SimulatedProcess(
      this.world,
      post.machine,
      (error) => {
        this.history.deaths.push(`${process.name} threw ${String(error)}`)
      },
      () => this.history.incident("worker drains", process.name)
    )
    post.process = process
    this.history.incident("up", process.name)
    const limits = limitsOf(this.world, this.clients, process.name)
    this.history.limits.set(process.name, limits)
    process.start(this.programOf(post, process, limits), (exit) => {
      if (Exit.isFailure(exit) && !Cause.isInterruptedOnly(exit.cause) && !this.mayFail(process, limits, exit.cause)) {
        this.history.deaths.push(`${process.name} ended: ${Cause.pretty(exit.cause)}`)
      }
      const told = this.history.incidents.some(({ to, what }) => what === "terminate" && to === process.name)
      if (Exit.isSuccess(exit) && !told) this.history.incident("ended by itself", process.name)
      // In a task of its own, after all that the end of the main fiber sets going.
      this.world.after(0, () => this.ended(post, process))
    })
  }

  private programOf(post: Post, process: SimulatedProcess, limits: Limits) {
    return program({
      world: this.world,
      history: this.history,
      clients: this.clients,
      process,
      filename: this.files.filename,
      second: this.posts.indexOf(post) < this.clients.plan.second ? this.files.second : undefined,
      limits,
      allows: (name) => !this.healed && this.allows(name),
      out: () => post.outages > 0,
      count: (operation) => {
        const count = (post.calls.get(operation) ?? 0) + 1
        post.calls.set(operation, count)
        return count
      },
      presences: this.presences,
      block: (millis) => {
        if (!process.running) return
        this.history.incident("blocked", process.name, millis)
        this.stop(process, millis, "event loop")
      }
    })
  }

  /** Whether a program may fail: it could not open its database, or its one claim came to nothing. */
  private mayFail(process: SimulatedProcess, { once }: Limits, cause: Cause.Cause<unknown>): boolean {
    const isOfClaim = once === true &&
      this.history.calls.some((call) =>
        call.process === process.name && call.operation === "claim" && call.returned?.tag === "unknown"
      )
    const isOfStore = Option.exists(Cause.failureOption(cause), (error) => error instanceof StoreError)
    return isOfClaim && isOfStore || this.couldNotStart(process, cause) || this.metNewerTables(process, cause)
  }

  /** Whether a program failed because the tables are newer, be it as it opened them or with its worker. The checker judges it. */
  private metNewerTables(process: SimulatedProcess, cause: Cause.Cause<unknown>): boolean {
    const isMet = [...Cause.failures(cause)].some((error) =>
      error instanceof StoreError && error.reason === "newerSchema"
    )
    if (isMet) this.history.incident("met newer tables", process.name)
    return isMet
  }

  /** Whether a program came to nothing because it could not open its database, or not write to it, or the file was replaced meanwhile. Later it has to wait. */
  private couldNotStart(process: SimulatedProcess, cause: Cause.Cause<unknown>): boolean {
    const text = Cause.pretty(cause)
    return !Cause.isDie(cause) && this.history.calls.every((call) => call.process !== process.name)
      && (/SQLITE_(?:BUSY|FULL)|database is locked|disk is full/.test(text)
        || this.history.second.replacements.length > 0 && text.includes("DatabaseReplaced"))
  }

  private ended(post: Post, process: SimulatedProcess): void {
    if (!process.alive) return
    const { refused, settling, stalled } = heldUp(this.history, process.name, this.world.now)
    const left = process.leftovers.filter((what) => !what.endsWith("fibers") || !refused && !settling && !stalled)
    this.leftovers.push(...left.map((what) => `${process.name} has left ${what}`))
    this.history.incident("ended", process.name)
    this.kill(post, process)
    // Those that end by themselves are run every now and then, and so are those that have to wait for a person.
    const { length } = Object.keys(this.history.limits.get(process.name) ?? {})
    const isSoon = length === 0 && !this.hasMetNewerTables(process)
    const pause = isSoon ? 1000 : 1000 + this.world.stream("pause", process.name).integer(20_000)
    this.world.after(pause, () => this.boot(post))
  }

  private hasMetNewerTables({ name }: SimulatedProcess): boolean {
    return this.history.incidents.some(({ to, what }) => to === name && what === "met newer tables")
  }

  /** Ends a process where it stands. */
  kill(post: Post, process: SimulatedProcess): void {
    if (process.inTransaction) this.history.rare.push("a process was killed inside a transaction")
    process.kill()
    this.presences.died(process)
    this.history.killed(process.name)
    post.process = undefined
  }

  /** A signal, and sometimes a second one. The rest of the app may keep the main fiber from ending at the first. */
  terminate(post: Post, process: SimulatedProcess): void {
    this.resume(process)
    this.history.incident("terminate", process.name)
    const random = this.world.stream("signals", process.name)
    const { exits, worker: { shutdownGrace } } = this.clients.plan
    const toldAt = this.world.now
    let graceOver = toldAt + shutdownGrace
    process.signal("first")
    this.world.after(exits ? 0 : random.integer(2) * random.integer(5000), () => process.interrupt())
    // Timers are rounded up, and pass through a few hands.
    const bound = exits ? exitAfterGrace : endsAfterGrace + 100
    const look = () => {
      if (!process.alive) return
      const { now } = this.world
      const left = graceOver + bound + stoppedSince(this.history, process.name, toldAt, now) - now
      if (left > 0) return void this.world.after(Math.max(left, 1000), look)
      // One that exits does so before its worker would leave behind what does not stop or is not answered.
      const { claiming, client, refused, settling } = heldUp(this.history, process.name, now)
      if (!client && !(exits && (refused || claiming || settling))) {
        this.leftovers.push(`${process.name} did not end within its grace`)
      }
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

  /** Keeps a process, or its event loop alone, from running for some milliseconds. */
  stop(process: SimulatedProcess, millis: number, what?: "event loop"): void {
    if (process.inTransaction) this.history.rare.push("a process was stopped inside a transaction")
    const stop = process.stop(what)
    this.world.after(millis, () => this.resume(process, stop))
  }

  private resume(process: SimulatedProcess, stop?: number): void {
    if (process.resume(stop)) this.history.incident("resumed", process.name)
  }
}

/** When the worker of a process ends by itself; those that see the end of all jobs never do. */
const limitsOf = (world: World, { healing, plan }: ClientWorld, process: string): Limits => {
  const random = world.stream("limits", process)
  if (healing || random.number() >= plan.limited) return {}
  return random.number() < 0.5 ? { once: true } : { maxJobs: 1 + random.integer(8) }
}
