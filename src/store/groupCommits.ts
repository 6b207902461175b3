import type { Fiber } from "effect"
import { Cause, DefaultServices, Deferred, Effect, Exit, FiberId, FiberRefs, Option, Runtime } from "effect"
import { callersContext } from "../platform/asyncContext.ts"

/** A caller's items, and who waits for the answers. */
interface Request<Item, Answer, E> {
  readonly items: ReadonlyArray<Item>
  readonly answers: Deferred.Deferred<ReadonlyArray<Answer>, E>
  readonly inItsContext: ReturnType<typeof callersContext>
}

/**
 * Turns calls that would each be a transaction into one transaction for all that
 * wait for the database. A commit to disk costs about as much for a hundred rows
 * as for one.
 *
 * Answers a call for some items. It is all or none for these, whatever becomes of
 * the others: where a transaction for several calls fails for one of them, each is
 * made again by itself. Calls are in the order in which they were made. While a call waits it
 * can be interrupted, and then nothing is written for it. Once its transaction
 * has begun it is carried through, and interrupting it waits for that.
 *
 * The transactions run in fibers of their own that inherit from the fiber that
 * made this, so that one caller's annotations are in nobody else's lines; but
 * from the first caller its clock and scheduler, which a test may have replaced.
 */
export const groupCommits = <Item, Answer, E>(
  /** One transaction. Calls `take` once it has begun, and answers for each item that this gives, in order. */
  commit: (take: () => ReadonlyArray<Item>) => Effect.Effect<ReadonlyArray<Answer>, E>,
  { isOfOne, most, mostBytes, sizeOf }: {
    /** True for an error that one item may be the cause of. Any other, as of a full disk, each call would meet by itself. */
    readonly isOfOne: (error: E) => boolean
    /** The most of a transaction; one call goes whatever its size. */
    readonly most: number
    readonly mostBytes: number
    readonly sizeOf: (item: Item) => number
  }
): Effect.Effect<(items: ReadonlyArray<Item>) => Effect.Effect<ReadonlyArray<Answer>, E>> =>
  Effect.map(Effect.runtime(), (runtime) => {
    type One = Request<Item, Answer, E>
    const waiting = new Set<One>()
    let isRunning = false

    /** Takes those that go together. */
    const takeGroup = (): ReadonlyArray<One> => {
      const group: Array<One> = []
      let count = 0
      let bytes = 0
      for (const one of waiting) {
        count += one.items.length
        for (const item of one.items) bytes += sizeOf(item)
        if (group.length > 0 && (count > most || bytes > mostBytes)) break
        waiting.delete(one)
        group.push(one)
      }
      return group
    }

    const answer = ({ answers, inItsContext }: One, exit: Exit.Exit<ReadonlyArray<Answer>, E>) =>
      inItsContext(() => Deferred.unsafeDone(answers, exit))

    // What throws before there is an effect must not end the turns either, or every later call would wait for ever.
    const committing = (take: () => ReadonlyArray<Item>) => Effect.exit(Effect.suspend(() => commit(take)))

    const alone = (one: One) => Effect.map(committing(() => one.items), (exit) => answer(one, exit))

    /** One transaction, for whoever waits when it begins. */
    const turn = Effect.suspend(() => {
      const here = [...waiting]
      let group: ReadonlyArray<One> = []
      const take = () => {
        group = takeGroup()
        return group.flatMap(({ items }) => items)
      }
      return Effect.flatMap(committing(take), (exit) => {
        if (Exit.isSuccess(exit)) {
          let from = 0
          for (const one of group) answer(one, Exit.succeed(exit.value.slice(from, from += one.items.length)))
          return Effect.void
        }
        if (group.length > 1 && Option.exists(Cause.failureOption(exit.cause), isOfOne)) {
          return Effect.forEach(group, alone, { discard: true })
        }
        // If it has not begun, those who have waited for it as long as anybody may wait hear so.
        const failed = group.length > 0 ? group : here.filter((one) => waiting.delete(one))
        for (const one of failed) answer(one, exit)
        return Effect.void
      })
    })

    /** Until nobody waits. */
    const turns: Effect.Effect<void> = Effect.flatMap(turn, () => {
      isRunning = waiting.size > 0
      // Whoever has heard of this turn can ask again, and be in the next.
      return isRunning ? Effect.zipRight(Effect.yieldNow(), turns) : Effect.void
    })

    const start = (caller: Fiber.RuntimeFiber<unknown, unknown>) => {
      isRunning = true
      const value = caller.getFiberRef(DefaultServices.currentServices)
      Runtime.runFork(runtime)(Effect.interruptible(turns), {
        // Not at once, so that fibers which are ready by now can ask as well.
        immediate: false,
        scheduler: caller.currentScheduler,
        updateRefs: (refs, fiberId) =>
          FiberRefs.updateAs(refs, { fiberId, fiberRef: DefaultServices.currentServices, value })
      })
    }

    return (items) =>
      // No interruption comes between the call and its wait, or the call would be made and nobody wait for it.
      Effect.uninterruptibleMask((restore) =>
        Effect.withFiberRuntime((caller) => {
          const one: One = { items, answers: Deferred.unsafeMake(FiberId.none), inItsContext: callersContext() }
          waiting.add(one)
          if (!isRunning) start(caller)
          const answered = Deferred.await(one.answers)
          return Effect.onInterrupt(
            restore(answered),
            () => waiting.delete(one) ? Effect.void : Effect.ignore(answered)
          )
        })
      )
  })
