import type { SqlConnection, SqlError } from "@effect/sql"
import { SqlClient } from "@effect/sql"
import { Context, Deferred, Effect, Exit, FiberId, Option, Predicate, Schedule, Scope, Stream } from "effect"
import { AsyncLocalStorage } from "node:async_hooks"
import { guardTelemetry } from "./guardTelemetry.ts"
import { recurUpTo } from "./monotonic.ts"

type Connection = SqlConnection.Connection

/** What has a connection that one at a time can have. */
type Reservable = Pick<SqlClient.SqlClient, "reserve">

/** How a region waits: as its caller may be interrupted, or, with `Effect.interruptible`, always. */
type Wait = <A, E, R>(effect: Effect.Effect<A, E, R>) => Effect.Effect<A, E, R>

/** Runs an effect with the connection, which is given back after it. */
type Lend = <A, E, R>(
  use: (connection: Connection) => Effect.Effect<A, E, R>,
  wait: Wait
) => Effect.Effect<A, E | SqlError.SqlError, R>

/**
 * How a connection of ours is lent, by the `reserve` that also gives it:
 * without the scope that `reserve` takes, which costs more than a statement.
 */
const lends = new WeakMap<SqlClient.SqlClient["reserve"], Lend>()

const lendOf = ({ reserve }: Reservable): Lend =>
  lends.get(reserve) ??
    ((use, wait) => Effect.scopedWith((permit) => Effect.flatMap(wait(Scope.extend(reserve, permit)), use)))

/** Waits 2 ms, then longer, to at most 50 ms and 5 s in all, for a lock that another process holds. */
const untilFree = Schedule.exponential("2 millis", 1.5).pipe(
  Schedule.union(Schedule.spaced("50 millis")),
  Schedule.jittered,
  Schedule.intersect(recurUpTo("5 seconds"))
)

/** Whether another connection has the lock, which time can mend. */
export const isBusy = (error: unknown): boolean => {
  const cause = Predicate.hasProperty(error, "cause") ? error.cause : error
  return Predicate.hasProperty(cause, "code") && String(cause.code).startsWith("SQLITE_BUSY")
}

/**
 * The statements of a connection, none of which is interrupted half-way: where
 * the first preparation of a text is, the driver's cache never answers for that
 * text again, and whoever asks waits for ever with the connection held.
 */
const whole = (connection: Connection): Connection => ({
  execute: (...statement) => Effect.uninterruptible(connection.execute(...statement)),
  executeRaw: (...statement) => Effect.uninterruptible(connection.executeRaw(...statement)),
  executeValues: (...statement) => Effect.uninterruptible(connection.executeValues(...statement)),
  executeUnprepared: (...statement) => Effect.uninterruptible(connection.executeUnprepared(...statement)),
  executeStream: (...statement) => connection.executeStream(...statement)
})

/**
 * A connection for which waiting can be interrupted at any time, and nothing
 * that it is lent for.
 *
 * The driver's own permit is lost when the fiber that waits for it is
 * interrupted just after it was granted, as when a stalled event loop has let
 * timeouts and grants come due together; every later statement then waits for
 * ever. Here a permit that comes too late is passed on.
 */
export const exclusively = (driver: Connection): Reservable => {
  const connection = whole(driver)
  /** Each with how to enter the async context it waits in, or it would go on in that of the fiber before it. */
  const waiting = new Map<Deferred.Deferred<void>, ReturnType<typeof AsyncLocalStorage.snapshot>>()
  let held = false
  const release = Effect.sync(() => {
    const [first] = waiting
    held = first !== undefined
    if (first === undefined) return
    const [next, inItsContext] = first
    waiting.delete(next)
    inItsContext(() => Deferred.unsafeDone(next, Effect.void))
  })
  /** To be run where nothing interrupts; `wait` may let the waiting be interrupted, also by who asked for that before. */
  const take = (wait: Wait) =>
    Effect.zipRight(
      wait(Effect.void),
      Effect.suspend(() => {
        if (!held) {
          held = true
          return Effect.void
        }
        const granted = Deferred.unsafeMake<void>(FiberId.none)
        waiting.set(granted, AsyncLocalStorage.snapshot())
        return Effect.onInterrupt(
          wait(Deferred.await(granted)),
          () => Effect.suspend(() => waiting.delete(granted) ? Effect.void : release)
        )
      })
    )
  const reserve = Effect.uninterruptibleMask((restore) =>
    take(restore).pipe(Effect.zipRight(Effect.addFinalizer(() => release)), Effect.as(connection))
  )
  lends.set(reserve, (use, wait) =>
    Effect.uninterruptibleMask((restore) =>
      Effect.zipRight(
        take((effect) => restore(wait(effect))),
        Effect.ensuring(Effect.suspend(() => use(connection)), release)
      )
    ))
  return { reserve }
}

/**
 * Runs an effect again while it fails busily. The schedule's driver is made only
 * when it is needed: it costs a fifth of a short statement.
 */
const whenFree = <A, E, R>(
  effect: Effect.Effect<A, E, R>,
  busily: (error: E) => boolean,
  wait: Wait
): Effect.Effect<A, E, R> =>
  Effect.catchIf(effect, busily, (busy) =>
    Effect.flatMap(Schedule.driver(untilFree), (driver) => {
      const again = (error: E): Effect.Effect<A, E, R> =>
        Effect.zipRight(Effect.mapError(wait(driver.next(error)), () => error), Effect.catchIf(effect, busily, again))
      return again(busy)
    }))

/** As the caller may be interrupted. */
const asCaller: Wait = (effect) => effect

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
): Effect.Effect<A, E | SqlError.SqlError, R> => whenFree(lendOf(client)(use, wait), isBusy, wait)

/** A connection that is held anew for each statement, and given back after it. */
export const heldForEach = (client: Reservable): Connection => {
  const held = holdingConnection(client)
  return {
    execute: (...statement) => held((connection) => connection.execute(...statement)),
    executeRaw: (...statement) => held((connection) => connection.executeRaw(...statement)),
    executeValues: (...statement) => held((connection) => connection.executeValues(...statement)),
    executeUnprepared: (...statement) => held((connection) => connection.executeUnprepared(...statement)),
    executeStream: (...statement) =>
      Stream.unwrapScoped(Effect.map(client.reserve, (connection) => connection.executeStream(...statement)))
  }
}

/**
 * The connection of one transaction. A fiber that was forked in the transaction
 * and outlives it still carries this; what it does then is done by itself, and
 * not in the middle of whatever transaction is open by that time.
 */
class TransactionConnection implements Connection {
  open = true
  readonly ofClient: Connection
  private readonly afterwards: Connection
  constructor(ofClient: Connection, afterwards: Connection) {
    this.ofClient = ofClient
    this.afterwards = afterwards
  }
  private get now(): Connection {
    return this.open ? this.ofClient : this.afterwards
  }
  readonly execute: Connection["execute"] = (...statement) => this.now.execute(...statement)
  readonly executeRaw: Connection["executeRaw"] = (...statement) => this.now.executeRaw(...statement)
  readonly executeValues: Connection["executeValues"] = (...statement) => this.now.executeValues(...statement)
  readonly executeUnprepared: Connection["executeUnprepared"] = (...statement) =>
    this.now.executeUnprepared(...statement)
  readonly executeStream: Connection["executeStream"] = (...statement) => this.now.executeStream(...statement)
}

/** The client's connection that the ambient transaction is on; none when there is none, or when it is over. */
export const ambientConnection = (context: Context.Context<never>): Option.Option<Connection> =>
  Option.flatMap(Context.getOption(context, SqlClient.TransactionConnection), ([connection]) => {
    if (!(connection instanceof TransactionConnection)) return Option.some(connection)
    return connection.open ? Option.some(connection.ofClient) : Option.none()
  })

/** `context` without any transaction. */
export const withoutTransaction = <R>(context: Context.Context<R>): Context.Context<R> =>
  Context.omit(SqlClient.TransactionConnection)(context as Context.Context<never>) as Context.Context<R>

/** A transaction that did not come about, thrown past `makeWithTransaction`, which knows no failing BEGIN or COMMIT. */
class NotTransacted {
  readonly step: "begin" | "commit"
  readonly error: SqlError.SqlError
  constructor(step: "begin" | "commit", error: SqlError.SqlError) {
    this.step = step
    this.error = error
  }
}

/**
 * The client's `withTransaction`, but it takes the write lock when it begins, so
 * that reading before writing cannot fail with SQLITE_BUSY_SNAPSHOT; waits for
 * a lock that another process holds; turns a failed COMMIT into a rollback and
 * a typed error, where the client's own leaves the transaction open; and lets no
 * fiber that outlives it write into a later one.
 */
export const immediateTransaction = (client: Reservable): SqlClient.SqlClient["withTransaction"] => {
  const afterwards = heldForEach(client)
  const run = (connection: Connection, command: string) => connection.executeUnprepared(command, [], undefined)
  const transact = (restore: Wait) =>
    SqlClient.makeWithTransaction({
      transactionTag: SqlClient.TransactionConnection,
      spanAttributes: [["db.system.name", "sqlite"]],
      // The combinator cannot be interrupted here, and would wait for the connection however long another has it.
      acquireConnection: Effect.gen(function*() {
        const scope = yield* Scope.make()
        const ofClient = yield* restore(Scope.extend(client.reserve, scope)).pipe(
          // It may be interrupted after it was given the connection and before anyone knows of it.
          Effect.onError((cause) => Scope.close(scope, Exit.failCause(cause)))
        )
        const transaction = new TransactionConnection(ofClient, afterwards)
        yield* Scope.addFinalizer(scope, Effect.sync(() => void (transaction.open = false)))
        return [scope, transaction] as const
      }),
      begin: (connection: Connection) =>
        Effect.catchAll(run(connection, "BEGIN IMMEDIATE"), (error) => Effect.die(new NotTransacted("begin", error))),
      savepoint: (connection, id) => run(connection, `SAVEPOINT holdfast_${id}`),
      commit: (connection) =>
        Effect.catchAll(
          run(connection, "COMMIT"),
          (error) => Effect.zipRight(rollback(connection), Effect.die(new NotTransacted("commit", error)))
        ),
      rollback: (connection) => rollback(connection),
      rollbackSavepoint: (connection, id) => run(connection, `ROLLBACK TO SAVEPOINT holdfast_${id}`)
    })
  const rollback = (connection: Connection) =>
    Effect.catchAll(run(connection, "ROLLBACK"), (error) =>
      // SQLite rolls back by itself when the disk is full, and there is nothing to roll back when BEGIN failed.
      Effect.logDebug("Nothing to roll back", error.cause))

  return <R, E, A>(effect: Effect.Effect<A, E, R>): Effect.Effect<A, E | SqlError.SqlError, R> =>
    whenFree(
      Effect.uninterruptibleMask((restore) =>
        transact(restore)(restore(effect)).pipe(
          // In here, since a fiber that is interrupted runs no handler but keeps the defect.
          Effect.catchSomeDefect((defect) =>
            defect instanceof NotTransacted ? Option.some(Effect.fail(defect)) : Option.none()
          )
        )
      ),
      // Nothing of `effect` has run when BEGIN has failed; after anything else it is not for us to run it again.
      (error) => error instanceof NotTransacted && error.step === "begin" && isBusy(error.error),
      asCaller
    ).pipe(
      Effect.mapError((error) => error instanceof NotTransacted ? error.error : error),
      // One that is over is none to nest in.
      Effect.mapInputContext((context: Context.Context<R>) =>
        Option.isSome(ambientConnection(context as Context.Context<never>)) ? context : withoutTransaction(context)
      ),
      // An event of the transaction's span comes between its statements and its COMMIT.
      guardTelemetry
    )
}
