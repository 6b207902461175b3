import type * as SqlConnection from "@effect/sql/SqlConnection"
import type * as SqlClient from "@effect/sql/SqlClient"
import type * as SqlError from "@effect/sql/SqlError"
import type { Cause, Fiber } from "effect"
import { Effect, Predicate, Stream } from "effect"
import { giveWay } from "../../platform/EventLoop.ts"
import { isSqlError } from "../isSqlError.ts"
import { savepointOf, Savepoints } from "./savepoints.ts"
import { command, refusedInside, rollBack } from "./transactionControl.ts"
import { outerRolledBack, rolledBackAfter } from "./transactionErrors.ts"
import type { Turn, Wait } from "./turns.ts"
import { Turns } from "./turns.ts"

type Connection = SqlConnection.Connection
type AnyFiber = Fiber.RuntimeFiber<unknown, unknown>

/** A client whose connections are lent to one fiber at a time. */
export type Reservable = Pick<SqlClient.SqlClient, "reserve">

/** Brands levels, also those of a second copy of this package, whose client may be the one that the store is on. */
const levelBrand: unique symbol = Symbol.for("holdfast/store/Level")

/**
 * One level of a transaction: the whole, or a nested one, which is a savepoint.
 * It is the connection that statements made at this level run on.
 */
export class Level implements Connection {
  readonly [levelBrand] = true
  /**
   * `ended`: what a fiber still does here belongs to the level around it. An
   * error: the level was rolled back before its end, and every statement gets that.
   */
  state: "open" | "ended" | SqlError.SqlError = "open"
  readonly waiting = new Set<Turn<Level>>()
  /** The savepoints that the app has opened by hand. */
  readonly savepoints = new Savepoints()
  readonly transaction: OpenTransaction
  readonly around: Level | undefined
  readonly depth: number
  /**
   * The fiber that began it. What it does before the end is part of the level, also
   * with a connection from further out.
   */
  readonly owner: AnyFiber

  constructor(transaction: OpenTransaction, around: Level | undefined, owner: AnyFiber) {
    this.transaction = transaction
    this.around = around
    this.depth = around === undefined ? 0 : around.depth + 1
    this.owner = owner
  }

  /** The client whose transaction this is. */
  get client(): OpenTransaction["client"] {
    return this.transaction.client
  }

  /** True once it has ended, and all around it. */
  get isOver(): boolean {
    return this.state === "ended" && (this.around === undefined || this.around.isOver)
  }

  readonly execute: Connection["execute"] = (...statement) =>
    this.transaction.statement(this, statement[0], (connection) => connection.execute(...statement))
  readonly executeRaw: Connection["executeRaw"] = (...statement) =>
    this.transaction.statement(this, statement[0], (connection) => connection.executeRaw(...statement))
  readonly executeValues: Connection["executeValues"] = (...statement) =>
    this.transaction.statement(this, statement[0], (connection) => connection.executeValues(...statement))
  readonly executeUnprepared: Connection["executeUnprepared"] = (...statement) =>
    this.transaction.statement(this, statement[0], (connection) => connection.executeUnprepared(...statement))
  readonly executeStream: Connection["executeStream"] = (...statement) =>
    this.transaction.stream(this, (connection) => connection.executeStream(...statement))
}

/** True for a level, whichever copy of the package made it. */
export const isLevel = (value: unknown): value is Level => Predicate.hasProperty(value, levelBrand)

/**
 * A transaction that is open on a connection.
 *
 * Savepoints are a stack, and a rollback undoes all that was written since its
 * savepoint, also by others. So only the innermost level may do anything: a
 * statement further out waits until the nested transaction has ended, and nested
 * transactions run one after the other.
 *
 * When a statement fails, the database may have rolled back more than that. So the
 * transaction finds out what is left of it, and refuses what would follow in the
 * rest. What a database does then is told by its class.
 */
export abstract class OpenTransaction {
  /** The database, as OpenTelemetry names it. */
  abstract readonly system: "sqlite" | "postgresql"
  /** Identifies the client that began it: everything that wraps a client keeps its `reserve`. */
  readonly client: Reservable["reserve"]
  readonly connection: Connection
  /** Runs the statements of fibers that outlive the transaction. */
  private readonly afterwards: Connection
  /** False for a transaction of an app's own client, which is never rolled back as a whole. */
  private readonly isOurs: boolean
  protected readonly outermost: Level
  protected readonly turns: Turns<Level>

  constructor(
    client: OpenTransaction["client"],
    connection: Connection,
    afterwards: Connection,
    owner: AnyFiber,
    isOurs = true
  ) {
    this.client = client
    this.connection = connection
    this.afterwards = afterwards
    this.isOurs = isOurs
    this.outermost = new Level(this, undefined, owner)
    this.turns = new Turns(this.outermost)
  }

  get level(): Level {
    return this.outermost
  }

  /** Runs one statement at a level, or by itself when that and all around it have ended. */
  statement<A>(
    level: Level,
    text: string,
    run: (connection: Connection) => Effect.Effect<A, SqlError.SqlError>
  ): Effect.Effect<A, SqlError.SqlError> {
    return this.within(level, (connection) => {
      const refused = refusedInside(text)
      return refused === undefined ? this.turns.innermost.savepoints.run(text, run(connection)) : Effect.fail(refused)
    }, Effect.suspend(() => run(this.afterwards)))
  }

  /** Runs a stream at a level, or by itself when that and all around it have ended. It takes no turn: it may never end. */
  stream<A>(
    level: Level,
    run: (connection: Connection) => Stream.Stream<A, SqlError.SqlError>
  ): Stream.Stream<A, SqlError.SqlError> {
    return Stream.suspend(() => {
      if (level.isOver) return run(this.afterwards)
      return isSqlError(level.state) ? Stream.fail(level.state) : run(this.connection)
    })
  }

  /** Runs `use` with the connection, and nothing else of the transaction meanwhile; or `alone`, when the level and all around it have ended. */
  within<A, E, R>(
    level: Level,
    use: (connection: Connection) => Effect.Effect<A, E, R>,
    alone: Effect.Effect<A, E, R>
  ): Effect.Effect<A, E | SqlError.SqlError, R> {
    return Effect.uninterruptibleMask((restore) =>
      Effect.flatMap(
        Effect.zipRight(restore(giveWay), this.take(level, restore)),
        (taken): Effect.Effect<A, E, R> => taken === undefined ? restore(alone) : this.use(use)
      )
    )
  }

  /** Opens a level inside another; undefined when that and all around it have ended. Not to be interrupted. */
  nest(level: Level, wait: Wait): Effect.Effect<Level | undefined, SqlError.SqlError> {
    return Effect.flatMap(
      this.take(level, wait),
      (around) =>
        around === undefined ?
          Effect.succeed(undefined) :
          this.use((connection) =>
            Effect.withFiberRuntime<Level, SqlError.SqlError>((fiber) => {
              const nested = new Level(this, around, fiber)
              return Effect.map(command(connection, `SAVEPOINT ${nameOf(nested)}`), () => this.turns.innermost = nested)
            })
          )
    )
  }

  /** Commits a level, once those inside it have ended. The caller undoes it if that fails. Not to be interrupted. */
  commit(level: Level, wait: Wait): Effect.Effect<void, SqlError.SqlError> {
    return Effect.zipRight(
      this.take(level, wait),
      this.use((connection) =>
        Effect.map(
          level.around === undefined
            ? this.commitWhole(connection)
            : command(connection, `RELEASE SAVEPOINT ${nameOf(level)}`),
          () => this.end(level)
        )
      )
    )
  }

  /** Rolls a level back with the levels inside it, which refuse every statement from then on. Not to be interrupted. */
  undo(level: Level): Effect.Effect<void> {
    const { around } = level
    return Effect.zipRight(
      this.turns.takeNow(level),
      this.use((connection) => {
        if (level.state !== "open" && !this.isSpoilt(level)) return Effect.void
        const ended = () => {
          this.cut(level, outerRolledBack)
          this.end(level)
        }
        if (around === undefined) return Effect.map(rollBack(connection), ended)
        const savepoint = nameOf(level)
        return Effect.matchEffect(
          Effect.zipRight(
            command(connection, `ROLLBACK TO SAVEPOINT ${savepoint}`),
            command(connection, `RELEASE SAVEPOINT ${savepoint}`)
          ),
          {
            onSuccess: () => Effect.sync(ended),
            // The savepoint is gone, as when an app has released it on its own client. What belongs to this level is
            // unknown then.
            onFailure: (error) => {
              this.cut(undefined, rolledBackAfter(error))
              return this.isOurs ? rollBack(connection) : Effect.void
            }
          }
        )
      })
    )
  }

  /** Ends what the transaction runs in the background. */
  get close(): Effect.Effect<void> {
    return this.turns.close
  }

  /** Runs an effect whose turn it is, and passes the turn on. */
  protected use<A, E, R>(use: (connection: Connection) => Effect.Effect<A, E, R>): Effect.Effect<A, E, R> {
    return Effect.matchCauseEffect(Effect.suspend(() => use(this.connection)), {
      onFailure: (cause) =>
        Effect.zipRight(this.look(cause), Effect.suspend(() => this.turns.passOn(Effect.failCause(cause)))),
      onSuccess: (answer) => this.turns.passOn(Effect.succeed(answer))
    })
  }

  /** True if the level refuses what follows in it, and has yet to be rolled back. */
  protected isSpoilt(_level: Level): boolean {
    return false
  }

  /** Commits the transaction. */
  protected commitWhole(connection: Connection): Effect.Effect<void, SqlError.SqlError> {
    return command(connection, "COMMIT")
  }

  /** Finds out, after something has failed in it, what of the transaction is left, and cuts off the rest. */
  protected abstract look(cause: Cause.Cause<unknown>): Effect.Effect<void>

  /** Waits until it is the level's turn. */
  private take(level: Level, wait: Wait): Effect.Effect<Level | undefined, SqlError.SqlError> {
    return Effect.withFiberRuntime((fiber) => {
      const at = this.standing(level, fiber)
      if (at === undefined) return Effect.succeed(undefined)
      return isSqlError(at.state) ? Effect.fail(at.state) : this.turns.take(at, wait)
    })
  }

  /** The level that what a fiber does at `level` is part of: the nearest that has not ended, or one inside it that the fiber began. */
  private standing(level: Level, fiber: AnyFiber): Level | undefined {
    let at: Level | undefined = level
    while (at?.state === "ended") at = at.around
    if (at?.state !== "open") return at
    for (
      let inner: Level | undefined = this.turns.innermost;
      inner !== at && inner !== undefined;
      inner = inner.around
    ) {
      if (inner.owner === fiber) return inner
    }
    return at
  }

  protected end(level: Level): void {
    level.state = "ended"
    this.turns.moveOut(level)
  }

  /** Marks the levels inside `from`, or all of them, as rolled back before their end. */
  protected cut(from: Level | undefined, why: SqlError.SqlError): void {
    for (
      let level: Level | undefined = this.turns.innermost;
      level !== from && level !== undefined;
      level = level.around
    ) {
      level.state = why
      this.turns.refuse(level, why)
    }
    this.turns.innermost = from ?? this.outermost
  }
}

const nameOf = (level: Level) => savepointOf(level.depth)
