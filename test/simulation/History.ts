import type { Limits } from "../../src/runtime/Worker.ts"
import type { Enqueued } from "../../src/store/JobStore.ts"
import type { StoreOperation } from "../../src/testing/StoreFaults.ts"
import type { FaultClass } from "./faults.ts"
import type { Sometimes } from "./Findings.ts"
import { SecondDatabase } from "./SecondDatabase.ts"
import type { World } from "./World.ts"

/** One call of a store operation, as its caller saw it. */
export interface Call {
  readonly number: number
  readonly operation: StoreOperation
  readonly process: string
  /** What it was called with, as given. */
  readonly request: unknown
  /** The caller's transaction that it was part of, by number: then its answer promises nothing until the commit. */
  readonly within: number | undefined
  readonly invoked: Moment
  /** None while it has not returned: its process was killed, or the simulation ended. */
  returned: (Moment & Returned) | undefined
  readonly faults: Array<FaultClass>
}

/** A place in the order of all that happened, and its true time. */
export interface Moment {
  readonly order: number
  readonly at: number
}

/**
 * `unknown`: whether it happened, its caller cannot tell; `interrupted` if that
 * was its own doing. `error` is a typed refusal, after which nothing happened.
 */
export type Returned =
  | { readonly tag: "ok"; readonly answer: unknown }
  | { readonly tag: "error"; readonly error: string }
  | { readonly tag: "unknown"; readonly interrupted: boolean }

/** One run of a handler, from its first operation to the end of its finalizers or of its process. */
export interface HandlerRun {
  readonly jobId: string
  readonly attempt: number
  readonly kind: string
  readonly behaviour: string
  readonly queue: string
  /** Milliseconds that it works, where its behaviour has it work. */
  readonly takes: number
  readonly process: string
  readonly started: Moment
  ended: (Moment & { readonly how: "ended" | "interrupted" | "killed" }) | undefined
}

/** Something done to the fleet, or that befell a process. */
export interface Incident extends Moment {
  readonly what: Happening
  /** The machine or process it happened to; empty for all. */
  readonly to: string
  readonly millis: number
}

export type Happening =
  | FaultClass
  | "up"
  | "ended"
  | "ended by itself"
  | "worker died"
  | "worker drains"
  | "met newer tables"
  | "resumed"
  | "healed"
  | "blocked"
  | "told again"
  | "crash"

/** A transaction of a caller's, or one nested in it. */
export interface Enclosing {
  readonly number: number
  /** The number of the transaction that it is nested in. */
  readonly around: number | undefined
  readonly process: string
  readonly began: Moment
  /** When all that was to happen in it had, and only its commit was left. */
  closing: Moment | undefined
  /** What its caller was told; nothing if the process did not live to hear it. */
  end: (Moment & { readonly how: "committed" | "rolled back" | "unknown" }) | undefined
}

/** True for an operation that settles a job. */
export const settles = (operation: string): boolean =>
  operation === "complete" || operation === "fail" || operation === "release"

/** From when on the tables were of a newer release, and until when. */
export interface Migration {
  readonly from: Moment
  to: Moment | undefined
}

/** Everything that happened and was seen in one simulation, but for the rows, which the database notes itself. */
export class History {
  readonly calls: Array<Call> = []
  readonly runs: Array<HandlerRun> = []
  readonly incidents: Array<Incident> = []
  readonly enclosings: Array<Enclosing> = []
  /** Where and when it was answered that a job was enqueued, outside of every transaction. */
  readonly acknowledged = new Map<string, Moment & { readonly process: string }>()
  /** When the worker of each process ends by itself. */
  readonly limits = new Map<string, Limits>()
  /** Lines of the log at warning and above, by message and reason or step, and what a fatal one said. */
  readonly warnings = new Map<string, number>()
  readonly deaths: Array<string> = []
  /** Rows that refused every change while they were pending, and when. */
  readonly refusing: Array<{ readonly id: string; readonly from: number; to: number }> = []
  /** When a newer release had migrated the tables. */
  readonly migrations: Array<Migration> = []
  /** What was told of the second database, which few fleets have. */
  readonly second = new SecondDatabase()
  /** Rare states that the fleet has seen itself. */
  readonly rare: Array<Sometimes> = []
  readonly faults = new Map<FaultClass, number>()
  /** The names of the faults that happened, which a shorter run can be told to keep to. */
  readonly injected: Array<string> = []
  private readonly world: World

  constructor(world: World) {
    this.world = world
  }

  moment(): Moment {
    return { order: this.world.next(), at: this.world.now }
  }

  acknowledge(process: string, answers: ReadonlyArray<Enqueued>): void {
    for (const { enqueued, id } of answers) if (enqueued) this.acknowledged.set(id, { ...this.moment(), process })
  }

  /** Begins a transaction of a caller's. */
  enclose(process: string, around: Enclosing | undefined): Enclosing {
    const enclosing: Enclosing = {
      number: this.enclosings.length + 1,
      around: around?.number,
      process,
      began: this.moment(),
      closing: undefined,
      end: undefined
    }
    this.enclosings.push(enclosing)
    return enclosing
  }

  incident(what: Happening, to: string, millis = 0): void {
    this.incidents.push({ ...this.moment(), what, to, millis })
  }

  fault(fault: FaultClass, name: string): void {
    this.faults.set(fault, (this.faults.get(fault) ?? 0) + 1)
    if (this.injected.at(-1) !== name) this.injected.push(name)
  }

  /** What was running in a process when it was killed has ended there. */
  killed(process: string): void {
    for (const run of this.runs) {
      if (run.process === process) run.ended ??= { ...this.moment(), how: "killed" }
    }
  }
}
