import type * as SqlClient from "@effect/sql/SqlClient"
import type * as SqlConnection from "@effect/sql/SqlConnection"
import type * as SqlError from "@effect/sql/SqlError"
import { Effect, Exit, Fiber, Scope } from "effect"
import type { Wait } from "../transaction/turns.ts"
import { end } from "./answering.ts"

type Reserve = SqlClient.SqlClient["reserve"]

/** Those that lose no connection. */
const safe = new WeakSet<Reserve>()

/**
 * A client's `reserve` that can be interrupted. With the driver's own, a fiber that
 * is interrupted while it waits costs the pool a connection. Here the fiber stops
 * waiting, and the connection goes back to the pool when it comes.
 */
export const safely = (reserve: Reserve): Reserve => {
  if (safe.has(reserve)) return reserve
  const ours: Reserve = Effect.uninterruptibleMask((restore) =>
    Effect.flatMap(
      Effect.scope,
      (outer) =>
        Effect.flatMap(Scope.make(), (scope) =>
          Effect.flatMap(Effect.forkDaemon(Scope.extend(reserve, scope)), (waiting) =>
            restore(Fiber.join(waiting)).pipe(
              Effect.onInterrupt(() =>
                Effect.forkDaemon(Effect.zipRight(Fiber.await(waiting), Scope.close(scope, Exit.void)))
              ),
              Effect.tap(() =>
                Scope.addFinalizerExit(outer, (exit) =>
                  Scope.close(scope, exit))
              )
            )))
    )
  )
  safe.add(ours)
  return ours
}

/** Uses a connection of the client's pool. The scope in which it is held is not the one of `use`, which is not to be interrupted. */
export const withConnection = <A, E, R>(
  client: Pick<SqlClient.SqlClient, "reserve">,
  use: (connection: SqlConnection.Connection) => Effect.Effect<A, E, R>,
  wait: Wait
): Effect.Effect<A, E | SqlError.SqlError, R> =>
  Effect.uninterruptible(Effect.flatMap(Scope.make(), (scope) =>
    Effect.onExit(
      Effect.flatMap(wait(Scope.extend(safely(client.reserve), scope)), use),
      (exit) => Scope.close(scope, exit)
    )))

/** The same for a statement by itself. An interruption ends the connection: an answer may still be on its way there. */
export const endingIfInterrupted: typeof withConnection = (client, use, wait) =>
  withConnection(client, (connection) => Effect.onInterrupt(use(connection), () => end(connection)), wait)
