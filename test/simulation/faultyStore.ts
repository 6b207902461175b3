import { Cause, Effect, Exit, Layer, Option } from "effect"
import { StoreError } from "../../src/domain/errors.ts"
import { ambientConnection } from "../../src/store/transaction/ambientTransaction.ts"
import { JobStore } from "../../src/store/JobStore.ts"
import type { StoreFailure } from "../../src/store/JobStore.ts"
import type { LeaseKeeper } from "../../src/store/keeper/LeaseKeeper.ts"
import type { Presence } from "../../src/store/Presence.ts"
import { behind } from "../../src/testing/StoreFaults.ts"
import type { StoreOperation } from "../../src/testing/StoreFaults.ts"
import { currentOperation } from "./database.ts"
import { currentEnclosing } from "./enclosing.ts"
import { drawCallFault } from "./faults.ts"
import type { CallFault, CallFaultRates, FaultClass } from "./faults.ts"
import type { Call, History, Returned } from "./History.ts"
import type { SimulatedProcess } from "./SimulatedProcess.ts"
import type { World } from "./World.ts"

/** What the store of a process is told to suffer. */
export interface StoreFaults {
  readonly world: World
  readonly history: History
  readonly process: SimulatedProcess
  readonly rates: CallFaultRates
  /** The payloads that a claim of its worker may take. */
  readonly claimBytes: number
  /** Whether this call is one of those that may fail now. */
  readonly allows: (name: string) => boolean
  /** Whether the whole database is out of this machine's reach. */
  readonly out: () => boolean
  /** Keeps the leases of its workers while its event loop is blocked. */
  readonly keeper: LeaseKeeper | undefined
  /** Shows its workers to others, and theirs to it. */
  readonly presence: Presence | undefined
  /** Counts the calls of a machine, whose faults they number. */
  readonly count: (operation: StoreOperation) => number
}

/** The real job store, between which and its callers things go wrong as the seed says, and are noted. */
export const faultyStore = (faults: StoreFaults): Layer.Layer<JobStore, never, JobStore> =>
  Layer.effect(
    JobStore,
    Effect.map(JobStore, (store) => {
      const { claim, ...others } = behind(store, suffering(faults))
      return {
        ...others,
        leaseKeeper: faults.keeper,
        presence: faults.presence,
        claim: (request) => claim({ ...request, maxBytes: faults.claimBytes })
      }
    })
  )

const suffering = ({ allows, count, history, out, process, rates, world }: StoreFaults) =>
<A, E>(
  operation: StoreOperation,
  effect: Effect.Effect<A, E>,
  request: unknown
): Effect.Effect<A, E | StoreFailure> =>
  Effect.withFiberRuntime<A, E | StoreFailure>((fiber) => {
    const name = `${process.machine.name}/${operation}/${count(operation)}`
    const noted: Call = {
      number: history.calls.length + 1,
      operation,
      process: process.name,
      request,
      // What a caller's fibers do after its transaction, they still do with its number.
      within: Option.isSome(ambientConnection(fiber.currentContext))
        ? fiber.getFiberRef(currentEnclosing)?.number
        : undefined,
      invoked: history.moment(),
      returned: undefined,
      faults: []
    }
    history.calls.push(noted)
    const note = (fault: FaultClass, named: string) => {
      noted.faults.push(fault)
      history.fault(fault, named)
    }
    const run = Effect.locally(effect, currentOperation, noted.number)
    const drawn = allows(name) ? drawCallFault(world, rates, name) : undefined
    return Effect.suspend(() => {
      if (out()) {
        note("outage", "")
        return Effect.fail(new StoreError({ operation, cause: new Error("simulated outage") }))
      }
      if (drawn === undefined) return run
      note(drawn.class, name)
      return suffer(noted.within === undefined ? drawn : shortly(drawn), operation, run)
    }).pipe(
      Effect.onExit((exit) =>
        Effect.sync(() => {
          const trouble = realTrouble(exit)
          if (trouble !== undefined) {
            note(trouble, "")
            const rare = rareTroubles[trouble]
            if (rare !== undefined) history.rare.push(rare)
          }
          noted.returned = { ...history.moment(), ...returned(exit) }
        })
      )
    )
  })

const suffer = <A, E>(
  fault: CallFault,
  operation: StoreOperation,
  run: Effect.Effect<A, E>
): Effect.Effect<A, E | StoreFailure> => {
  switch (fault.class) {
    case "fail before":
      return Effect.fail(simulated(operation))
    case "fail after":
      return Effect.zipRight(run, Effect.fail(simulated(operation)))
    case "defect":
      return Effect.die(new Error("simulated defect"))
    case "latency":
      return wait(fault.before).pipe(Effect.zipRight(run), Effect.zipLeft(wait(fault.after)))
    case "stall": {
      // A handler that is in such a call could not be stopped, which is not what is tried here.
      const interruptible = fault.interruptible || operation === "progress" || operation === "enqueue"
      const stall = interruptible ? Effect.sleep(fault.millis) : Effect.uninterruptible(Effect.sleep(fault.millis))
      return fault.done === "before" ? Effect.zipLeft(run, stall) : Effect.zipRight(stall, run)
    }
  }
}

/** A fault of a call in a caller's transaction: for as long as that takes, the whole fleet waits for its lock. */
const shortly = (fault: CallFault): CallFault =>
  fault.class === "stall" ? { ...fault, millis: Math.ceil(fault.millis / 20), interruptible: true } : fault

const wait = (millis: number) => millis === 0 ? Effect.void : Effect.sleep(millis)

const simulated = (operation: string) => new StoreError({ operation, cause: new Error("simulated fault") })

const rareTroubles = {
  busy: "a write found the database locked",
  full: "a write found the disk full",
  "refusing row": "a row refused what was asked of it",
  "newer schema": undefined
} as const

/**
 * What SQLite itself refused: another connection had the lock, there was no room, or a trigger refused the row;
 * or the store, since the tables are of a newer release.
 */
const realTrouble = (exit: Exit.Exit<unknown, unknown>): keyof typeof rareTroubles | undefined => {
  if (Exit.isSuccess(exit)) return undefined
  const error = Cause.squash(exit.cause)
  if (!(error instanceof StoreError)) return undefined
  if (error.reason === "newerSchema") return "newer schema"
  const text = causes(error)
  if (text.includes("SQLITE_BUSY")) return "busy"
  if (text.includes("SQLITE_CONSTRAINT_TRIGGER")) return "refusing row"
  return text.includes("SQLITE_FULL") ? "full" : undefined
}

/** The codes of an error and of what it was caused by. */
export const causes = (error: unknown): string => {
  if (typeof error !== "object" || error === null) return ""
  const code = "code" in error ? String(error.code) : ""
  return "cause" in error ? `${code} ${causes(error.cause)}` : code
}

const returned = (exit: Exit.Exit<unknown, unknown>): Returned => {
  if (Exit.isSuccess(exit)) return { tag: "ok", answer: exit.value }
  if (Cause.isFailType(exit.cause)) {
    const error = exit.cause.error
    if (!(error instanceof StoreError)) {
      return {
        tag: "error",
        error: typeof error === "object" && error !== null && "_tag" in error ? String(error._tag) : ""
      }
    }
  }
  return { tag: "unknown", interrupted: Cause.isInterrupted(exit.cause) }
}
