import type * as SqlError from "@effect/sql/SqlError"
import { Deferred, Effect, Fiber, FiberId } from "effect"
import { AsyncLocalStorage } from "node:async_hooks"
import { stuck } from "./transactionErrors.ts"

/**
 * The longest that a part of a transaction waits for another in which nothing
 * happens. Two that wait for each other would never end, and hold the connection.
 */
const stillFor = "30 seconds"

/** The interruptibility of a wait: that of the caller, or, with `Effect.interruptible`, always interruptible. */
export type Wait = <A, E, R>(effect: Effect.Effect<A, E, R>) => Effect.Effect<A, E, R>

/** A fiber's place in the order in which a transaction's parts use the connection. */
export interface Turn<Level> {
  level: Level
  given: boolean
  /** The level whose turn it is, or undefined when all levels have ended. */
  readonly answer: Deferred.Deferred<Level | undefined, SqlError.SqlError>
  /** Enters the async context that the fiber waits in; without it the fiber would go on in that of the one before it. */
  readonly inItsContext: ReturnType<typeof AsyncLocalStorage.snapshot>
}

/** The parts of a level that its turns need. */
interface Turnable<Level> {
  readonly around: Level | undefined
  readonly state: "open" | "ended" | SqlError.SqlError
  /** Those who wait for a turn at this level, in the order in which they came. */
  readonly waiting: Set<Turn<Level>>
}

/** Gives the connection of a transaction to one fiber at a time, and to none but those at its innermost level. */
export class Turns<Level extends Turnable<Level>> {
  innermost: Level
  private readonly outermost: Level
  private isBusy = false
  private begun = 0
  private readonly urgent = new Set<Turn<Level>>()
  private isWatched = false
  private watch: Fiber.RuntimeFiber<void> | undefined

  constructor(outermost: Level) {
    this.outermost = this.innermost = outermost
  }

  /**
   * Joins the line now. The effect it returns waits for the turn, and succeeds with
   * undefined if the level and all around it end first.
   */
  take(level: Level, wait: Wait): Effect.Effect<Level | undefined, SqlError.SqlError> {
    if (this.isBusy || level !== this.innermost) {
      return Effect.zipRight(this.watchOver, this.wait(level, level.waiting, wait))
    }
    this.isBusy = true
    this.begun += 1
    return Effect.succeed(level)
  }

  /** Waits only for what runs at the moment. */
  takeNow(level: Level): Effect.Effect<void> {
    return Effect.suspend(() => {
      if (this.isBusy) return Effect.orDie(this.wait(level, this.urgent, (effect) => effect))
      this.isBusy = true
      return Effect.void
    })
  }

  /** Ends a turn, begins the next, and answers `then`. */
  passOn<A>(then: A): A {
    const line = this.urgent.size > 0 ? this.urgent : this.innermost.waiting
    const [next] = line
    this.isBusy = next !== undefined
    if (next === undefined) return then
    line.delete(next)
    next.given = true
    this.begun += 1
    next.inItsContext(() => Deferred.unsafeDone(next.answer, Effect.succeed(next.level)))
    return then
  }

  /** Has those who wait for a level wait for the one around it, now that the level has ended. */
  moveOut(level: Level): void {
    const { around } = level
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

  /** Fails all who wait for a level. */
  refuse({ waiting }: Level, why: SqlError.SqlError): void {
    for (const turn of waiting) turn.inItsContext(() => Deferred.unsafeDone(turn.answer, Effect.fail(why)))
    waiting.clear()
  }

  /** Ends what runs in the background. */
  readonly close = Effect.suspend(() => this.watch === undefined ? Effect.void : Fiber.interruptFork(this.watch))

  private wait(level: Level, line: Set<Turn<Level>>, wait: Wait) {
    const turn: Turn<Level> = {
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

  /** Refuses what waits for a level in which nothing happens. */
  private readonly watchOver = Effect.suspend(() => {
    if (this.isWatched) return Effect.void
    this.isWatched = true
    const watch = Effect.gen(this, function*() {
      while (this.outermost.state === "open") {
        const before = this.begun
        yield* Effect.sleep(stillFor)
        if (this.begun > before || this.isBusy) continue
        for (let level = this.innermost.around; level !== undefined; level = level.around) {
          this.refuse(level, stuck)
        }
      }
    })
    return Effect.flatMap(Effect.forkDaemon(Effect.interruptible(watch)), (fiber) => {
      this.watch = fiber
      return this.outermost.state === "open" ? Effect.void : this.close
    })
  })
}
