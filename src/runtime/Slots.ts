import { Deferred, Effect, Fiber, Option } from "effect"
import type { JobId } from "../domain/JobId.ts"
import { StopReason } from "../domain/Outcome.ts"
import type { ClaimedJob } from "../store/JobStore.ts"

/** How many more jobs a worker may claim: in all, and from each queue when queues have limits. */
export interface Room {
  readonly limit: number
  readonly queues: Option.Option<ReadonlyArray<{ readonly queue: string; readonly limit: number }>>
}

interface Running {
  readonly job: ClaimedJob
  readonly stopRequest: Deferred.Deferred<StopReason>
  fiber: Fiber.Fiber<void> | undefined
}

/** The attempts a worker is running, and the room it has for more. */
export class Slots {
  private readonly running = new Set<Running>()
  private readonly concurrency: number
  private readonly queues: Option.Option<ReadonlyMap<string, number>>
  private readonly onFreed: Effect.Effect<void>

  constructor(options: {
    readonly concurrency: number
    readonly queues: Option.Option<ReadonlyMap<string, number>>
    /** Run each time a slot becomes free. */
    readonly onFreed: Effect.Effect<void>
  }) {
    this.concurrency = options.concurrency
    this.queues = options.queues
    this.onFreed = options.onFreed
  }

  get size(): number {
    return this.running.size
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

  /**
   * Runs an attempt in a fiber that nothing interrupts: an attempt ends by
   * itself, after its handler was told to stop. Its slot is free once it has.
   */
  start(
    job: ClaimedJob,
    attempt: (stopRequest: Deferred.Deferred<StopReason>) => Effect.Effect<void>
  ): Effect.Effect<void> {
    return Effect.gen(this, function*() {
      const slot: Running = { job, stopRequest: yield* Deferred.make<StopReason>(), fiber: undefined }
      this.running.add(slot)
      slot.fiber = yield* attempt(slot.stopRequest).pipe(
        // A bug of ours, since handlers' defects are outcomes. The lease runs out, and the slot must not.
        Effect.catchAllCause((cause) =>
          Effect.annotateLogs(Effect.logFatal("The attempt died; its lease will run out", cause), {
            jobId: job.lease.jobId
          })
        ),
        Effect.ensuring(Effect.zipRight(Effect.sync(() => this.running.delete(slot)), this.onFreed)),
        Effect.interruptible,
        Effect.forkDaemon
      )
    })
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
      Effect.forEach([...this.running].filter(which), (slot) => Deferred.succeed(slot.stopRequest, reason), {
        discard: true
      })
    )
  }

  /** Waits for the attempts running now to end. */
  get ended(): Effect.Effect<void> {
    return Effect.suspend(() =>
      Effect.asVoid(Fiber.awaitAll([...this.running].flatMap(({ fiber }) => fiber === undefined ? [] : [fiber])))
    )
  }
}
