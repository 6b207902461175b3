import type * as SqlClient from "@effect/sql/SqlClient"
import type * as SqlConnection from "@effect/sql/SqlConnection"
import * as SqlError from "@effect/sql/SqlError"
import { Duration, Effect, LogLevel, Predicate, RcRef, Runtime, Schedule } from "effect"
import type { Scope } from "effect"
import type { EventEmitter } from "node:events"
import { StoredJobId } from "../../domain/JobId.ts"
import { ClaimMark } from "../../platform/ClaimMark.ts"
import { line } from "../../platform/line.ts"
import { guardTelemetry } from "../guardTelemetry.ts"
import type { JobSignals } from "../JobSignals.ts"
import { makeJobSignals } from "../JobSignals.ts"
import { command } from "../transaction/transactionControl.ts"
import { answeredWithin, answering } from "./answering.ts"
import { withConnection } from "./reserve.ts"
import { quoted } from "./schema.ts"

/** The pause between two probes of the listening connection: one that a network has cut reports nothing. */
const probedEvery = "15 seconds"

/** The pauses before it listens again. */
const again = Schedule.union(Schedule.exponential("100 millis"), Schedule.spaced("5 seconds")).pipe(Schedule.jittered)

/**
 * The signals of a store, which reach the workers of other processes by NOTIFY.
 * One connection of the pool listens while there are workers, and comes back by
 * itself.
 *
 * A wake-up is sent after the commit, and not in the transaction: PostgreSQL lets
 * the transactions that notify commit one after the other, and those of an app
 * would wait in that line. While one is being sent, all that follow are one.
 */
export const makeSignals = (
  client: SqlClient.SqlClient,
  limit: Duration.Duration,
  channel: string
): Effect.Effect<JobSignals, never, Scope.Scope> =>
  Effect.gen(function*() {
    const scope = yield* Effect.scope
    const ours = makeJobSignals()
    const origin = yield* (yield* ClaimMark).draw

    const send = (payload: string) =>
      withConnection(
        client,
        (connection) =>
          answering(connection, limit).execute(
            "SELECT pg_notify($1, $2)",
            [channel, `${origin} ${payload}`],
            undefined
          ),
        Effect.interruptible
      ).pipe(
        Effect.catchAll((error) =>
          line(LogLevel.Debug, "Other processes were not notified; they look at their next poll", {
            error: error.message
          })
        ),
        guardTelemetry
      )

    let isSending = false
    let isAsked = false
    const sendWakes: Effect.Effect<void> = Effect.suspend(() => {
      isAsked = false
      return Effect.flatMap(send("wake"), () => {
        if (isAsked) return sendWakes
        isSending = false
        return Effect.void
      })
    })
    // An interruption before the fork would leave it to nobody.
    const wakeOthers = Effect.uninterruptible(Effect.suspend(() => {
      isAsked = true
      if (isSending) return Effect.void
      isSending = true
      return Effect.asVoid(Effect.forkIn(Effect.interruptible(sendWakes), scope))
    }))

    const hear = (payload: string) => {
      const [from, what, id] = payload.split(" ")
      if (from === origin) return Effect.void
      return what === "cancel" && id !== undefined ? ours.cancel(StoredJobId.make(id)) : ours.wake
    }
    const listening = yield* RcRef.make({
      acquire: Effect.forkScoped(
        Effect.interruptible(guardTelemetry(listen(client, channel, { hear, missed: ours.wake })))
      )
    })
    return {
      listen: (listener) => Effect.zipRight(RcRef.get(listening), ours.listen(listener)),
      wake: Effect.zipRight(ours.wake, wakeOthers),
      cancel: (id) => Effect.zipRight(ours.cancel(id), Effect.asVoid(Effect.forkIn(send(`cancel ${id}`), scope)))
    }
  })

/** Hears what others notify, and after each time that it could not, looks by itself. Never ends. */
const listen = (client: SqlClient.SqlClient, channel: string, heard: Heard): Effect.Effect<never> => {
  const { config } = client as { readonly config?: { readonly maxConnections?: number | undefined } }
  if (config?.maxConnections === 1) {
    return cannot("the pool has one connection, and the one that listens does nothing else")
  }
  let isLost = false
  const back = Effect.suspend(() => {
    const was = isLost
    isLost = false
    return was ? line(LogLevel.Info, "Listening again for jobs of other processes") : Effect.void
  })
  const lost = (error: SqlError.SqlError) =>
    Effect.suspend(() => {
      const was = isLost
      isLost = true
      return was ? Effect.void : warn(
        String(Predicate.hasProperty(error.cause, "message") ? error.cause.message : error.message)
      )
    })
  return withConnection(
    client,
    (connection) => Effect.interruptible(Effect.scoped(listenOn(connection, channel, heard, back))),
    Effect.interruptible
  ).pipe(Effect.tapError(lost), Effect.retry(again)) as Effect.Effect<never>
}

/** Runs `hear` for each notification, and `missed` whenever some may have been missed. */
interface Heard {
  readonly hear: (payload: string) => Effect.Effect<void>
  readonly missed: Effect.Effect<void>
}

/** Listens on a connection until that is lost. */
const listenOn = (
  connection: SqlConnection.Connection,
  channel: string,
  { hear, missed }: Heard,
  begun: Effect.Effect<void>
) =>
  Effect.gen(function*() {
    const { pg } = connection as { readonly pg?: EventEmitter }
    if (pg === undefined) return yield* cannot("its connections are not those of @effect/sql-pg")
    const run = Runtime.runFork(yield* Effect.runtime())
    const notified = ({ payload = "" }: { readonly payload?: string }) => void run(hear(payload))
    yield* Effect.acquireRelease(
      Effect.sync(() => pg.on("notification", notified)),
      () => Effect.sync(() => pg.off("notification", notified))
    )
    // It listens, or is dead without a word: the pool is to hand it out to nobody, and so it hears of an error.
    yield* Effect.addFinalizer(() => Effect.sync(() => pg.emit("error", new Error("it has listened"))))
    yield* inTime(command(connection, `LISTEN ${quoted(channel)}`))
    yield* begun
    yield* missed
    return yield* Effect.raceFirst(ended(pg), probe(connection))
  })

/** Fails once the connection has ended. */
const ended = (pg: EventEmitter) =>
  Effect.async<never, SqlError.SqlError>((resume) => {
    const end = () => resume(lostBecause("it was closed"))
    pg.once("end", end)
    return Effect.sync(() => pg.off("end", end))
  })

const lostBecause = (why: string) => new SqlError.SqlError({ cause: new Error(why), message: "Connection lost" })

const warn = (error: string) =>
  line(LogLevel.Warning, "Cannot listen; jobs of other processes start at the next poll", { error })

const cannot = (why: string): Effect.Effect<never> => Effect.zipRight(warn(why), Effect.never)

/** Asks the connection again and again, and fails once it does not answer. */
const probe = (connection: SqlConnection.Connection) =>
  inTime(command(connection, "SELECT 1")).pipe(Effect.delay(probedEvery), Effect.forever)

/** Fails if the connection does not answer; the statement is left behind then. */
const inTime = answeredWithin(Duration.seconds(10))
