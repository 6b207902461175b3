import type * as SqlClient from "@effect/sql/SqlClient"
import { Duration, Effect, Option, Schedule, ScheduleDecision, ScheduleInterval } from "effect"
import { StoreError } from "../../domain/errors.ts"
import { spanOf } from "../../domain/spanOf.ts"
import { monotonicNanos } from "../../platform/monotonic.ts"
import { sharedByCopies } from "./sharedByCopies.ts"

/** Identifies a client: everything that wraps one keeps its `reserve`. */
type Client = Pick<SqlClient.SqlClient, "reserve">

/** Longer than the longest wait of 24 processes that write all the time with commits of 300 ms: some 22 s. */
const defaultBusyTimeout = Duration.seconds(30)

const busyTimeouts = sharedByCopies<Client["reserve"], Duration.Duration>("holdfast/store/busyTimeouts")

/** Sets how long statements of the client wait for a lock that another process holds. */
export const setBusyTimeout = (client: Client, busyTimeout: Duration.Duration): void =>
  void busyTimeouts.set(client.reserve, busyTimeout)

/** The option as a span, with its default. */
export const readBusyTimeout = (
  given: Duration.DurationInput | undefined
): Effect.Effect<Duration.Duration, StoreError> =>
  given === undefined ? Effect.succeed(defaultBusyTimeout) : Option.match(spanOf(given), {
    onSome: Effect.succeed,
    onNone: () =>
      new StoreError({
        operation: "open",
        cause: new Error(`busyTimeout: got ${String(given)}; expected a duration of 0 or more`)
      })
  })

/** The schedule by which a statement of the client that found a lock held is tried again. */
export const untilFree = ({ reserve }: Client): Schedule.Schedule<void> =>
  triesFor(busyTimeouts.get(reserve) ?? defaultBusyTimeout)

/**
 * Tries again after 2 ms, then after longer and longer pauses of up to 100 ms.
 * After a second of waiting it tries more often again: every 10 ms after 10 s, and
 * soon every 4 ms. SQLite's lock has no queue, so this makes those that have waited
 * longest likely to get it first.
 */
export const triesFor = (busyTimeout: Duration.Duration): Schedule.Schedule<void> =>
  Schedule.makeWithState(
    { began: Option.none<bigint>(), delay: 2 },
    (wall, _, { began, delay }) =>
      Effect.map(monotonicNanos, (now) => {
        const since = Option.getOrElse(began, () => now)
        const waited = Duration.nanos(now - since)
        if (Duration.greaterThanOrEqualTo(waited, busyTimeout)) {
          return [{ began, delay }, undefined, ScheduleDecision.done]
        }
        const millis = Duration.toMillis(waited)
        const interval = ScheduleInterval.after(wall + (millis < 1000 ? delay : afterLong(millis)))
        const state = { began: Option.some(since), delay: Math.min(100, delay * 1.5) }
        return [state, undefined, ScheduleDecision.continueWith(interval)]
      })
  ).pipe(Schedule.jittered)

const afterLong = (waited: number) => Math.max(4, (100_000 / waited) * Math.min(1, 10_000 / waited))
