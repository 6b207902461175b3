import { Duration, Effect, Either, Exit, Fiber, FiberId, Option, Schedule, Scope } from "effect"
import { JobEvent } from "../../domain/JobEvent.ts"
import type { Lease } from "../../domain/Lease.ts"
import { StopReason } from "../../domain/Outcome.ts"
import type { JobEvents } from "../../store/JobEvents.ts"
import type { ClaimedJob } from "../../store/JobStore.ts"
import { factsOf } from "../telemetry/jobEvents.ts"
import { heartbeatSent } from "../telemetry/workerLog.ts"
import { monotonicMillis } from "../../platform/monotonic.ts"
import type { Extend } from "./beats.ts"
import type { LateHearts } from "./lateHearts.ts"

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
  readonly interval: Duration.Duration
  /** Monotonic milliseconds, read before the claim was sent. */
  readonly claimSentAt: number
  readonly stop: (reason: StopReason) => Effect.Effect<void>
  readonly lateHearts: LateHearts
  readonly extend: Extend
  readonly events: JobEvents
  /** Starts a fiber of the attempt, which ends with the scope, if there is one, at the latest. */
  readonly fork: <A, E>(effect: Effect.Effect<A, E>, scope?: Scope.Scope) => Fiber.RuntimeFiber<A, E>
}

/**
 * The lease of one attempt, which is kept from `keep` to `end`. Most end before
 * their heart starts, so what only the heart needs is made with it.
 *
 * One fiber extends the lease every `interval`; another tells the handler to stop
 * when the lease is gone or no extension came through in time. Both start half an
 * interval after the claim, when most jobs have ended, in a scope that closes with
 * the job. The time that counts is read before a claim or extension is sent: the
 * lease it buys starts later, so the deadline errs to the early side.
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
  /** Raised each time the beating is stopped. A start belongs to an era, and starts nothing once that is over. */
  private era = 0
  private scope: Scope.CloseableScope | undefined
  private heart: Fiber.RuntimeFiber<unknown, unknown> | undefined
  private watch: Fiber.RuntimeFiber<unknown, unknown> | undefined
  /** Calls off the late start. */
  private notLate: () => void = () => {}

  constructor(options: LeaseToKeep) {
    this.options = options
    this.pace = options
    this.until = options.claimSentAt + holdsFor(options)
    this.lastSentAt = options.claimSentAt
  }

  /** The monotonic millisecond at which the handler is told to stop, unless a heartbeat gets through before. */
  get deadline(): number {
    return this.until
  }

  /** Begins to keep the lease, at the monotonic millisecond `now`. */
  keep(now: number): void {
    const { claimSentAt, fork, lateHearts } = this.options
    const notLate = lateHearts.add(claimSentAt, this.startLate, now)
    if (notLate === undefined) fork(this.startLate)
    else this.notLate = notLate
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
      yield* this.lowerDeadline(this.pace.leaseFor)
      yield* this.start(Duration.zero, era)
    }))
  }

  /**
   * Readies the lease for ending in 5 s, without waiting for anything: lowers the
   * deadline and stops the heartbeat. Answers the extension that makes it so in
   * the store; none for a lease that nothing may be written under.
   */
  get cut(): Effect.Effect<Option.Option<{ readonly lease: Lease; readonly leaseFor: number }>> {
    return Effect.gen(this, function*() {
      if (this.isLetGo || this.until <= (yield* monotonicMillis)) {
        return Option.none()
      }
      const leaseFor = Math.min(this.pace.leaseFor, crashLease)
      // As in a drain, but nobody can wait here.
      this.callOff()
      this.heart?.unsafeInterruptAsFork(FiberId.none)
      this.watch?.unsafeInterruptAsFork(FiberId.none)
      yield* this.lowerDeadline(leaseFor)
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
      yield* this.start(resumesAfter, era)
    }))
  }

  /** Ends the heartbeat before its attempt does, so that the lease runs out. */
  get letGo(): Effect.Effect<void> {
    return Effect.suspend(() => {
      this.isLetGo = true
      this.callOff()
      return this.heart === undefined ? Effect.void : Fiber.interruptFork(this.heart)
    })
  }

  /** Stops keeping the lease. Answers what ends the heartbeat, if it has begun. */
  end(): Effect.Effect<void> | undefined {
    this.hasEnded = true
    this.callOff()
    return this.scope === undefined ? undefined : Scope.close(this.scope, Exit.void)
  }

  /** Starts the heart, whose first beat is due soon. */
  get startLate(): Effect.Effect<void> {
    // Counted as the deadline is: a claim that was answered late leaves less time for the first beat.
    const firstAt = this.options.claimSentAt + Duration.toMillis(this.options.interval)
    return Effect.flatMap(monotonicMillis, (now) => this.start(Math.max(0, firstAt - now), 0))
  }

  private start(delay: Duration.DurationInput, era: number): Effect.Effect<void> {
    return Effect.gen(this, function*() {
      // Made before it is looked for: the heart of another start must not lose the scope that it is in.
      const scope = yield* Scope.make()
      if (this.era !== era) {
        return
      }
      this.scope ??= scope
      this.heart = this.options.fork(Effect.delay(this.beating(this.pace), delay), this.scope)
      this.watch = this.options.fork(this.unlessOver(this.watching(this.pace)), this.scope)
    })
  }

  /**
   * A fiber registers with its scope in its own first steps, and may find it
   * closed: then nothing would end the fiber.
   */
  private unlessOver<A, E>(effect: Effect.Effect<A, E>): Effect.Effect<A | void, E> {
    return Effect.suspend(() => this.hasEnded || this.isLetGo ? Effect.void : effect)
  }

  /** Answers the era that begins. */
  private callOff(): number {
    this.notLate()
    return ++this.era
  }

  /** Answers the era in which the heart may start again. */
  private get stopBeating(): Effect.Effect<number> {
    return Effect.suspend(() => {
      const era = this.callOff()
      return Effect.as(Fiber.interruptAll([this.heart, this.watch].filter((fiber) => fiber !== undefined)), era)
    })
  }

  private lowerDeadline(leaseFor: number) {
    return Effect.map(
      monotonicMillis,
      (now) => void (this.until = Math.min(this.until, now + holdsFor({ leaseFor })))
    )
  }

  private beating(pace: Pace) {
    return this.unlessOver(
      Effect.repeat(this.beat(pace), { schedule: Schedule.spaced(pace.interval), until: (gone) => gone })
    )
  }

  /** Answers true once the lease is gone for good. */
  private beat(pace: Pace) {
    const { events, job, stop } = this.options
    const mayTake = beatMayTake(pace.interval)
    const extend = Effect.gen(this, function*() {
      const sentAt = yield* monotonicMillis
      // Nothing will be written under this lease, so it must not be made to last longer.
      if (this.until <= sentAt) return true
      const before = this.lastSentAt
      this.lastSentAt = sentAt
      yield* heartbeatSent(job.kind, sentAt - before - Duration.toMillis(pace.interval))
      // What is not written by the deadline must not be written any more.
      const answerBy = Math.min(sentAt + Duration.toMillis(mayTake), this.until)
      const answer = yield* this.options.extend({ lease: job.lease, leaseFor: pace.leaseFor }, answerBy)
      if (Either.isLeft(answer)) {
        yield* stop(StopReason.LeaseLost())
        return true
      }
      this.until = Math.max(this.until, sentAt + holdsFor(pace))
      if (answer.right.cancelRequested) yield* stop(StopReason.Cancelled())
      const { lockedUntil } = answer.right.lease
      yield* events.publish(JobEvent.Extended({ lockedUntil, ...factsOf(job) }))
      return false
    })
    return extend.pipe(
      Effect.tapError((error) => events.publish(JobEvent.HeartbeatFailed({ error, ...factsOf(job) }))),
      Effect.retry(Schedule.spaced(mayTake))
    )
  }

  private watching({ interval }: Pace) {
    return Effect.gen(this, function*() {
      while (true) {
        const left = this.until - (yield* monotonicMillis)
        if (left <= 0) {
          // A beat that is under way could still move the deadline.
          if (this.heart !== undefined) yield* Fiber.interruptFork(this.heart)
          return yield* this.options.stop(StopReason.DeadlinePassed())
        }
        // A process that is stopped here sets its timer late, so none is set further ahead than to the next beat.
        yield* Effect.sleep(Duration.min(left, interval))
      }
    })
  }
}
