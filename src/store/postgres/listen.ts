import * as Reactivity from "@effect/experimental/Reactivity"
import type * as SqlClient from "@effect/sql/SqlClient"
import type * as SqlConnection from "@effect/sql/SqlConnection"
import * as SqlError from "@effect/sql/SqlError"
import * as PgClient from "@effect/sql-pg/PgClient"
import type { Redacted } from "effect"
import { Data, Deferred, Duration, Effect, Exit, LogLevel, Predicate, Runtime, Schedule } from "effect"
import type { EventEmitter } from "node:events"
import { line } from "../../platform/line.ts"
import { command } from "../transaction/transactionControl.ts"
import { answeredWithin } from "./answering.ts"
import { withConnection } from "./reserve.ts"
import { quoted } from "./schema.ts"

/** Runs `hear` for each notification, and `missed` whenever some may have been missed. */
export interface Heard {
  readonly channel: string
  readonly hear: (payload: string) => Effect.Effect<void>
  readonly missed: Effect.Effect<void>
  /** The payload that this listener sends to itself, to check that notifications arrive. */
  readonly echo: string
  readonly notify: (payload: string) => Effect.Effect<void, SqlError.SqlError>
}

/** The pause between two probes of the listening connection: one that a network has cut reports nothing. */
const probedEvery = "15 seconds"

/** The pauses before it listens again. */
const again = Schedule.union(Schedule.exponential("100 millis"), Schedule.spaced("5 seconds")).pipe(
  Schedule.jittered,
  Schedule.resetAfter("1 minute")
)

/** The pause before it listens again where it was not heard: the server may only have been slow. */
const againUnheard = Schedule.spaced("1 minute")

/** Fails if the connection does not answer; the statement is left behind then. */
const inTime = answeredWithin(Duration.seconds(10))

/**
 * Hears what others notify, on a connection of the client's pool or on one of its
 * own at `url`. After each time that it could not, it looks by itself. Never ends.
 */
export const listen = (
  client: SqlClient.SqlClient,
  url: Redacted.Redacted | undefined,
  heard: Heard
): Effect.Effect<never> => {
  const { config } = client as { readonly config?: PgClient.PgClientConfig }
  if (url === undefined && config?.maxConnections === 1) {
    return cannot("the pool has one connection, and the one that listens does nothing else")
  }
  let isLost = false
  const begun = Effect.suspend(() => {
    const was = isLost
    isLost = false
    return was ? line(LogLevel.Info, "Listening again for jobs of other processes") : Effect.void
  })
  const lost = (why: string) =>
    Effect.suspend(() => {
      const was = isLost
      isLost = true
      return was ? Effect.void : warn(why)
    })
  const onConnectionOf = (client: SqlClient.SqlClient) =>
    withConnection(
      client,
      (connection) => Effect.interruptible(Effect.scoped(listenOn(connection, heard, begun))),
      Effect.interruptible
    )
  const once = url === undefined
    ? onConnectionOf(client)
    : Effect.scoped(Effect.flatMap(direct(url, config?.applicationName), onConnectionOf))
  return once.pipe(
    Effect.tapErrorTag(
      "SqlError",
      ({ cause, message }) => lost(String(Predicate.hasProperty(cause, "message") ? cause.message : message))
    ),
    Effect.retry({ schedule: again, while: (error) => error._tag === "SqlError" }),
    // What is left is NotHeard: the schedule has no end.
    Effect.tapError(() => lost(notHeard)),
    Effect.retry(againUnheard)
  ) as Effect.Effect<never>
}

const notHeard =
  "notifications do not reach the connection that listens; is it behind a pooler in transaction mode, or on another database? "
  + "Set listenUrl (HOLDFAST_POSTGRES_LISTEN_URL) to the URL of the server itself, or turn it off"

/** A client with the one connection that listens. */
const direct = (url: Redacted.Redacted, applicationName: string | undefined) =>
  inTime(PgClient.make({ url, applicationName, maxConnections: 1, connectTimeout: "5 seconds" })).pipe(
    Effect.provide(Reactivity.layer)
  )

/** Notifications go elsewhere than to the connection that listens. */
class NotHeard extends Data.TaggedError("NotHeard") {}

/** Listens on a connection until that is lost. */
const listenOn = (connection: SqlConnection.Connection, heard: Heard, begun: Effect.Effect<void>) =>
  Effect.gen(function*() {
    const { pg } = connection as { readonly pg?: EventEmitter }
    if (pg === undefined) return yield* cannot("its connections are not those of @effect/sql-pg")
    const run = Runtime.runFork(yield* Effect.runtime())
    const cameBack = yield* Deferred.make<void>()
    const notified = ({ payload = "" }: { readonly payload?: string }) => {
      if (payload === heard.echo) Deferred.unsafeDone(cameBack, Exit.void)
      else run(heard.hear(payload))
    }
    yield* Effect.acquireRelease(
      Effect.sync(() => pg.on("notification", notified)),
      () => Effect.sync(() => pg.off("notification", notified))
    )
    // It listens, or is dead without a word: the pool is to hand it out to nobody, and so it hears of an error.
    yield* Effect.addFinalizer(() => Effect.sync(() => pg.emit("error", new Error("it has listened"))))
    yield* inTime(command(connection, `LISTEN ${quoted(heard.channel)}`))
    yield* heard.missed
    return yield* Effect.raceFirst(
      Effect.raceFirst(ended(pg), probe(connection)),
      checked(connection, heard, cameBack, begun)
    )
  })

/**
 * Notifies itself over another connection, and fails where that does not come back
 * although the connection answers. A pooler that lends a connection for one
 * transaction takes LISTEN without a word, and gives nothing on.
 */
const checked = (
  connection: SqlConnection.Connection,
  { echo, notify }: Heard,
  cameBack: Deferred.Deferred<void>,
  begun: Effect.Effect<void>
): Effect.Effect<never, SqlError.SqlError | NotHeard> =>
  // By itself it cannot be interrupted, and may wait for a network that is cut.
  inTime(notify(echo)).pipe(
    Effect.retry(again),
    Effect.zipRight(Effect.either(inTime(Deferred.await(cameBack)))),
    Effect.flatMap((came) =>
      came._tag === "Right" ? Effect.zipRight(begun, Effect.never) : Effect.gen(function*() {
        // The connection of the server that listens may be the one that is lent now.
        yield* inTime(command(connection, "UNLISTEN *"))
        // A loop that was blocked has heard of the end of the time first, and reads what came before the answer now.
        return (yield* Deferred.isDone(cameBack))
          ? yield* new SqlError.SqlError({ cause: new Error("the event loop was blocked"), message: "Heard late" })
          : yield* new NotHeard()
      })
    )
  )

/** Fails once the connection has ended. */
const ended = (pg: EventEmitter) =>
  Effect.async<never, SqlError.SqlError>((resume) => {
    const end = () => resume(new SqlError.SqlError({ cause: new Error("it was closed"), message: "Connection lost" }))
    pg.once("end", end)
    return Effect.sync(() => pg.off("end", end))
  })

/** Asks the connection again and again, and fails once it does not answer. */
const probe = (connection: SqlConnection.Connection) =>
  inTime(command(connection, "SELECT 1")).pipe(Effect.delay(probedEvery), Effect.forever)

const warn = (error: string) =>
  line(LogLevel.Warning, "Cannot listen; jobs of other processes start at the next poll", { error })

const cannot = (why: string): Effect.Effect<never> => Effect.zipRight(warn(why), Effect.never)
