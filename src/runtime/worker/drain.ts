import { Deferred, Duration, Effect, Fiber, Option } from "effect"
import { StopReason } from "../../domain/Outcome.ts"
import * as log from "../telemetry/workerLog.ts"
import type { Slots } from "./Slots.ts"

/** The longest that a worker takes to end after its grace. */
const endsAfterGrace = Duration.seconds(10)

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
 */
export const drain = (slots: Slots, grace: Duration.Duration, { began, graceOver }: Shutdown): Effect.Effect<void> =>
  Effect.gen(function*() {
    yield* Deferred.succeed(began, undefined)
    if (slots.isBusy) {
      const { size } = slots
      yield* slots.drain
      yield* log.draining(size, grace)
      yield* endsWithin(Effect.raceFirst(slots.ended, Deferred.await(graceOver)), grace)
      yield* slots.stopAll(StopReason.Shutdown())
      yield* Deferred.succeed(graceOver, undefined)
      if (!(yield* endsWithin(slots.ended, endsAfterGrace))) yield* slots.leaveBehind
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
