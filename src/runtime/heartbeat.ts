import type { Scope } from "effect"
import { Duration, Effect, Either, Fiber, Ref, Schedule } from "effect"
import { StopReason } from "../domain/Outcome.ts"
import type { ClaimedJob } from "../store/JobStore.ts"
import { JobStore } from "../store/JobStore.ts"
import * as events from "./events.ts"
import { monotonicMillis } from "./monotonic.ts"

/** The last part of a lease is there for the handler to stop in: a quarter of it, and at most 30 s. */
export const deadlineMargin = (leaseFor: number) => Math.min(30_000, leaseFor / 4)

/** A beat that fails is over and tried again before the deadline, even where the interval is nearly half the lease. */
export const beatMayTake = (interval: Duration.Duration) => Duration.times(interval, 1 / 4)

/** A lease that is being kept. */
export interface KeptLease {
  /** The monotonic millisecond at which the handler is told to stop, unless a heartbeat gets through before. */
  readonly deadline: Effect.Effect<number>
  /** Ends the heartbeat before its scope does, so that the lease runs out. */
  readonly letGo: Effect.Effect<void>
}

/**
 * Keeps the lease of one attempt until the scope closes, however it closes.
 *
 * One fiber extends the lease every `interval`; another tells the handler to
 * stop when the lease is gone or no extension came through in time. The time
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
}): Effect.Effect<KeptLease, never, JobStore | Scope.Scope> =>
  Effect.gen(function*() {
    const { interval, job, leaseFor, stop } = options
    const store = yield* JobStore
    const holdsFor = leaseFor - deadlineMargin(leaseFor)
    const mayTake = beatMayTake(interval)
    const deadline = yield* Ref.make(options.claimSentAt + holdsFor)
    const lastSentAt = yield* Ref.make(options.claimSentAt)

    /** Answers whether the lease is gone for good. */
    const beat = Effect.gen(function*() {
      const sentAt = yield* monotonicMillis
      // Nothing will be written under this lease, so it must not be made to last longer.
      if ((yield* Ref.get(deadline)) <= sentAt) return true
      const before = yield* Ref.getAndSet(lastSentAt, sentAt)
      yield* events.heartbeat(job.kind, sentAt - before - Duration.toMillis(interval))
      const [answer] = yield* store.extend([{ lease: job.lease, leaseFor }])
      if (answer === undefined || Either.isLeft(answer)) {
        yield* stop(StopReason.LeaseLost())
        return true
      }
      yield* Ref.update(deadline, (known) => Math.max(known, sentAt + holdsFor))
      if (answer.right.cancelRequested) yield* stop(StopReason.Cancelled())
      return false
    }).pipe(
      // An answer that never comes must not hold up the next beat, whatever in it cannot be interrupted.
      Effect.disconnect,
      Effect.timeout(mayTake),
      Effect.catchAllDefect(Effect.fail),
      Effect.tapError((error) => events.heartbeatFailed(job.kind, error)),
      Effect.retry(Schedule.spaced(mayTake))
    )

    // Counted as the deadline is: a claim that was answered late leaves less time for the first beat.
    const firstAt = options.claimSentAt + Duration.toMillis(interval)
    const heart = yield* beat.pipe(
      Effect.repeat({ schedule: Schedule.spaced(interval), until: (gone) => gone }),
      Effect.delay(Math.max(0, firstAt - (yield* monotonicMillis))),
      Effect.forkScoped
    )

    yield* Effect.gen(function*() {
      while (true) {
        const left = (yield* Ref.get(deadline)) - (yield* monotonicMillis)
        if (left <= 0) {
          // One that is under way may still move the deadline, and would go on.
          yield* Fiber.interruptFork(heart)
          return yield* stop(StopReason.DeadlinePassed())
        }
        // A process that is stopped here sets its timer late, so none is set further ahead than to the next beat.
        yield* Effect.sleep(Duration.min(left, interval))
      }
    }).pipe(Effect.forkScoped)

    return {
      deadline: Ref.get(deadline),
      letGo: Fiber.interruptFork(heart)
    }
  })
