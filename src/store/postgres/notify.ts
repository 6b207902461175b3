import type * as SqlClient from "@effect/sql/SqlClient"
import type { Duration, Redacted, Scope } from "effect"
import { Effect, LogLevel, RcRef } from "effect"
import { StoredJobId } from "../../domain/JobId.ts"
import { ClaimMark } from "../../platform/ClaimMark.ts"
import { line } from "../../platform/line.ts"
import { guardTelemetry } from "../guardTelemetry.ts"
import type { JobSignals } from "../JobSignals.ts"
import { makeJobSignals } from "../JobSignals.ts"
import { answering } from "./answering.ts"
import { listen } from "./listen.ts"
import { withConnection } from "./reserve.ts"

/** The settings of NOTIFY and LISTEN. */
interface Notifying {
  readonly channel: string
  readonly limit: Duration.Duration
  /** See `JobStoreOptions`. */
  readonly listenUrl: Redacted.Redacted | false | undefined
}

/**
 * The signals of a store, which reach the workers of other processes by NOTIFY.
 * While there are workers one connection listens, unless it is not to, and comes
 * back by itself.
 *
 * A wake-up is sent after the commit, and not in the transaction: PostgreSQL lets
 * the transactions that notify commit one after the other, and those of an app
 * would wait in that line. While one is being sent, all that follow are one.
 */
export const makeSignals = (
  client: SqlClient.SqlClient,
  { channel, limit, listenUrl }: Notifying
): Effect.Effect<JobSignals, never, Scope.Scope> =>
  Effect.gen(function*() {
    const scope = yield* Effect.scope
    const ours = makeJobSignals()
    const origin = yield* (yield* ClaimMark).draw

    const notify = (payload: string) =>
      withConnection(
        client,
        (connection) => answering(connection, limit).execute("SELECT pg_notify($1, $2)", [channel, payload], undefined),
        Effect.interruptible
      ).pipe(guardTelemetry, Effect.asVoid)

    const send = (payload: string) =>
      Effect.catchAll(notify(`${origin} ${payload}`), (error) =>
        line(LogLevel.Debug, "Other processes were not notified; they look at their next poll", {
          error: error.message
        }))

    let isSending = false
    let isAsked = false
    const sendWakes: Effect.Effect<void> = Effect.suspend(() => {
      isAsked = false
      return Effect.flatMap(send("wake"), () => {
        if (isAsked) {
          return sendWakes
        }
        isSending = false
        return Effect.void
      })
    })
    // An interruption before the fork would leave it to nobody.
    const wakeOthers = Effect.uninterruptible(Effect.suspend(() => {
      isAsked = true
      if (isSending) {
        return Effect.void
      }
      isSending = true
      return Effect.asVoid(Effect.forkIn(Effect.interruptible(sendWakes), scope))
    }))

    const hear = (payload: string) => {
      const [from, what, id] = payload.split(" ")
      if (from === origin) {
        return Effect.void
      }
      if (what === "cancel" && id !== undefined) {
        return ours.cancel(StoredJobId.make(id))
      }
      return what === "wake" ? ours.wake : Effect.void
    }
    const heard = { channel, hear, missed: ours.wake, notify, echo: `${origin} echo` }
    const listening = yield* RcRef.make({
      acquire: listenUrl === false
        ? Effect.void
        : Effect.forkScoped(Effect.interruptible(guardTelemetry(listen(client, listenUrl, heard))))
    })
    return {
      listen: (listener) =>
        Effect.zipRight(RcRef.get(listening), ours.listen(listener)),
      wake: Effect.zipRight(ours.wake, wakeOthers),
      cancel: (id) =>
        Effect.zipRight(ours.cancel(id), Effect.asVoid(Effect.forkIn(send(`cancel ${id}`), scope)))
    }
  })
