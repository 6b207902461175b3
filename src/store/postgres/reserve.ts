import type * as SqlClient from "@effect/sql/SqlClient"
import type * as SqlConnection from "@effect/sql/SqlConnection"
import type * as SqlError from "@effect/sql/SqlError"
import { Effect, Exit, Fiber, Scope } from "effect"

/**
 * Uses a connection of the client's pool. The driver's own way loses one for ever
 * if its fiber is interrupted while it waits for it; here whoever waits leaves,
 * and the connection goes back to the pool when it comes. The scope in which the
 * connection is held is not the one of `use`.
 */
export const withConnection = <A, E, R>(
  client: Pick<SqlClient.SqlClient, "reserve">,
  use: (connection: SqlConnection.Connection) => Effect.Effect<A, E, R>,
  wait: <A1, E1>(effect: Effect.Effect<A1, E1>) => Effect.Effect<A1, E1>
): Effect.Effect<A, E | SqlError.SqlError, R> =>
  Effect.uninterruptible(
    Effect.flatMap(Scope.make(), (scope) =>
      Effect.flatMap(Effect.forkDaemon(Scope.extend(client.reserve, scope)), (waiting) =>
        wait(Fiber.join(waiting)).pipe(
          Effect.onInterrupt(() =>
            Effect.forkDaemon(Effect.zipRight(Fiber.await(waiting), Scope.close(scope, Exit.void)))
          ),
          Effect.flatMap((connection) =>
            Effect.onExit(use(connection), (exit) =>
              Scope.close(scope, exit))
          )
        )))
  )
