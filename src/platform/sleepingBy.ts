import type { Duration, Effect } from "effect"
import { Clock } from "effect"

/** A clock that tells the time of another, and sleeps in its own way. */
export const sleepingBy = (
  clock: Clock.Clock,
  sleep: (duration: Duration.Duration) => Effect.Effect<void>
): Clock.Clock => ({
  [Clock.ClockTypeId]: Clock.ClockTypeId,
  unsafeCurrentTimeMillis: () => clock.unsafeCurrentTimeMillis(),
  unsafeCurrentTimeNanos: () => clock.unsafeCurrentTimeNanos(),
  currentTimeMillis: clock.currentTimeMillis,
  currentTimeNanos: clock.currentTimeNanos,
  sleep
})
