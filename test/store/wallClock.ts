import { Clock, Effect } from "effect"

/**
 * The test's clock with a wall clock that can be set: `set(ahead)` makes it show
 * that many milliseconds more than have passed on the monotonic one.
 */
export const wallClock = Effect.map(Effect.clock, (clock) => {
  let ahead = 0
  const wall = () => clock.unsafeCurrentTimeMillis() + ahead
  const skewed: Clock.Clock = {
    [Clock.ClockTypeId]: Clock.ClockTypeId,
    unsafeCurrentTimeMillis: wall,
    unsafeCurrentTimeNanos: () => clock.unsafeCurrentTimeNanos(),
    currentTimeMillis: Effect.sync(wall),
    currentTimeNanos: clock.currentTimeNanos,
    sleep: (duration) => clock.sleep(duration)
  }
  return { by: Effect.withClock(skewed), set: (millis: number) => Effect.sync(() => void (ahead = millis)) }
})
