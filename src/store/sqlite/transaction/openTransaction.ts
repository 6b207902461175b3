import type * as SqlConnection from "@effect/sql/SqlConnection"
import type * as SqlError from "@effect/sql/SqlError"
import { Cause, Deferred, Effect, Fiber, FiberId, Predicate } from "effect"
import { AsyncLocalStorage } from "node:async_hooks"
import { giveWay } from "../../../platform/EventLoop.ts"
import type { Reservable, Wait } from "../connection.ts"
import { isSqlError } from "../../isSqlError.ts"
import { savepointOf, Savepoints } from "./savepoints.ts"
import { command, isInTransaction, refusedInside, rollBack } from "./transactionControl.ts"
import { outerRolledBack, rolledBackAfter, stuck } from "./transactionErrors.ts"

type Connection = SqlConnection.Connection
type AnyFiber = Fiber.RuntimeFiber<unknown, unknown>

/**
 * The longest that a part of a transaction waits for another in which nothing
 * happens. Two that wait for each other would never end, and hold the connection.
 */
const stillFor = "30 seconds"

/** A fiber's place in the order in which a transaction's parts use the connection. */
interface Turn {
  level: Level
  given: boolean
  /** The level whose turn it is, or undefined when all levels have ended. */
  readonly answer: Deferred.Deferred<Level | undefined, SqlError.SqlError>
  /** Enters the async context that the fiber waits in; without it the fiber would go on in that of the one before it. */
  readonly inItsContext: ReturnType<typeof AsyncLocalStorage.snapshot>
}

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
  readonly waiting = new Set<Turn>()
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
    this.transaction.connection.executeStream(...statement)
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
 * When a statement fails, SQLite may have rolled back the whole transaction. The
 * next statement would then be committed by itself. So the transaction checks that
 * it still exists, and otherwise refuses all that follows.
 */
export class OpenTransaction {
  /** Identifies the client that began it: everything that wraps a client keeps its `reserve`. */
  readonly client: Reservable["reserve"]
  readonly connection: Connection
  /** Runs the statements of fibers that outlive the transaction. */
  private readonly afterwards: Connection
  /** False for a transaction of an app's own client, which is never rolled back as a whole. */
  private readonly isOurs: boolean
  private readonly outermost: Level
  private innermost: Level
  private isBusy = false
  private turns = 0
  private readonly urgent = new Set<Turn>()
  private isWatched = false
  private watch: AnyFiber | undefined

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
    this.outermost = this.innermost = new Level(this, undefined, owner)
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
      return refused === undefined ? this.innermost.savepoints.run(text, run(connection)) : Effect.fail(refused)
    }, Effect.suspend(() => run(this.afterwards)))
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
              return Effect.map(command(connection, `SAVEPOINT ${nameOf(nested)}`), () => this.innermost = nested)
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
          command(connection, level.around === undefined ? "COMMIT" : `RELEASE SAVEPOINT ${nameOf(level)}`),
          () => this.end(level)
        )
      )
    )
  }

  /** Rolls a level back with the levels inside it, which refuse every statement from then on. Not to be interrupted. */
  undo(level: Level): Effect.Effect<void> {
    const { around } = level
    return Effect.zipRight(
      this.takeNow(level),
      this.use((connection) => {
        if (level.state !== "open") return Effect.void
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
  readonly close = Effect.suspend(() => this.watch === undefined ? Effect.void : Fiber.interruptFork(this.watch))

  /** Runs an effect whose turn it is, and passes the turn on. */
  private use<A, E, R>(use: (connection: Connection) => Effect.Effect<A, E, R>): Effect.Effect<A, E, R> {
    return Effect.matchCauseEffect(Effect.suspend(() => use(this.connection)), {
      onFailure: (cause) =>
        Effect.zipRight(this.look(cause), Effect.suspend(() => this.passOn(Effect.failCause(cause)))),
      onSuccess: (answer) => this.passOn(Effect.succeed(answer))
    })
  }

  /** Checks that the transaction still exists after something has failed in it. */
  private look(cause: Cause.Cause<unknown>): Effect.Effect<void> {
    if (this.outermost.state !== "open") return Effect.void
    return Effect.map(isInTransaction(this.connection), (isThere) => {
      if (!isThere) this.cut(undefined, rolledBackAfter(Cause.squash(cause)))
    })
  }

  /** Waits until it is the level's turn. */
  private take(level: Level, wait: Wait): Effect.Effect<Level | undefined, SqlError.SqlError> {
    return Effect.withFiberRuntime((fiber) => {
      const at = this.standing(level, fiber)
      if (at === undefined) return Effect.succeed(undefined)
      if (isSqlError(at.state)) return Effect.fail(at.state)
      if (this.isBusy || at !== this.innermost) return Effect.zipRight(this.watchOver, this.wait(at, at.waiting, wait))
      this.isBusy = true
      this.turns += 1
      return Effect.succeed(at)
    })
  }

  /** Waits only for what runs at the moment. */
  private takeNow(level: Level): Effect.Effect<void> {
    return Effect.suspend(() => {
      if (this.isBusy) return Effect.orDie(this.wait(level, this.urgent, (effect) => effect))
      this.isBusy = true
      return Effect.void
    })
  }

  private wait(level: Level, line: Set<Turn>, wait: Wait) {
    const turn: Turn = {
      level,
      given: false,
      answer: Deferred.unsafeMake(FiberId.none),
      inItsContext: AsyncLocalStorage.snapshot()
    }
    line.add(turn)
    return Effect.onInterrupt(wait(Deferred.await(turn.answer)), () =>
      Effect.suspend(() => {
        if (turn.given) return this.passOn(Effect.void)
        turn.level.waiting.delete(turn)
        return Effect.void
      }))
  }

  private passOn<A>(then: A): A {
    const line = this.urgent.size > 0 ? this.urgent : this.innermost.waiting
    const [next] = line
    this.isBusy = next !== undefined
    if (next === undefined) return then
    line.delete(next)
    next.given = true
    this.turns += 1
    next.inItsContext(() => Deferred.unsafeDone(next.answer, Effect.succeed(next.level)))
    return then
  }

  /** The level that what a fiber does at `level` is part of: the nearest that has not ended, or one inside it that the fiber began. */
  private standing(level: Level, fiber: AnyFiber): Level | undefined {
    let at: Level | undefined = level
    while (at?.state === "ended") at = at.around
    if (at?.state !== "open") return at
    for (let inner: Level | undefined = this.innermost; inner !== at && inner !== undefined; inner = inner.around) {
      if (inner.owner === fiber) return inner
    }
    return at
  }

  private end(level: Level): void {
    const { around } = level
    level.state = "ended"
    this.innermost = around ?? level
    for (const turn of level.waiting) {
      if (around === undefined) {
        turn.inItsContext(() => Deferred.unsafeDone(turn.answer, Effect.succeed(undefined)))
      } else {
        turn.level = around
        around.waiting.add(turn)
      }
    }
    level.waiting.clear()
  }

  /** Marks the levels inside `from`, or all of them, as rolled back before their end. */
  private cut(from: Level | undefined, why: SqlError.SqlError): void {
    for (let level: Level | undefined = this.innermost; level !== from && level !== undefined; level = level.around) {
      level.state = why
      this.refuse(level.waiting, why)
    }
    this.innermost = from ?? this.outermost
  }

  private refuse(waiting: Set<Turn>, why: SqlError.SqlError): void {
    for (const turn of waiting) turn.inItsContext(() => Deferred.unsafeDone(turn.answer, Effect.fail(why)))
    waiting.clear()
  }

  /** Refuses what waits for a level in which nothing happens. */
  private readonly watchOver = Effect.suspend(() => {
    if (this.isWatched) return Effect.void
    this.isWatched = true
    const watch = Effect.gen(this, function*() {
      while (this.outermost.state === "open") {
        const before = this.turns
        yield* Effect.sleep(stillFor)
        if (this.turns > before || this.isBusy) continue
        for (let level = this.innermost.around; level !== undefined; level = level.around) {
          this.refuse(level.waiting, stuck)
        }
      }
    })
    return Effect.flatMap(Effect.forkDaemon(Effect.interruptible(watch)), (fiber) => {
      this.watch = fiber
      return this.outermost.state === "open" ? Effect.void : this.close
    })
  })
}

const nameOf = (level: Level) => savepointOf(level.depth)
