import type * as SqlClient from "@effect/sql/SqlClient"
import type * as SqlConnection from "@effect/sql/SqlConnection"
import type * as SqlError from "@effect/sql/SqlError"
import { Cause, Context, Deferred, Effect, FiberId, FiberRef, LogLevel, Schedule, Scope } from "effect"
import { callersContext } from "../../platform/asyncContext.ts"
import { EventLoop, giveWay, giveWayBy } from "../../platform/EventLoop.ts"
import { line } from "../../platform/line.ts"
import { AtOnce } from "../AtOnce.ts"
import { byItself } from "./appsConnection.ts"
import { untilFree } from "./busyTimeout.ts"
import { isBusy } from "./errorCodes.ts"
import type { DatabaseFile } from "./databaseFile.ts"
import { watchDatabaseFile } from "./databaseFile.ts"
import type { WalCheckpoint } from "./wal/walCheckpoint.ts"
import { noWal } from "./wal/walCheckpoint.ts"
import type { Reservable } from "../transaction/openTransaction.ts"
import { eachByItself } from "../transaction/eachByItself.ts"
import { rollBack } from "../transaction/transactionControl.ts"
import type { Wait } from "../transaction/turns.ts"
import { isInTransaction } from "./transaction/isInTransaction.ts"
import { sharedByCopies } from "./sharedByCopies.ts"

type Connection = SqlConnection.Connection

/**
 * Runs an effect with the connection, which is given back after it. Gives way
 * before, with the connection held, so that of a thousand fibers one waits for
 * the event loop and the rest behind it.
 */
type Lend = <A, E, R>(
  use: (connection: Connection) => Effect.Effect<A, E, R>,
  wait: Wait
) => Effect.Effect<A, E | SqlError.SqlError, R>

/**
 * The lend of each of our clients, by the client's `reserve`. It spares the scope
 * that `reserve` takes, which costs more than a statement.
 */
const lends = sharedByCopies<SqlClient.SqlClient["reserve"], Lend>("holdfast/store/lends")

/** Lends the client's connection. */
export const lendOf = ({ reserve }: Reservable): Lend => lends.get(reserve) ?? lendOfDriver(reserve)

const lendOfDriver = (reserve: SqlClient.SqlClient["reserve"]): Lend => (use, wait) =>
  Effect.scopedWith((permit) =>
    Effect.flatMap(wait(Scope.extend(reserve, permit)), (connection) => Effect.zipRight(wait(giveWay), use(connection)))
  )

/** Makes operations on the app's own client, from now on, refuse what our client prevents, and watch its files. */
export const watchLent = ({ reserve }: Reservable, connection: Connection): Effect.Effect<void, SqlError.SqlError> =>
  lends.has(reserve) ?
    Effect.void :
    Effect.map(whenFree({ reserve }, watchDatabaseFile(connection), isBusy, asCaller), ({ guard }) => {
      const lend = lendOfDriver(reserve)
      lends.set(reserve, (use, wait) => lend((connection) => guard(byItself(connection, use(connection))), wait))
    })

/**
 * The statements of a connection, none of which is interrupted halfway. If the
 * first preparation of a text is interrupted, the driver's cache never answers for
 * that text again, and the next caller waits forever with the connection held.
 */
const whole = (connection: Connection, guard: DatabaseFile["guard"]): Connection => ({
  execute: (...statement) => Effect.uninterruptible(guard(connection.execute(...statement))),
  executeRaw: (...statement) => Effect.uninterruptible(guard(connection.executeRaw(...statement))),
  executeValues: (...statement) => Effect.uninterruptible(guard(connection.executeValues(...statement))),
  executeUnprepared: (...statement) => Effect.uninterruptible(guard(connection.executeUnprepared(...statement))),
  executeStream: (...statement) => connection.executeStream(...statement)
})

/**
 * Rolls back a transaction that was begun by hand on a reserved connection. Left
 * open, it would take in the next writes of all others, and lose them.
 */
const endLeftOpen = (connection: Connection) =>
  Effect.flatMap(isInTransaction(connection), (isOpen) =>
    isOpen
      ? Effect.zipRight(
        rollBack(connection),
        line(
          LogLevel.Warning,
          "A reserved connection was given back in the middle of a transaction, which was rolled back"
        )
      )
      : Effect.void)

/**
 * Lends a connection to one fiber at a time. Waiting for it can be interrupted at
 * any time; what it is lent for cannot.
 *
 * The driver's own permit is lost when the fiber that waits for it is
 * interrupted just after it was granted, as when a stalled event loop has let
 * timeouts and grants come due together; every later statement then waits
 * forever. Here a permit that comes too late is passed on.
 */
export const exclusively = (
  driver: Connection,
  { guard }: DatabaseFile,
  { before }: WalCheckpoint = noWal
): Reservable => {
  /**
   * A fiber that has reserved the connection may turn the WAL off for a time, and
   * must see no commit in files that are gone. So the files are checked after each
   * of its statements.
   */
  let isReserved = false
  const connection = whole(driver, (statement) => Effect.suspend(() => isReserved ? guard(statement) : statement))
  /** Each enters the async context that it waits in; otherwise it would go on in that of the fiber before it. */
  const waiting = new Map<Deferred.Deferred<void>, ReturnType<typeof callersContext>>()
  let held = false
  /** Held by a fiber that has yet to begin, and waits for a turn of the event loop. */
  let isIdle = false
  const passOn = () => {
    const [first] = waiting
    held = first !== undefined
    if (first === undefined) return
    const [next, inItsContext] = first
    waiting.delete(next)
    inItsContext(() => Deferred.unsafeDone(next, Effect.void))
  }
  const release = Effect.sync(passOn)
  /**
   * Runs in an uninterruptible region. `wait` may make the waiting interruptible,
   * also for an interruption that came before.
   */
  const take = (wait: Wait) =>
    Effect.zipRight(
      wait(Effect.void),
      Effect.suspend(() => {
        if (!held) {
          held = true
          return Effect.void
        }
        const granted = Deferred.unsafeMake<void>(FiberId.none)
        waiting.set(granted, callersContext())
        return Effect.onInterrupt(
          wait(Deferred.await(granted)),
          () => Effect.suspend(() => waiting.delete(granted) ? Effect.void : release)
        )
      })
    )
  const reserve = Effect.uninterruptibleMask((restore) =>
    take(restore).pipe(
      Effect.zipRight(Effect.addFinalizer(() => {
        isReserved = false
        return Effect.ensuring(endLeftOpen(connection), release)
      })),
      Effect.tap(() => Effect.sync(() => void (isReserved = true))),
      Effect.as(connection)
    )
  )
  const givingWay = (wait: Wait) =>
    giveWayBy((turn) => {
      isIdle = true
      return Effect.ensuring(wait(turn), Effect.sync(() => void (isIdle = false)))
    })
  /** Runs what the connection was taken for, and passes it on. */
  const thenPassOn = <A, E, R>(effect: Effect.Effect<A, E, R>): Effect.Effect<A, E, R> =>
    Effect.matchCauseEffect(effect, {
      onFailure: (cause) => {
        passOn()
        return Effect.failCause(cause)
      },
      onSuccess: (answer) => {
        passOn()
        return Effect.succeed(answer)
      }
    })
  lends.set(reserve, (use, wait) => {
    const run = guard(Effect.suspend(() => before(use(connection))))
    return Effect.uninterruptibleMask((restore) =>
      Effect.withFiberRuntime((caller) => {
        const { currentContext } = caller
        if (isIdle && Context.get(currentContext, AtOnce)) return run
        // Nearly always nothing is to be waited for, and then waiting would take longer than what follows.
        const isInterrupted = !Cause.isEmpty(caller.getFiberRef(FiberRef.interruptedCause))
        if (!held && !isInterrupted && !Context.get(currentContext, EventLoop).overdue()) {
          held = true
          return thenPassOn(run)
        }
        const asCallerAsked: Wait = (effect) => restore(wait(effect))
        return Effect.zipRight(take(asCallerAsked), thenPassOn(Effect.zipRight(givingWay(asCallerAsked), run)))
      })
    )
  })
  return { reserve }
}

/**
 * Retries an effect while the database is busy. The schedule's driver is made only
 * when it is needed: it costs a fifth of a short statement.
 */
export const whenFree = <A, E, R>(
  client: Reservable,
  effect: Effect.Effect<A, E, R>,
  busily: (error: E) => boolean,
  wait: Wait
): Effect.Effect<A, E, R> =>
  Effect.catchIf(effect, busily, (busy) =>
    Effect.flatMap(Schedule.driver(untilFree(client)), (driver) => {
      const again = (error: E): Effect.Effect<A, E, R> =>
        Effect.zipRight(Effect.mapError(wait(driver.next(error)), () => error), Effect.catchIf(effect, busily, again))
      return again(busy)
    }))

/** Interruptible as the caller is. */
export const asCaller: Wait = (effect) => effect

/**
 * Runs an effect with the client's one connection held for it, and again while
 * another process has the lock.
 *
 * A bare statement of the client would not do: it gives its permit back before
 * it runs, so that it can land inside another fiber's transaction, see what is
 * not committed, and be rolled back with it.
 */
export const holdingConnection = (client: Reservable, wait: Wait = asCaller) =>
<A, E, R>(
  use: (connection: Connection) => Effect.Effect<A, E, R>
): Effect.Effect<A, E | SqlError.SqlError, R> =>
  whenFree(
    client,
    lendOf(client)(use, wait),
    isBusy,
    wait
  )

/** A connection that is held anew for each statement, and given back after it. */
export const heldForEach = (client: Reservable): Connection => eachByItself(holdingConnection(client), client.reserve)
