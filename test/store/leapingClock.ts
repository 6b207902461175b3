import { Clock, Duration, Effect } from "effect"

/** A clock on which a sleep is over at once, and has taken its time: for waits of many short steps. */
export const leapingClock = Effect.map(Effect.clock, (clock) => {
  let nanos = 0n
  const millis = () => Number(nanos) / 1e6
  const leaping: Clock.Clock = {
    ...clock,
    [Clock.ClockTypeId]: Clock.ClockTypeId,
    unsafeCurrentTimeMillis: millis,
    unsafeCurrentTimeNanos: () => nanos,
    currentTimeMillis: Effect.sync(millis),
    currentTimeNanos: Effect.sync(() => nanos),
    sleep: (duration) =>
      Effect.zipRight(
        Effect.sync(() => void (nanos += Duration.unsafeToNanos(duration))),
        Effect.yieldNow()
      )
  }
  return { by: Effect.withClock(leaping), millis }
})
