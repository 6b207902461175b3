import type { Scope } from "effect"
import { Array as Arr, Cause, DefaultServices, Effect, Exit, Fiber, FiberId, FiberRefs, Option, Runtime } from "effect"
import { callersContext } from "../platform/asyncContext.ts"

type AnyFiber = Fiber.RuntimeFiber<unknown, unknown>

/** A caller's items, and who waits for the answers. */
interface Request<Item, Answer, E> {
  readonly items: ReadonlyArray<Item>
  readonly caller: AnyFiber
  readonly inItsContext: ReturnType<typeof callersContext>
  /** The number of turns that had begun before it was made. */
  readonly after: number
  /** True once its caller was interrupted. */
  isGivenUp: boolean
  /** The answer for its caller, once there is one. */
  answer: Effect.Effect<ReadonlyArray<Answer>, E> | undefined
  /** Resumes the fiber that waits for the answer. */
  resume: (answer: Effect.Effect<ReadonlyArray<Answer>, E>) => void
}

/** The waiting calls, for one transaction to take. */
export interface Waiting<Item> {
  /** True if there was one call, for one item, when the transaction was asked for. */
  readonly isOne: boolean
  /** Takes those that go together, and answers their items. From then on they are carried through, unless they are taken back. */
  readonly take: () => ReadonlyArray<Item>
  /** Lets those that were taken wait again, if nothing was written for them. */
  readonly takeBack: () => void
}

/**
 * Turns calls that would each be a transaction into one transaction for all that
 * wait for the database. A commit to disk costs about as much for a hundred rows
 * as for one.
 *
 * Answers a call for some items. It is all or none for these, whatever becomes of
 * the others: where a transaction for several calls fails for one of them, each is
 * made again by itself. Calls are in the order in which they were made. While a
 * call waits it can be interrupted, and then nothing is written for it. Once its
 * transaction has begun it is carried through, and interrupting it waits for that.
 *
 * The transactions run in fibers of their own that inherit from the fiber that
 * made this, so that one caller's annotations are in nobody else's lines; but
 * from the first caller its clock and scheduler, which a test may have replaced.
 * They end with the scope, which interrupts the calls that are not answered by
 * then.
 */
export const groupCommits = <Item, Answer, E>(
  /** One transaction. Takes those that wait once it has begun, and answers for each of their items, in order. */
  commit: (waiting: Waiting<Item>) => Effect.Effect<ReadonlyArray<Answer>, E>,
  { committed, idOf, isOfOne, most, mostBytes, sizeOf, tell }: {
    /** Two calls that name the same do not go together. */
    readonly idOf: (item: Item) => string
    /** True for an error that one item may be the cause of. Any other, as of a full disk, each call would meet by itself. */
    readonly isOfOne: (error: E) => boolean
    /** The most of a transaction; one call goes whatever its size. */
    readonly most: number
    readonly mostBytes: number
    readonly sizeOf: (item: Item) => number
    /**
     * Tells of a call that was committed, in the async context of its caller, whose
     * fiber waits. What it answers is run by that fiber before it goes on, also if it
     * was interrupted.
     */
    readonly tell: (
      items: ReadonlyArray<Item>,
      answers: ReadonlyArray<Answer>,
      caller: AnyFiber
    ) => Effect.Effect<void> | undefined
    /** Run once for each transaction that was committed, with the answers to all. */
    readonly committed: (answers: ReadonlyArray<Answer>) => Effect.Effect<void>
  }
): Effect.Effect<(items: ReadonlyArray<Item>) => Effect.Effect<ReadonlyArray<Answer>, E>, never, Scope.Scope> =>
  Effect.gen(function*() {
    type One = Request<Item, Answer, E>
    const runtime = yield* Effect.runtime()
    let waiting = new Set<One>()
    /** Those whose transaction has begun. */
    let group: Array<One> = []
    /** The fiber that runs the turns; undefined while no call waits. */
    let running: Fiber.RuntimeFiber<void> | undefined
    let turnsBegun = 0
    /** So many of the next turns take one call each, after a group that failed. */
    let single = 0

    /** Moves those that go together from `waiting` into `group`. */
    const take = (): ReadonlyArray<Item> => {
      let count = 0
      let bytes = 0
      const ids = new Set<string>()
      for (const one of waiting) {
        count += one.items.length
        for (const item of one.items) bytes += sizeOf(item)
        const isAgain = one.items.some((item) => ids.has(idOf(item)))
        if (group.length > 0 && (single > 0 || count > most || bytes > mostBytes || isAgain)) break
        for (const item of one.items) ids.add(idOf(item))
        waiting.delete(one)
        group.push(one)
      }
      single = Math.max(0, single - 1)
      return group.flatMap(({ items }) => items)
    }

    const answer = (one: One, exit: Exit.Exit<ReadonlyArray<Answer>, E>) =>
      one.inItsContext(() => {
        if (one.answer !== undefined) return
        const more = Exit.isSuccess(exit) ? tell(one.items, exit.value, one.caller) : undefined
        one.answer = more === undefined ? exit : Effect.zipRight(once(more), exit)
        one.resume(one.answer)
      })

    /** Puts the group back, before all others. Nothing was written for those that were given up meanwhile. */
    const takeBack = () => {
      const [givenUp, again] = Arr.partition(group, ({ isGivenUp }) => !isGivenUp)
      for (const one of givenUp) answer(one, Exit.interrupt(FiberId.none))
      waiting = new Set([...again, ...waiting])
      group = []
      return again.length
    }

    const isOfOneCall = (cause: Cause.Cause<E>) =>
      Cause.isDie(cause) || Option.exists(Cause.failureOption(cause), isOfOne)

    const isOne = () => {
      const [first] = waiting
      return waiting.size === 1 && first?.items.length === 1
    }

    /** One transaction, for those who wait when it begins. */
    const turn = Effect.suspend(() => {
      const number = ++turnsBegun
      group = []
      const fail = (cause: Cause.Cause<E>) => {
        // If it has not begun, those who have waited for it as long as anybody may wait hear so.
        const failed = group.length > 0 ? group : [...waiting].filter(({ after }) => after < number)
        for (const one of failed) {
          waiting.delete(one)
          answer(one, Exit.failCause(cause))
        }
      }
      // What throws must not end the turns, or every later call would wait forever.
      return Effect.exit(Effect.suspend(() => commit({ isOne: isOne(), take, takeBack }))).pipe(
        Effect.flatMap((exit) => {
          if (Exit.isFailure(exit)) {
            if (group.length <= 1 || !isOfOneCall(exit.cause)) fail(exit.cause)
            else single = takeBack()
            return Effect.void
          }
          let from = 0
          for (const one of group) answer(one, Exit.succeed(exit.value.slice(from, from += one.items.length)))
          return committed(exit.value)
        }),
        Effect.catchAllCause((cause) => Effect.sync(() => fail(cause)))
      )
    })

    /** Until nobody waits. */
    const turns: Effect.Effect<void> = Effect.flatMap(turn, () => {
      // Whoever has heard of this turn can ask again, and be in the next.
      if (waiting.size > 0) return Effect.zipRight(Effect.yieldNow(), turns)
      running = undefined
      return Effect.void
    })

    const giveUp = () => {
      running = undefined
      for (const one of [...group, ...waiting]) answer(one, Exit.interrupt(FiberId.none))
      waiting.clear()
    }
    yield* Effect.addFinalizer(() => running === undefined ? Effect.void : Effect.map(Fiber.interrupt(running), giveUp))

    const start = (caller: Fiber.RuntimeFiber<unknown, unknown>) => {
      const value = caller.getFiberRef(DefaultServices.currentServices)
      running = Runtime.runFork(runtime)(Effect.interruptible(turns), {
        // Not at once, so that fibers which are ready by now can ask as well.
        immediate: false,
        scheduler: caller.currentScheduler,
        updateRefs: (refs, fiberId) =>
          FiberRefs.updateAs(refs, { fiberId, fiberRef: DefaultServices.currentServices, value })
      })
    }

    /** Waits for the answer. Looks and begins to wait in one step: an answer that came between two would be missed. */
    const heard = (one: One) =>
      Effect.async<ReadonlyArray<Answer>, E>((resume) => {
        if (one.answer === undefined) one.resume = resume
        else resume(one.answer)
      })

    return (items) =>
      // No interruption comes between the call and its wait, or the call would be made and nobody wait for it.
      Effect.uninterruptibleMask((restore) =>
        Effect.withFiberRuntime((caller) => {
          const one: One = {
            items,
            caller,
            inItsContext: callersContext(),
            after: turnsBegun,
            isGivenUp: false,
            answer: undefined,
            resume: () => {}
          }
          waiting.add(one)
          if (running === undefined) start(caller)
          return Effect.onInterrupt(restore(heard(one)), () => {
            one.isGivenUp = true
            return waiting.delete(one) ? Effect.void : Effect.ignore(heard(one))
          })
        })
      )
  })

/** Runs an effect the first time, whole, and nothing after that. */
const once = (effect: Effect.Effect<void>): Effect.Effect<void> => {
  let isRun = false
  return Effect.uninterruptible(Effect.suspend(() => {
    if (isRun) return Effect.void
    isRun = true
    return effect
  }))
}
