import { Array as Arr, Deferred, Effect, Fiber, FiberId, Option } from "effect"
import { JobEvent } from "../../domain/JobEvent.ts"
import type { JobId } from "../../domain/JobId.ts"
import { StopReason } from "../../domain/Outcome.ts"
import type { JobEvents } from "../../store/JobEvents.ts"
import type { ClaimedJob, JobStore } from "../../store/JobStore.ts"
import type { Attempt } from "../attempt/Attempt.ts"
import { factsOf } from "../telemetry/jobEvents.ts"
import * as log from "../telemetry/workerLog.ts"
import type { KeptLease } from "../attempt/heartbeat.ts"
import { StopRequest } from "../attempt/StopRequest.ts"

/** How many more jobs a worker may claim: in all, and from each queue when queues have limits. */
export interface Room {
  readonly limit: number
  readonly queues: Option.Option<ReadonlyArray<{ readonly queue: string; readonly limit: number }>>
}

/** What an attempt is given by its slot. */
export type Slot = Pick<Attempt, "stopRequest" | "onKept">

interface Running {
  readonly job: ClaimedJob
  readonly stopRequest: StopRequest
  lease: KeptLease | undefined
  fiber: Fiber.Fiber<void> | undefined
}

/** The attempts a worker is running, and the room it has for more. */
export class Slots {
  private readonly running = new Set<Running>()
  private readonly claims = new Set<Deferred.Deferred<void>>()
  private readonly concurrency: number
  private readonly queues: Option.Option<ReadonlyMap<string, number>>
  private readonly onFreed: Effect.Effect<void>
  private readonly events: JobEvents
  private isDraining = false

  constructor(options: {
    readonly concurrency: number
    readonly queues: Option.Option<ReadonlyMap<string, number>>
    /** Run each time a slot becomes free. */
    readonly onFreed: Effect.Effect<void>
    readonly events: JobEvents
  }) {
    this.concurrency = options.concurrency
    this.queues = options.queues
    this.onFreed = options.onFreed
    this.events = options.events
  }

  get size(): number {
    return this.running.size
  }

  /** Whether an attempt runs, or one may still be started by a claim. */
  get isBusy(): boolean {
    return this.running.size + this.claims.size > 0
  }

  /** What may be claimed now, with full queues left out. */
  get room(): Room {
    const free = this.concurrency - this.running.size
    const queues = Option.map(this.queues, (limits) =>
      [...limits]
        .map(([queue, limit]) => ({ queue, limit: Math.min(free, limit - this.runningFrom(queue)) }))
        .filter(({ limit }) => limit > 0))
    const open = Option.match(queues, { onNone: () => true, onSome: (lanes) => lanes.length > 0 })
    return { limit: open ? free : 0, queues }
  }

  private runningFrom(queue: string): number {
    let count = 0
    for (const { job } of this.running) if (job.queue === queue) count++
    return count
  }

  /** Runs a claim, whose jobs will be started here. */
  claiming<A, E, R>(claim: Effect.Effect<A, E, R>): Effect.Effect<A, E, R> {
    return Effect.suspend(() => {
      const ended = Deferred.unsafeMake<void>(FiberId.none)
      this.claims.add(ended)
      return Effect.ensuring(
        claim,
        Effect.suspend(() => {
          this.claims.delete(ended)
          return Deferred.succeed(ended, undefined)
        })
      )
    })
  }

  /**
   * Runs an attempt in a fiber that nothing interrupts: an attempt ends by
   * itself, after its handler was told to stop. Its slot is free once it has.
   */
  start(job: ClaimedJob, attempt: (slot: Slot) => Effect.Effect<void>): Effect.Effect<void> {
    return Effect.gen(this, function*() {
      const stopRequest = new StopRequest()
      const slot: Running = { job, stopRequest, lease: undefined, fiber: undefined }
      this.running.add(slot)
      const onKept = (lease: KeptLease) =>
        Effect.suspend(() => {
          slot.lease = lease
          return this.isDraining ? lease.drain : Effect.void
        })
      slot.fiber = yield* attempt({ stopRequest, onKept }).pipe(
        // A bug of ours, since handlers' defects are outcomes. The lease runs out, and the slot must not.
        Effect.catchAllCause((cause) => log.attemptDied(job, cause)),
        Effect.ensuring(Effect.zipRight(Effect.sync(() => this.running.delete(slot)), this.onFreed)),
        Effect.interruptible,
        Effect.forkDaemon
      )
    })
  }

  /** Shortens the leases of the attempts that run, and of those that are started later. */
  get drain(): Effect.Effect<void> {
    return Effect.suspend(() => {
      this.isDraining = true
      return Effect.forEach(this.leases, (lease) => lease.drain, { discard: true })
    })
  }

  /** Readies every lease for ending in 5 s. Answers the extensions that make it so in the store. Waits for nothing. */
  get cut(): Effect.Effect<Parameters<(typeof JobStore.Service)["extend"]>[0]> {
    return Effect.suspend(() => Effect.map(Effect.forEach(this.leases, (lease) => lease.cut), Arr.getSomes))
  }

  /** Goes on with the heartbeats after a cut. */
  get resume(): Effect.Effect<void> {
    return Effect.suspend(() => Effect.forEach(this.leases, (lease) => lease.resume, { discard: true }))
  }

  private get leases(): ReadonlyArray<KeptLease> {
    return [...this.running].flatMap(({ lease }) => lease === undefined ? [] : [lease])
  }

  /** Tells the handler of a job that runs here to stop, because the job was cancelled. */
  cancel(id: JobId): Effect.Effect<void> {
    return this.stopWhere(StopReason.Cancelled(), ({ job }) => job.lease.jobId === id)
  }

  /** Tells every handler to stop. */
  stopAll(reason: StopReason): Effect.Effect<void> {
    return this.stopWhere(reason, () => true)
  }

  private stopWhere(reason: StopReason, which: (slot: Running) => boolean): Effect.Effect<void> {
    return Effect.suspend(() =>
      Effect.forEach([...this.running].filter(which), (slot) => slot.stopRequest.tell(reason), {
        discard: true
      })
    )
  }

  /** Waits for the claims under way and the attempts running then to end. */
  get ended(): Effect.Effect<void> {
    return Effect.suspend(() => Effect.forEach(this.claims, (claim) => Deferred.await(claim), { discard: true })).pipe(
      Effect.zipRight(
        Effect.suspend(() =>
          Effect.asVoid(Fiber.awaitAll([...this.running].flatMap(({ fiber }) => fiber === undefined ? [] : [fiber])))
        )
      )
    )
  }

  /** Stops the heartbeats of what does not end. */
  get leaveBehind(): Effect.Effect<void> {
    return Effect.suspend(() =>
      Effect.all([
        this.claims.size > 0 ? log.claimLeftBehind : Effect.void,
        Effect.forEach(this.running, ({ job, lease }) =>
          Effect.zipRight(lease?.letGo ?? Effect.void, this.events.publish(JobEvent.LeftBehind(factsOf(job)))))
      ], { discard: true })
    )
  }
}
