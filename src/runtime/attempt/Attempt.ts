import type { Context, Duration, Effect, Option, Runtime } from "effect"
import type { HandlerService } from "../../domain/Job.ts"
import type { Stall } from "../../domain/Stall.ts"
import type { ClaimedJob, JobStore } from "../../store/JobStore.ts"
import type { KeptLeases } from "../../store/keeper/LeaseKeeper.ts"
import type { LoopWatchService } from "../telemetry/LoopWatch.ts"
import type { HeldLeasesService } from "../lease/HeldLeases.ts"
import type { Extend } from "../lease/beats.ts"
import type { KeptLease } from "../lease/heartbeat.ts"
import type { WakeUps } from "../lease/wakeUps.ts"
import type { Settles } from "./settles.ts"
import type { StopRequest } from "./StopRequest.ts"

/** A worker, as its attempts see it. */
export interface Host {
  readonly store: typeof JobStore.Service
  /** The fibers of attempts inherit from it: the worker's loggers, clock and scheduler. */
  readonly runtime: Runtime.Runtime<never>
  /** The same for hearts, which sleep by the clock of `wakeUps`. */
  readonly heartsRuntime: Runtime.Runtime<never>
  /** The same for handlers, whose unhandled errors are logged as the worker's caller wants it. */
  readonly handlersRuntime: Runtime.Runtime<never>
  /** The context of the worker with the services that a handler's layer was built with. */
  readonly servicesOf: (handler: HandlerService) => Context.Context<never>
  /** Monotonic milliseconds. */
  readonly now: () => number
  /** True if a tracer records spans. */
  readonly isTraced: boolean
  readonly heartbeatInterval: Duration.Duration
  readonly wakeUps: WakeUps
  readonly extend: Extend
  readonly settles: Settles
  readonly heldLeases: HeldLeasesService
  /** Extends leases while the event loop is blocked; undefined where nothing can. */
  readonly keptByThread: KeptLeases | undefined
  readonly loopWatch: LoopWatchService
}

/** One claimed job and what it takes to run it. */
export interface Attempt {
  readonly job: ClaimedJob
  readonly handler: HandlerService
  /** Milliseconds. */
  readonly leaseFor: number
  /** Milliseconds for which the event loop may be blocked while its lease is extended. */
  readonly stallLimit: number
  /** Monotonic milliseconds, read before the claim was sent. */
  readonly claimSentAt: number
  /** False once nobody waits for the claim any more: the job is handed back, and its handler does not run. */
  readonly begins: () => boolean
  readonly stopRequest: StopRequest
  readonly slot: Slot
  readonly host: Host
}

/** The place of an attempt in its worker. */
export interface Slot {
  /** Gets the lease that a heartbeat keeps. Answers what shortens it, where its worker drains. */
  readonly kept: (lease: KeptLease) => Effect.Effect<void> | undefined
  /** False while the attempt was claimed ahead, and waits. */
  readonly hasPlace: () => boolean
  /** Calls `begin` when a place is free for an attempt that has none. Answers a function that stops waiting. */
  readonly waitForPlace: (begin: () => void) => () => void
  /** Its handler has ended, so another job may take the place. */
  readonly leave: () => void
  /** It takes its place again, since it cannot be settled yet. */
  readonly comeBack: () => void
  /** The attempt is over. `mayRunAgain`: its job may become due again, and the worker should look. */
  readonly free: (mayRunAgain: boolean) => void
}

/** The stall of the event loop that may have cost an attempt its lease. */
export const blame = ({ host, leaseFor }: Attempt): Effect.Effect<Option.Option<Stall>> =>
  host.loopWatch.blame(leaseFor)
