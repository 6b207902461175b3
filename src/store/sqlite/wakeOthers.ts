import type * as SqlClient from "@effect/sql/SqlClient"
import { Clock, Effect, LogLevel, Option, Queue, RcRef } from "effect"
import type { Scope } from "effect"
import { line } from "../../platform/line.ts"
import type { JobSignals } from "../JobSignals.ts"
import { holdingConnection } from "./connection.ts"
import type { WakeFile } from "./wakeFile.ts"
import { WakeFiles } from "./wakeFile.ts"

/**
 * The signals of a store, which also wake the workers of other processes on the
 * same database file, and whose listeners are woken by theirs.
 *
 * A worker hears of each touch of the wake file, its own process's too. So it asks
 * SQLite whether another connection has committed since it last asked
 * (`data_version`), and looks for jobs only then.
 */
export const wakeOthers = (
  signals: JobSignals,
  /** Wakes the listeners of this store alone. */
  wakeOurs: Effect.Effect<void>,
  sql: SqlClient.SqlClient,
  /** The path of the database file. */
  database: string
): Effect.Effect<JobSignals, never, Scope.Scope> =>
  Effect.gen(function*() {
    const file = (yield* WakeFiles)(database)
    if (Option.isNone(file)) return signals
    const touch = touching(file.value)
    // Interrupted half-way, it would never be closed.
    const watching = yield* RcRef.make({ acquire: Effect.uninterruptible(watch(file.value, wakeOurs, sql)) })
    return {
      listen: (listener) => Effect.zipRight(RcRef.get(watching), signals.listen(listener)),
      wake: Effect.zipRight(signals.wake, touch),
      cancel: signals.cancel
    }
  })

/** Touches the file, which is a system call, once for all who ask before the fibers that are ready now have run. */
const touching = (file: WakeFile): Effect.Effect<void> => {
  let isAsked = false
  let failure: Option.Option<unknown> = Option.none()
  let isTold = false
  const touch = (now: number) => {
    isAsked = false
    try {
      file.touch(now)
    } catch (error) {
      failure = Option.some(error)
    }
  }
  return Effect.flatMap(Clock.currentTimeMillis, (now) => {
    if (!isAsked) {
      isAsked = true
      void Promise.resolve(now).then(touch)
    }
    if (isTold || Option.isNone(failure)) return Effect.void
    isTold = true
    return line(
      LogLevel.Warning,
      "Cannot touch the wake file; workers of other processes find jobs at their next poll",
      { error: String(failure.value) }
    )
  })
}

/** Wakes the listeners of a store when another process may have enqueued, until the scope closes. Waits for nothing. */
const watch = (file: WakeFile, wake: Effect.Effect<void>, sql: SqlClient.SqlClient) =>
  Effect.gen(function*() {
    // One place is enough: a touch says "look again", however often it is said.
    const touched = yield* Queue.sliding<void>(1)
    const failed = yield* Queue.sliding<unknown>(1)
    const notWatching = (error: unknown) =>
      line(LogLevel.Warning, "Cannot watch the wake file; jobs of other processes start at the next poll", {
        error: String(error)
      })
    yield* Effect.acquireRelease(
      Effect.try(() => file.watch({ hear: () => touched.unsafeOffer(), failed: (error) => failed.unsafeOffer(error) })),
      ({ close }) => Effect.sync(close)
    ).pipe(Effect.catchAll(({ error }) => notWatching(error)))

    const commitsOfOthers = holdingConnection(sql)((connection) => connection.executeValues("PRAGMA data_version", []))
      .pipe(Effect.map(([row]) => row?.[0]), Effect.orElseSucceed(() => undefined))
    // Not asked for yet, so that the first touch is always followed by a look.
    let seen: unknown
    const look = Effect.flatMap(commitsOfOthers, (now) => {
      if (now === seen) return Effect.void
      seen = now
      return wake
    })
    yield* Effect.forkScoped(Effect.interruptible(Effect.forever(Effect.zipRight(Queue.take(touched), look))))
    yield* Effect.forkScoped(Effect.interruptible(Effect.forever(Effect.flatMap(Queue.take(failed), notWatching))))
  })
