import type { Duration, TestClock } from "effect"
import { Chunk, Clock, Effect, Option } from "effect"

/**
 * Moves the test's clock on, and lets everything that is due by then happen, in
 * its order: claims, heartbeats, backoffs, timeouts. `advance(0)` lets happen
 * what can happen now. Needs Effect's TestClock, which `it.effect` brings.
 */
export const advance = (duration: Duration.DurationInput): Effect.Effect<void> =>
  Effect.flatMap(testClock, (clock) => clock.adjust(duration))

/** The same up to an instant in epoch milliseconds. */
export const advanceTo = (instant: number): Effect.Effect<void> =>
  Effect.flatMap(testClock, (clock) => clock.setTime(instant))

/** The next instant, in epoch milliseconds, that anything waits for; none on a clock that moves by itself. */
export const nextTimer: Effect.Effect<Option.Option<number>> = Effect.gen(function*() {
  const clock = yield* Effect.clock
  if (!isTestClock(clock)) return Option.none()
  const instants = Chunk.toReadonlyArray(yield* clock.sleeps).filter(Number.isFinite)
  return instants.length === 0 ? Option.none() : Option.some(Math.min(...instants))
})

/** Runs the effect by the time of the real world. */
export const inRealTime = Effect.withClock(Clock.make())

const isTestClock = (clock: Clock.Clock): clock is TestClock.TestClock => "adjust" in clock && "sleeps" in clock

const testClock = Effect.filterOrDieMessage(
  Effect.clock,
  isTestClock,
  "The clock of this test moves by itself: run it with it.effect, or provide TestContext"
)
