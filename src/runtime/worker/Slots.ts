import { Array as Arr, Deferred, Effect, FiberId, Option } from "effect"
import { JobEvent } from "../../domain/JobEvent.ts"
import type { JobId } from "../../domain/JobId.ts"
import { StopReason } from "../../domain/Outcome.ts"
import type { JobEvents } from "../../store/JobEvents.ts"
import type { ClaimedJob, JobStore } from "../../store/JobStore.ts"
import type { Attempt } from "../attempt/Attempt.ts"
import { Ahead } from "./Ahead.ts"
import type { Placed } from "../attempt/beginAttempts.ts"
import { factsOf } from "../telemetry/jobEvents.ts"
import * as log from "../telemetry/workerLog.ts"
import type { KeptLease } from "../lease/heartbeat.ts"
import { StopRequest } from "../attempt/StopRequest.ts"

/** The number of jobs that a worker may still claim: in all, and from each queue when queues have limits. */
export interface Room {
  readonly limit: number
  readonly queues: Option.Option<ReadonlyArray<{ readonly queue: string; readonly limit: number }>>
}

interface Running {
  readonly job: ClaimedJob
  readonly stopRequest: StopRequest
  lease: KeptLease | undefined
  /** True while its handler runs, and while it cannot be settled. */
  occupies: boolean
  /** Begins it, where it was claimed ahead. */
  begin: () => void
}

/** The attempts a worker is running, and the room it has for more. */
export class Slots {
  private readonly running = new Set<Running>()
  /** The number of jobs that take a place. */
  private occupied = 0
  private readonly ahead: Ahead<Running>
  /** Fibers that wait until no attempt runs. */
  private readonly waiting = new Set<Deferred.Deferred<void>>()
  private readonly claims = new Set<Deferred.Deferred<void>>()
  private readonly concurrency: number
  private readonly inSlices: (begin: () => void) => void
  private readonly queues: Option.Option<ReadonlyMap<string, number>>
  private readonly onFreed: () => void
  private readonly events: JobEvents
  private isDraining = false

  constructor(options: {
    readonly concurrency: number
    /** The most jobs that wait for a place. */
    readonly claimAhead: number
    readonly queues: Option.Option<ReadonlyMap<string, number>>
    /** Called each time there is room for a claim, and when a job may have come back. */
    readonly onFreed: () => void
    /** Calls `begin` now, or in the next turn of the event loop if this one has lasted for long. */
    readonly inSlices: (begin: () => void) => void
    readonly events: JobEvents
  }) {
    this.concurrency = options.concurrency
    this.ahead = new Ahead(options.claimAhead)
    this.inSlices = options.inSlices
    this.queues = options.queues
    this.onFreed = options.onFreed
    this.events = options.events
  }

  get size(): number {
    return this.running.size
  }

  /** The number of places that are taken. Jobs that came back because they cannot be settled take more than there are. */
  get taken(): number {
    return this.occupied
  }

  /** True from the beginning of a drain. */
  get areDraining(): boolean {
    return this.isDraining
  }

  /** True while an attempt runs, or may still be started by a claim. */
  get isBusy(): boolean {
    return this.running.size + this.claims.size > 0
  }

  /** The room for a claim now, with full queues left out. */
  get room(): Room {
    const room = Math.min(this.unused, this.mostInAll - this.running.size)
    const queues = Option.map(this.queues, (limits) =>
      [...limits]
        .map(([queue, limit]) => ({ queue, limit: Math.min(room, limit - this.runningFrom(queue)) }))
        .filter(({ limit }) => limit > 0))
    const open = Option.match(queues, { onNone: () => true, onSome: (lanes) => lanes.length > 0 })
    return { limit: open ? room : 0, queues }
  }

  /** The most attempts. While a store claims but does not settle, at most as many jobs wait to be settled as may run. */
  get mostInAll(): number {
    return 2 * this.concurrency + this.ahead.most
  }

  /** The number of free places, and of jobs to claim ahead. None of those while jobs have come back that cannot be settled. */
  private get unused(): number {
    const places = this.concurrency - this.occupied
    return places < 0 ? places : places + this.ahead.room
  }

  private runningFrom(queue: string): number {
    let count = 0
    for (const one of this.running) if ((one.occupies || this.ahead.has(one)) && one.job.queue === queue) count++
    return count
  }

  /** Runs a claim, whose jobs will be started here. */
  claiming<A, E, R>(claim: Effect.Effect<A, E, R>): Effect.Effect<A, E, R> {
    return Effect.acquireUseRelease(
      Effect.sync(() => {
        const ended = Deferred.unsafeMake<void>(FiberId.none)
        this.claims.add(ended)
        return ended
      }),
      () => claim,
      (ended) => {
        this.claims.delete(ended)
        return Deferred.succeed(ended, undefined)
      }
    )
  }

  /**
   * Gives a job a place, or lets it wait for one. The place is free once the job's
   * handler has ended, unless the job cannot be settled then.
   */
  place(job: ClaimedJob): Placed {
    const stopRequest = new StopRequest()
    const occupies = this.ahead.most === 0 || this.occupied < this.concurrency
    const one: Running = { job, stopRequest, lease: undefined, occupies, begin: () => {} }
    this.running.add(one)
    if (occupies) this.occupied++
    else this.ahead.add(one)
    const slot: Attempt["slot"] = {
      kept: (lease) => {
        one.lease = lease
        return this.isDraining ? lease.drain : undefined
      },
      hasPlace: () => one.occupies,
      waitForPlace: (begin) => {
        one.begin = begin
        return () => {
          one.begin = () => {}
          this.ahead.giveUp(one)
        }
      },
      leave: () => this.leave(one),
      comeBack: () => {
        if (one.occupies) return
        this.ahead.giveUp(one)
        one.occupies = true
        this.occupied++
      },
      free: (mayRunAgain) => this.free(one, mayRunAgain)
    }
    return { stopRequest, slot }
  }

  private leave(one: Running): void {
    if (!one.occupies) return
    one.occupies = false
    this.occupied--
    const next = this.occupied < this.concurrency ? this.ahead.next() : undefined
    if (next !== undefined) {
      next.occupies = true
      this.occupied++
      this.inSlices(() => {
        if (this.isDraining) next.stopRequest.tellNow(StopReason.Shutdown())
        else next.begin()
      })
    }
    if (this.unused > 0) this.onFreed()
  }

  private free(one: Running, mayRunAgain: boolean): void {
    const wasFull = this.running.size >= this.mostInAll
    this.running.delete(one)
    this.ahead.giveUp(one)
    this.leave(one)
    // The look that followed its handler's end was before its settle.
    if (mayRunAgain || wasFull) this.onFreed()
    if (this.running.size > 0) return
    for (const waiting of this.waiting) Deferred.unsafeDone(waiting, Effect.void)
    this.waiting.clear()
  }

  /** Shortens the leases of the attempts that run, and of those that are started later. Hands back those that wait for a place. */
  get drain(): Effect.Effect<void> {
    return Effect.suspend(() => {
      this.isDraining = true
      for (const { stopRequest } of this.ahead.jobs) stopRequest.tellNow(StopReason.Shutdown())
      return Effect.forEach(this.leases, (lease) => lease.drain, { discard: true })
    })
  }

  /** Readies every lease for ending in 5 s. Answers the extensions that make it so in the store. Waits for nothing. */
  get cut(): Effect.Effect<Parameters<(typeof JobStore.Service)["extend"]>[0]> {
    return Effect.suspend(() => Effect.map(Effect.forEach(this.leases, (lease) => lease.cut), Arr.getSomes))
  }

  /** Resumes the heartbeats after a cut. */
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

  /** Waits for the claims under way to end, and then until no attempt runs. */
  get ended(): Effect.Effect<void> {
    return Effect.suspend(() => Effect.forEach(this.claims, (claim) => Deferred.await(claim), { discard: true })).pipe(
      Effect.zipRight(Effect.suspend(() => {
        if (this.running.size === 0) return Effect.void
        const ended = Deferred.unsafeMake<void>(FiberId.none)
        this.waiting.add(ended)
        return Effect.ensuring(Deferred.await(ended), Effect.sync(() => this.waiting.delete(ended)))
      }))
    )
  }

  /** Logs the claims and jobs that do not end, and stops their heartbeats. */
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
