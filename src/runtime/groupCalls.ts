import { Effect, Exit, FiberId, Runtime } from "effect"

/** A call for one item, which is answered together with others. */
interface Request<Item, Answer, Failure> {
  readonly item: Item
  readonly resume: (exit: Exit.Exit<Answer, Failure>) => void
  /** Lets go of an answer that is under way. */
  letGo: () => void
}

/**
 * Makes the call for one item. `resume` gets the answer, outside of any fiber.
 * Answers a function that takes the item back: before its group was sent it is
 * left out of it.
 */
export type GroupedCall<Item, Answer, Failure> = (
  item: Item,
  resume: (exit: Exit.Exit<Answer, Failure>) => void
) => () => void

/**
 * Turns a call for many items into calls for one. Items that are asked for in the
 * same turn of the scheduler, and those that come while the group is gathering, go
 * together. Groups do not wait for each other. A call must end by itself.
 */
export const groupCalls = <Item, Answer, Failure>(
  call: (items: ReadonlyArray<Item>) => Effect.Effect<ReadonlyArray<Exit.Exit<Answer, Failure>>>,
  { gathering = Effect.void, isWithdrawn = false, most, mostBytes, sizeOf }: {
    /** A group is sent after this. Items that are asked for meanwhile join it. */
    readonly gathering?: Effect.Effect<void>
    /** Interrupts a call that was sent once all of its items were taken back. Otherwise it goes on. */
    readonly isWithdrawn?: boolean
    /** The most items of a call. */
    readonly most: number
    /** The most bytes of a call's items together; one item goes whatever its size. */
    readonly mostBytes: number
    readonly sizeOf: (item: Item) => number
  }
): Effect.Effect<GroupedCall<Item, Answer, Failure>> =>
  Effect.map(Effect.runtime(), (runtime) => {
    let waiting: Array<Request<Item, Answer, Failure>> = []

    /** The number of those waiting that go together. */
    const fitting = () => {
      let bytes = 0
      const tooMany = waiting.findIndex(({ item }, index) => {
        bytes += sizeOf(item)
        return index > 0 && (index >= most || bytes > mostBytes)
      })
      return tooMany === -1 ? waiting.length : tooMany
    }

    const sendLater = () => {
      let group: ReadonlyArray<Request<Item, Answer, Failure>> = []
      const send = Effect.zipRight(
        gathering,
        Effect.suspend(() => {
          group = waiting.splice(0, fitting())
          if (waiting.length > 0) sendLater()
          if (isWithdrawn) withdrawWith(group)
          return group.length === 0 ? Effect.succeed([]) : call(group.map(({ item }) => item))
        })
      )
      // Not at once, so that fibers which became ready with the first to ask can ask as well.
      const fiber = Runtime.runFork(runtime)(Effect.interruptible(send), { immediate: false })
      const withdrawWith = (group: ReadonlyArray<Request<Item, Answer, Failure>>) => {
        let left = group.length
        for (const request of group) {
          request.letGo = () => {
            if (--left === 0) fiber.unsafeInterruptAsFork(FiberId.none)
          }
        }
      }
      // Told by an observer and not by the fiber, which has ended when its callers go on.
      fiber.addObserver((answers) => {
        group.forEach(({ resume }, index) =>
          resume(Exit.flatMap(answers, (all) => all[index] ?? Exit.interrupt(FiberId.none)))
        )
      })
    }

    return (item, resume) => {
      const request: Request<Item, Answer, Failure> = {
        item,
        resume,
        letGo: () => void (waiting = waiting.filter((one) => one !== request))
      }
      waiting.push(request)
      if (waiting.length === 1) sendLater()
      return () => request.letGo()
    }
  })

/** The answer to one item, for a fiber. */
export const awaitAnswer = <Item, Answer, Failure>(
  call: GroupedCall<Item, Answer, Failure>,
  item: Item
): Effect.Effect<Answer, Failure> =>
  Effect.async((resume) => {
    const takeBack = call(item, resume)
    return Effect.sync(takeBack)
  })
