import { SqlClient } from "@effect/sql"
import type { SqlError } from "@effect/sql"
import { Cause, Effect, Exit, FiberRef, Option } from "effect"
import type { Enclosing, History } from "./History.ts"

/** The transaction of a caller that a fiber is in. */
export const currentEnclosing = FiberRef.unsafeMake<Enclosing | undefined>(undefined)

/** What was to run in a transaction failed, so that this was rolled back: the commit itself fails otherwise. */
class BodyFailed<E> {
  readonly error: E
  constructor(error: E) {
    this.error = error
  }
}

/**
 * Runs `body` in a transaction, nested where there is one, and notes what is said
 * to have become of it. A row of the app's own at its begin and one at its end
 * tell the checker what has.
 */
export const enclosed = <A, E, R>(
  history: History,
  process: string,
  body: Effect.Effect<A, E, R>
): Effect.Effect<A, E | SqlError.SqlError, R | SqlClient.SqlClient> =>
  Effect.gen(function*() {
    const sql = yield* SqlClient.SqlClient
    const enclosing = history.enclose(process, yield* FiberRef.get(currentEnclosing))
    const write = (place: "first" | "last") =>
      sql`INSERT INTO simulation_enclosed (enclosing, place) VALUES (${enclosing.number}, ${place})`
    const whole = write("first").pipe(
      Effect.zipRight(body),
      Effect.zipLeft(write("last")),
      Effect.tap(() => Effect.sync(() => void (enclosing.closing = history.moment()))),
      Effect.mapError((error) => new BodyFailed(error)),
      Effect.locally(currentEnclosing, enclosing)
    )
    return yield* sql.withTransaction(whole).pipe(
      Effect.onExit((exit) => Effect.sync(() => void (enclosing.end = { ...history.moment(), how: howEnded(exit) }))),
      Effect.mapError((error) => error instanceof BodyFailed ? error.error : error)
    )
  })

const howEnded = (exit: Exit.Exit<unknown, unknown>) => {
  if (Exit.isSuccess(exit)) return "committed"
  const failure = Cause.isInterrupted(exit.cause) ? Option.none() : Cause.failureOption(exit.cause)
  return Option.isSome(failure) && failure.value instanceof BodyFailed ? "rolled back" : "unknown"
}
