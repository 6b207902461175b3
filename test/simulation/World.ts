import { PCGRandom } from "effect/Utils"
import { TimerHeap } from "./TimerHeap.ts"
import type { Timer } from "./TimerHeap.ts"

/** Whoever owns tasks and timers: a simulated process, or the world itself. */
export interface Owner {
  /** A task or timer of an owner that is not running is kept by `park`, or dropped. */
  readonly running: boolean
  readonly park: (task: () => void) => void
}

/**
 * Time, order and chance of a whole simulated fleet. Nothing happens but what
 * the world runs: it takes one ready task at random, runs it to its next pause,
 * and when none is ready moves the time on to the next timer.
 */
export class World implements Owner {
  readonly seed: number
  /** Picks the next task and the points where fibers are preempted. */
  private readonly schedule: PCGRandom
  private readonly ready: Array<{ readonly owner: Owner; readonly task: () => void }> = []
  private readonly timers = new TimerHeap()
  private sequence = 0
  private opsUntilPreemption: number
  /** Operations of fibers since the time last moved, up to the next preemption. */
  private opsAtThisInstant = 0
  private readonly preemption: number
  /** True time, in epoch milliseconds. No process sees it. */
  now = epoch
  readonly running = true

  constructor(seed: number) {
    this.seed = seed
    this.schedule = new PCGRandom(seed, 1)
    // A fiber is preempted at most at three operations of a hundred; more, and fibers do nothing else.
    this.preemption = this.schedule.number() ** 2 * 0.03
    this.opsUntilPreemption = this.gap()
  }

  /** Numbers everything that happens, so that what was noted in different places has one order. */
  next(): number {
    return ++this.sequence
  }

  /** A stream of chance that only this purpose draws from: what one draws more does not change the others. */
  stream(...purpose: ReadonlyArray<string | number>): PCGRandom {
    return new PCGRandom(this.seed, hash(purpose.join(" ")))
  }

  /** Whether the fiber that asks is to give way now. Asked at every operation, so it only counts. */
  preempts(): boolean {
    if (--this.opsUntilPreemption > 0) return false
    this.opsUntilPreemption = this.gap()
    this.opsAtThisInstant += this.opsUntilPreemption
    if (this.opsAtThisInstant > mostOpsAtOneInstant) throw new Livelock(this.now)
    return true
  }

  /** Has the next fiber that runs give way within a few operations, wherever it then is. */
  preemptSoon(): void {
    this.opsUntilPreemption = 1 + this.schedule.integer(150)
  }

  /** Operations until the next preemption: geometric, from one draw, and never so many that a livelock goes unseen. */
  private gap(): number {
    const gap = 1 + Math.floor(Math.log(1 - this.schedule.number()) / Math.log1p(-this.preemption))
    return gap < 20_000 ? gap : 20_000
  }

  enqueue(owner: Owner, task: () => void): void {
    this.ready.push({ owner, task })
  }

  /** Runs `task` after `millis` of true time, unless it is cancelled before. */
  after(millis: number, task: () => void, owner: Owner = this): Timer {
    return this.timers.add(this.now + Math.max(0, Math.ceil(millis)), owner, task)
  }

  park(): void {
    throw new Error("the world does not stop")
  }

  /** Takes the ready tasks of an owner away from the world, in the order in which they became ready. */
  takeReady(owner: Owner): ReadonlyArray<() => void> {
    const taken = this.ready.filter((one) => one.owner === owner).map(({ task }) => task)
    let kept = 0
    for (const one of this.ready) if (one.owner !== owner) this.ready[kept++] = one
    this.ready.length = kept
    return taken
  }

  /** Runs everything until `done` says so, which is asked at every move of time. False if nothing was left to happen. */
  run(done: () => boolean): boolean {
    while (true) {
      while (this.ready.length > 0) this.runOne()
      if (done()) return true
      const timer = this.timers.take()
      if (timer === undefined) return false
      if (timer.at > this.now) {
        this.now = timer.at
        this.opsAtThisInstant = 0
      }
      if (timer.owner.running) timer.task()
      else timer.owner.park(timer.task)
    }
  }

  private runOne(): void {
    const { ready } = this
    const index = ready.length === 1 ? 0 : Math.floor(this.schedule.number() * ready.length)
    const one = ready[index]
    const last = ready.pop()
    if (one === undefined || last === undefined) return
    if (index < ready.length) ready[index] = last
    one.task()
  }
}

/** Some hundred times what a fleet does at its busiest instant. */
const mostOpsAtOneInstant = 10_000_000

/** The fibers of a fleet have gone on and on without the time's moving. */
export class Livelock extends Error {
  constructor(now: number) {
    super(`fibers never rest at ${new Date(now).toISOString()}`)
  }
}

/** When every simulation begins: 2026-01-01T00:00:00Z. */
export const epoch = Date.UTC(2026, 0, 1)

/** A number for a name, the same in every process: 32-bit FNV-1a. */
export const hash = (name: string): number => {
  let value = 0x811c9dc5
  for (let i = 0; i < name.length; i++) value = Math.imul(value ^ name.charCodeAt(i), 0x01000193)
  return value >>> 0
}
