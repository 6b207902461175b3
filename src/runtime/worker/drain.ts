import { Deferred, Duration, Effect, Fiber, Option } from "effect"
import { StopReason } from "../../domain/Outcome.ts"
import * as log from "../telemetry/workerLog.ts"
import { monotonicMillis } from "../../platform/monotonic.ts"
import type { Slots } from "./Slots.ts"
import type { WorkerRow } from "./workerRow.ts"

/** The longest that a worker takes to end after its grace. */
const endsAfterGrace = Duration.seconds(10)

/** The longest wait for the deletion of the worker's row once the grace is over, when the program may exit soon. */
const lateForgetMayTake = Duration.millis(500)

/** The two steps in which a worker is told to end. */
export interface Shutdown {
  /** The worker claims nothing more, and its running jobs have the grace to end in. */
  readonly began: Deferred.Deferred<void>
  /** The jobs that still run are interrupted and handed back. */
  readonly graceOver: Deferred.Deferred<void>
}

/** A shutdown that has not begun. */
export const makeShutdown: Effect.Effect<Shutdown> = Effect.all({
  began: Deferred.make<void>(),
  graceOver: Deferred.make<void>()
})

/**
 * Lets running jobs end for the grace, then interrupts them; each is handed back
 * once its fiber has ended. What has not ended 10 s after the grace is left
 * behind, named in the log, and its lease runs out.
 *
 * At the end the worker's row is deleted, unless jobs are left behind: people should
 * see such a worker die. The end waits for that within the grace, but for half a second
 * also where that is shorter or over; then it gives the deletion up.
 */
export const drain = (
  slots: Slots,
  row: WorkerRow,
  grace: Duration.Duration,
  { began, graceOver }: Shutdown
): Effect.Effect<void> =>
  Effect.gen(function*() {
    yield* Deferred.succeed(began, undefined)
    let waitsFor = Duration.max(grace, lateForgetMayTake)
    if (slots.isBusy) {
      const { size } = slots
      yield* slots.drain
      yield* row.beatNow
      yield* log.draining(size, grace)
      yield* endsWithin(Effect.raceFirst(slots.ended, Deferred.await(graceOver)), grace)
      const isOver = slots.isBusy
      const graceOverAt = yield* monotonicMillis
      yield* slots.stopAll(StopReason.Shutdown())
      if (isOver) yield* Deferred.succeed(graceOver, undefined)
      if (!(yield* endsWithin(slots.ended, endsAfterGrace))) yield* slots.leaveBehind
      const took = Duration.millis((yield* monotonicMillis) - graceOverAt)
      waitsFor = Duration.min(waitsFor, Duration.subtract(endsAfterGrace, took))
    }
    // Without time for an answer it is not sent: to interrupt it closes a connection of the pool.
    if (!slots.isBusy && Duration.toMillis(waitsFor) > 0) {
      const isLate = Effect.zipRight(Deferred.await(graceOver), Effect.sleep(lateForgetMayTake))
      yield* endsWithin(Effect.raceFirst(row.forget, isLate), waitsFor)
    }
    yield* log.workerStopped
  })

/** Waits for at most `duration`, also where nothing can be interrupted. Answers whether the effect has ended. */
const endsWithin = (effect: Effect.Effect<void>, duration: Duration.Duration): Effect.Effect<boolean> =>
  effect.pipe(
    Effect.timeoutOption(duration),
    Effect.map(Option.isSome),
    Effect.interruptible,
    Effect.forkDaemon,
    Effect.flatMap(Fiber.join)
  )
