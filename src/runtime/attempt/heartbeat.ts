import type { Scope } from "effect"
import { Duration, Effect, Either, Fiber, FiberId, Option, Ref, Schedule } from "effect"
import { JobEvent } from "../../domain/JobEvent.ts"
import type { Lease } from "../../domain/Lease.ts"
import { StopReason } from "../../domain/Outcome.ts"
import type { ClaimedJob } from "../../store/JobStore.ts"
import { JobStore, only } from "../../store/JobStore.ts"
import { factsOf } from "../telemetry/jobEvents.ts"
import { heartbeatSent } from "../telemetry/workerLog.ts"
import { monotonicMillis } from "../../platform/monotonic.ts"
import type { LateHearts } from "./lateHearts.ts"

/** The last part of a lease is there for the handler to stop in: a quarter of it, and at most 30 s. */
export const deadlineMargin = (leaseFor: number) => Math.min(30_000, leaseFor / 4)

/** A beat that fails is over and tried again before the deadline, even where the interval is nearly half the lease. */
export const beatMayTake = (interval: Duration.Duration) => Duration.times(interval, 1 / 4)

/** How often a lease is extended, and for how many milliseconds each time. */
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

/** When a process that goes on after a crash extends its leases again: while the shortened ones last. */
export const resumesAfter = Duration.millis(2_500)

/** The milliseconds from before a claim or an extension is sent to the deadline it buys. */
const holdsFor = ({ leaseFor }: Pick<Pace, "leaseFor">) => leaseFor - deadlineMargin(leaseFor)

/** A lease that is being kept. */
export interface KeptLease {
  /** The monotonic millisecond at which the handler is told to stop, unless a heartbeat gets through before. */
  readonly deadline: Effect.Effect<number>
  /** From now on the lease is 30 s at most, and extended every 5 s at least. */
  readonly drain: Effect.Effect<void>
  /**
   * Readies the lease for ending in 5 s, without waiting for anything: lowers the
   * deadline and stops the heartbeat. Answers the extension that makes it so in
   * the store; none for a lease that nothing may be written under.
   */
  readonly cut: Effect.Effect<Option.Option<{ readonly lease: Lease; readonly leaseFor: number }>>
  /** Goes on with the heartbeat after a cut. */
  readonly resume: Effect.Effect<void>
  /** Ends the heartbeat before its scope does, so that the lease runs out. */
  readonly letGo: Effect.Effect<void>
}

/**
 * Keeps the lease of one attempt until the scope closes, however it closes.
 *
 * One fiber extends the lease every `interval`; another tells the handler to
 * stop when the lease is gone or no extension came through in time. Both start
 * half an interval after the claim, when most jobs have ended. The time
 * that counts is read before a claim or extension is sent: the lease it buys
 * starts later, so the deadline errs to the early side.
 */
export const keepLease = (options: {
  readonly job: ClaimedJob
  /** Milliseconds. */
  readonly leaseFor: number
  readonly interval: Duration.Duration
  /** Monotonic milliseconds, read before the claim was sent. */
  readonly claimSentAt: number
  readonly stop: (reason: StopReason) => Effect.Effect<void>
  readonly lateHearts: LateHearts
}): Effect.Effect<KeptLease, never, JobStore | Scope.Scope> =>
  Effect.gen(function*() {
    const { claimSentAt, job, stop } = options
    const store = yield* JobStore
    const scope = yield* Effect.scope
    const attempt = yield* Effect.runtime()
    const deadline = yield* Ref.make(claimSentAt + holdsFor(options))
    const lastSentAt = yield* Ref.make(claimSentAt)

    /** Answers whether the lease is gone for good. */
    const beat = (pace: Pace) => {
      const mayTake = beatMayTake(pace.interval)
      return Effect.gen(function*() {
        const sentAt = yield* monotonicMillis
        // Nothing will be written under this lease, so it must not be made to last longer.
        if ((yield* Ref.get(deadline)) <= sentAt) return true
        const before = yield* Ref.getAndSet(lastSentAt, sentAt)
        yield* heartbeatSent(job.kind, sentAt - before - Duration.toMillis(pace.interval))
        const answer = yield* only(store.extend([{ lease: job.lease, leaseFor: pace.leaseFor }]))
        if (Either.isLeft(answer)) {
          yield* stop(StopReason.LeaseLost())
          return true
        }
        yield* Ref.update(deadline, (known) => Math.max(known, sentAt + holdsFor(pace)))
        if (answer.right.cancelRequested) yield* stop(StopReason.Cancelled())
        const { lockedUntil } = answer.right.lease
        yield* store.events.publish(JobEvent.Extended({ ...factsOf(job), lockedUntil }))
        return false
      }).pipe(
        // An answer that never comes must not hold up the next beat, whatever in it cannot be interrupted.
        Effect.disconnect,
        Effect.timeout(mayTake),
        Effect.catchAllDefect(Effect.fail),
        Effect.tapError((error) => store.events.publish(JobEvent.HeartbeatFailed({ ...factsOf(job), error }))),
        Effect.retry(Schedule.spaced(mayTake))
      )
    }

    const beating = (pace: Pace) =>
      Effect.repeat(beat(pace), { schedule: Schedule.spaced(pace.interval), until: (gone) => gone })

    const watching = ({ interval }: Pace) =>
      Effect.gen(function*() {
        while (true) {
          const left = (yield* Ref.get(deadline)) - (yield* monotonicMillis)
          if (left <= 0) {
            // One that is under way may still move the deadline, and would go on.
            if (heart !== undefined) yield* Fiber.interruptFork(heart)
            return yield* stop(StopReason.DeadlinePassed())
          }
          // A process that is stopped here sets its timer late, so none is set further ahead than to the next beat.
          yield* Effect.sleep(Duration.min(left, interval))
        }
      })

    let isLetGo = false
    let pace: Pace = options
    let cutTo = Infinity
    let heart: Fiber.RuntimeFiber<unknown, unknown> | undefined
    let watch: Fiber.RuntimeFiber<unknown, unknown> | undefined

    const lowerDeadline = (leaseFor: number) =>
      Effect.flatMap(monotonicMillis, (now) =>
        Ref.update(deadline, (known) => Math.min(known, now + holdsFor({ leaseFor }))))

    /** Raised by whatever stops the beating, so that a start which is under way then starts nothing. */
    let era = 0
    const start = (delay: Duration.DurationInput) =>
      Effect.gen(function*() {
        const startedIn = era
        const newHeart = yield* forkHere(Effect.delay(beating(pace), delay))
        if (era === startedIn) {
          heart = newHeart
        }
        const newWatch = yield* forkHere(watching(pace))
        if (era === startedIn) {
          watch = newWatch
        } else yield* Effect.zipRight(Fiber.interruptFork(newHeart), Fiber.interruptFork(newWatch))
      })
    // Whoever starts them, their lines and spans are the attempt's.
    const forkHere = <A, E>(effect: Effect.Effect<A, E>) =>
      effect.pipe(Effect.interruptible, Effect.provide(attempt), Effect.forkIn(scope))

    // Counted as the deadline is: a claim that was answered late leaves less time for the first beat.
    const firstAt = claimSentAt + Duration.toMillis(options.interval)
    const startLate = Effect.flatMap(monotonicMillis, (now) =>
      start(Math.max(0, firstAt - now)))
    const notLate = yield* options.lateHearts.add(claimSentAt, startLate)
    yield* Effect.addFinalizer(() => Effect.sync(notLate))
    const callOff = () => {
      era++
      notLate()
    }

    const stopBeating = Effect.suspend(() => {
      callOff()
      return Fiber.interruptAll([heart, watch].filter((fiber) => fiber !== undefined))
    })

    const drain = Effect.gen(function*() {
      if (isLetGo) {
        return
      }
      pace = whileDraining(options)
      // The answer to a beat that is under way, for a longer lease, must not move the deadline any more.
      yield* stopBeating
      // First this, then the write: it may land although no answer comes.
      yield* lowerDeadline(pace.leaseFor)
      yield* start(Duration.zero)
    })

    const cut = Effect.gen(function*() {
      if (isLetGo || (yield* Ref.get(deadline)) <= (yield* monotonicMillis)) {
        return Option.none()
      }
      const leaseFor = Math.min(pace.leaseFor, crashLease)
      // As in a drain, but nobody can wait here.
      callOff()
      heart?.unsafeInterruptAsFork(FiberId.none)
      watch?.unsafeInterruptAsFork(FiberId.none)
      yield* lowerDeadline(leaseFor)
      cutTo = yield* Ref.get(deadline)
      return Option.some({ lease: job.lease, leaseFor })
    })

    const resume = Effect.gen(function*() {
      if (isLetGo) {
        return
      }
      yield* stopBeating
      // The answer to a beat that was under way may have come in between.
      yield* Ref.update(deadline, (known) => Math.min(known, cutTo))
      yield* start(resumesAfter)
    })

    return {
      deadline: Ref.get(deadline),
      drain: Effect.uninterruptible(drain),
      cut,
      resume: Effect.uninterruptible(resume),
      letGo: Effect.suspend(() => {
        isLetGo = true
        callOff()
        return heart === undefined ? Effect.void : Fiber.interruptFork(heart)
      })
    }
  })
