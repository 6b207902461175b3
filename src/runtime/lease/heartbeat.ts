import { Duration, Effect, Either, Exit, Fiber, FiberId, Option, Schedule, Scope } from "effect"
import { JobEvent } from "../../domain/JobEvent.ts"
import type { LeaseLost } from "../../domain/errors.ts"
import type { Lease } from "../../domain/Lease.ts"
import { StopReason } from "../../domain/Outcome.ts"
import type { JobEvents } from "../../store/JobEvents.ts"
import { updateNow } from "../../store/guardTelemetry.ts"
import type { ClaimedJob, Extended } from "../../store/JobStore.ts"
import type { KeptByThread, KeptLeases } from "../../store/keeper/LeaseKeeper.ts"
import { overdueAfter } from "../../store/keeper/LeaseKeeper.ts"
import { factsOf } from "../telemetry/jobEvents.ts"
import { memoized } from "../telemetry/memoized.ts"
import { metrics } from "../telemetry/metrics.ts"
import { labelled } from "../telemetry/updateLabelled.ts"
import type { Extend } from "./beats.ts"
import type { WakeUps } from "./wakeUps.ts"
import { waitUntil } from "./wakeUps.ts"

/** The last part of a lease is there for the handler to stop in: a quarter of it, and at most 30 s. */
export const deadlineMargin = (leaseFor: number) => Math.min(30_000, leaseFor / 4)

/** A beat that fails is over and tried again before the deadline, even where the interval is nearly half the lease. */
export const beatMayTake = (interval: Duration.Duration) => Duration.times(interval, 1 / 4)

/** The interval at which a lease is extended, and the milliseconds that it is given each time. */
interface Pace {
  readonly interval: Duration.Duration
  readonly leaseFor: number
}

/** A worker that drains may be killed at any moment, and must not leave its jobs locked for long. */
const whileDraining = ({ interval, leaseFor }: Pace): Pace => ({
  interval: Duration.min(interval, Duration.seconds(5)),
  leaseFor: Math.min(leaseFor, 30_000)
})

/** Milliseconds that a lease lasts once its process crashes. */
const crashLease = 5_000

/** The wait until a process that goes on after a crash extends its leases again: the shortened ones still last. */
export const resumesAfter = Duration.millis(2_500)

/** The milliseconds from before a claim or an extension is sent to the deadline it buys. */
const holdsFor = ({ leaseFor }: Pick<Pace, "leaseFor">) => leaseFor - deadlineMargin(leaseFor)

/** The lease to keep, and the services that keep it. */
export interface LeaseToKeep {
  readonly job: ClaimedJob
  /** Milliseconds. */
  readonly leaseFor: number
  /** Milliseconds for which the event loop may be blocked while a thread extends the lease. */
  readonly stallLimit: number
  /** Extends the lease while the event loop is blocked; undefined where nothing can. */
  readonly keptByThread: KeptLeases | undefined
  readonly interval: Duration.Duration
  /** Monotonic milliseconds, read before the claim was sent. */
  readonly claimSentAt: number
  readonly stop: (reason: StopReason) => Effect.Effect<void>
  readonly wakeUps: Pick<WakeUps, "at">
  readonly extend: Extend
  readonly events: JobEvents
  /** Monotonic milliseconds. */
  readonly now: () => number
  /** Closed when the lease is not kept any more. */
  readonly scope: Scope.CloseableScope
  /** Starts the heart in the scope. */
  readonly forkHeart: <A, E>(beating: Effect.Effect<A, E>) => Fiber.RuntimeFiber<A, E>
  /** Starts another fiber of the attempt. */
  readonly fork: (effect: Effect.Effect<void>) => Fiber.RuntimeFiber<void>
}

/**
 * The lease of one attempt, which is kept from `keep` to `end`. Most end before
 * their heart starts.
 *
 * A fiber extends the lease every `interval`: its heart, which starts half an
 * interval after the claim, when most jobs have ended, in a scope that closes with
 * the job. From then on the handler is told to stop when the lease is gone or no
 * extension came through in time. The time that counts is read before a claim or
 * extension is sent: the lease it buys starts later, so the deadline errs to the
 * early side.
 */
export class KeptLease {
  private readonly options: LeaseToKeep
  private pace: Pace
  /** Monotonic milliseconds. */
  private until: number
  private lastSentAt: number
  private cutTo = Infinity
  private isLetGo = false
  private hasEnded = false
  /** The store has said that it is another's. */
  private isLost = false
  /** Raised each time the beating is stopped. A start belongs to an era, and starts nothing once that is over. */
  private era = 0
  private heart: Fiber.RuntimeFiber<unknown, unknown> | undefined
  private byThread: KeptByThread | undefined
  /** Calls off what it waits for: the late start, or after that its deadline. */
  private wakeNoMore: () => void = () => {}

  constructor(options: LeaseToKeep) {
    this.options = options
    this.pace = options
    this.until = options.claimSentAt + holdsFor(options)
    this.lastSentAt = options.claimSentAt
  }

  /** The monotonic millisecond at which the handler is told to stop, unless a heartbeat gets through before. */
  get deadline(): number {
    return this.byThread === undefined ? this.until : Math.max(this.until, this.byThread.heldUntil())
  }

  /** Begins to keep the lease. */
  keep(): void {
    const { claimSentAt, interval, wakeUps } = this.options
    const { era } = this
    this.keepByThread(claimSentAt)
    this.wakeNoMore = wakeUps.at(claimSentAt + Duration.toMillis(interval) / 2, () => this.startLate(era))
  }

  /** From now on the lease is 30 s at most, and extended every 5 s at least. */
  get drain(): Effect.Effect<void> {
    return Effect.uninterruptible(Effect.gen(this, function*() {
      if (this.isLetGo) {
        return
      }
      this.pace = whileDraining(this.options)
      // The answer to a beat that is under way, for a longer lease, must not move the deadline any more.
      const era = yield* this.stopBeating
      // First this, then the write: it may land although no answer comes.
      this.lowerDeadline(this.pace.leaseFor)
      const now = this.options.now()
      this.keepByThread(now)
      this.start(now, era)
    }))
  }

  /**
   * Readies the lease for ending in 5 s, without waiting for anything: lowers the
   * deadline and stops the heartbeat. Answers the extension that makes it so in
   * the store; none for a lease that nothing may be written under.
   */
  get cut(): Effect.Effect<Option.Option<{ readonly lease: Lease; readonly leaseFor: number }>> {
    return Effect.sync(() => {
      if (this.isLetGo || this.deadline <= this.options.now()) {
        return Option.none()
      }
      const leaseFor = Math.min(this.pace.leaseFor, crashLease)
      // As in a drain, but nobody can wait here.
      this.callOff()
      this.heart?.unsafeInterruptAsFork(FiberId.none)
      this.lowerDeadline(leaseFor)
      this.cutTo = this.until
      return Option.some({ lease: this.options.job.lease, leaseFor })
    })
  }

  /** Resumes the heartbeat after a cut. */
  get resume(): Effect.Effect<void> {
    return Effect.uninterruptible(Effect.gen(this, function*() {
      if (this.isLetGo) {
        return
      }
      const era = yield* this.stopBeating
      // The answer to a beat that was under way may have come in between.
      this.until = Math.min(this.until, this.cutTo)
      const from = this.options.now() + Duration.toMillis(resumesAfter)
      // As if a heartbeat had been due then: the shortened lease lasts for less than the thread waits otherwise.
      this.keepByThread(from - overdueAfter * Duration.toMillis(this.pace.interval))
      this.start(from, era)
    }))
  }

  /** Ends the heartbeat before its attempt does, so that the lease runs out. */
  get letGo(): Effect.Effect<void> {
    return Effect.suspend(() => {
      this.isLetGo = true
      this.leaveToHeart()
      this.callOff()
      return this.heart === undefined ? Effect.void : Fiber.interruptFork(this.heart)
    })
  }

  /** Stops keeping the lease. Answers what ends the heartbeat, if it has begun. */
  end(): Effect.Effect<void> | undefined {
    this.hasEnded = true
    this.leaveToHeart()
    this.callOff()
    return this.heart === undefined ? undefined : Scope.close(this.options.scope, Exit.void)
  }

  /** Starts the heart, whose first beat is due soon. */
  private startLate(era: number): void {
    // Counted as the deadline is: a claim that was answered late leaves less time for the first beat.
    const { claimSentAt, interval } = this.options
    this.start(claimSentAt + Duration.toMillis(interval), era)
  }

  /** Beats from the monotonic millisecond `from` on, and tells the handler to stop at the deadline. */
  private start(from: number, era: number): void {
    if (this.era !== era || this.hasEnded) return
    const { forkHeart, wakeUps } = this.options
    const waits = waitUntil(wakeUps.at, () => from)
    this.heart = forkHeart(this.unlessOver(Effect.zipRight(waits, this.beating(this.pace))))
    this.watch()
  }

  private watch(): void {
    this.wakeNoMore = this.options.wakeUps.at(this.deadline, () => {
      if (this.deadline > this.options.now()) {
        // A beat may have found the deadline passed, before the thread's last extension was known.
        const hasStopped = this.heart !== undefined && this.heart.unsafePoll() !== null && !this.isLost
        return hasStopped ? this.start(this.options.now(), this.era) : this.watch()
      }
      // A beat that is under way could still move the deadline.
      this.heart?.unsafeInterruptAsFork(FiberId.none)
      this.options.fork(this.options.stop(StopReason.DeadlinePassed()))
    })
  }

  /**
   * A fiber registers with its scope in its own first steps. If the scope is closed
   * by then, nothing interrupts the fiber, not even its sleep.
   */
  private unlessOver<A, E>(effect: Effect.Effect<A, E>): Effect.Effect<A | void, E> {
    return Effect.suspend(() => this.hasEnded || this.isLetGo ? Effect.void : effect)
  }

  /** Answers the era that begins. */
  private callOff(): number {
    this.wakeNoMore()
    return ++this.era
  }

  /** Answers the era in which the heart may start again. */
  private get stopBeating(): Effect.Effect<number> {
    return Effect.suspend(() => {
      const era = this.callOff()
      return this.heart === undefined ? Effect.succeed(era) : Effect.as(Fiber.interrupt(this.heart), era)
    })
  }

  /**
   * From now on the thread extends the lease for no longer either. What it has under way does not count: it may still
   * land, and the row then holds for longer than this says, until the next beat.
   */
  private lowerDeadline(leaseFor: number): void {
    this.until = Math.min(this.deadline, this.options.now() + holdsFor({ leaseFor }))
    this.leaveToHeart()
  }

  /** Has the thread extend the lease when no beat follows the one that was sent at this instant. */
  private keepByThread(sentAt: number): void {
    const { job, keptByThread, stallLimit } = this.options
    this.leaveToHeart()
    if (keptByThread === undefined || this.hasEnded) return
    const { interval, leaseFor } = this.pace
    this.byThread = keptByThread.keep(job.lease, {
      sentAt,
      leaseFor,
      interval: Duration.toMillis(interval),
      holdsFor: holdsFor(this.pace),
      deadline: this.until,
      stallLimit
    })
  }

  private leaveToHeart(): void {
    this.byThread?.letGo()
    this.byThread = undefined
  }

  private beating(pace: Pace): Effect.Effect<void> {
    const beats = Effect.repeat(this.beat(pace), Schedule.spaced(pace.interval))
    return Effect.catchAll(beats, () => Effect.void)
  }

  /** Fails once the lease is gone for good. An extension that fails is tried again until then. */
  private beat(pace: Pace): Effect.Effect<void, Gone> {
    const { events, extend, job, now } = this.options
    const mayTake = beatMayTake(pace.interval)
    return Effect.withFiberRuntime((fiber) => {
      const sentAt = now()
      // Nothing will be written under this lease, so it must not be made to last longer.
      if (this.deadline <= sentAt) return gone
      updateNow(
        fiber,
        latenessOf(job.kind),
        Math.max(0, sentAt - this.lastSentAt - Duration.toMillis(pace.interval)) / 1000
      )
      this.lastSentAt = sentAt
      // What is not written by the deadline must not be written any more.
      const answerBy = Math.min(sentAt + Duration.toMillis(mayTake), this.deadline)
      return Effect.matchEffect(extend({ lease: job.lease, leaseFor: pace.leaseFor }, answerBy), {
        onFailure: (error) =>
          events.publish(JobEvent.HeartbeatFailed({ error, ...factsOf(job) })).pipe(
            Effect.zipRight(Effect.sleep(mayTake)),
            Effect.zipRight(this.beat(pace))
          ),
        onSuccess: (answer) => this.answered(answer, sentAt, sentAt + holdsFor(pace))
      })
    })
  }

  /** Takes the answer to an extension, which holds until the monotonic millisecond `until`. */
  private answered(
    answer: Either.Either<Extended, LeaseLost>,
    sentAt: number,
    until: number
  ): Effect.Effect<void, Gone> {
    const { events, job, stop } = this.options
    if (Either.isLeft(answer)) {
      this.isLost = true
      return Effect.zipRight(stop(StopReason.LeaseLost()), gone)
    }
    const { cancelRequested, lease: { lockedUntil } } = answer.right
    this.until = Math.max(this.until, until)
    this.byThread?.extended(sentAt, this.until)
    const told = events.publish(JobEvent.Extended({ lockedUntil, ...factsOf(job) }))
    return cancelRequested ? Effect.zipRight(stop(StopReason.Cancelled()), told) : told
  }
}

/** Ends the beating: the lease is another's, or its deadline has passed. */
type Gone = "gone"

const gone: Effect.Effect<never, Gone> = Effect.fail("gone")

const latenessOf = memoized((kind: string) => labelled(metrics.heartbeatLateness, { kind }))
