import { Effect, Exit, FiberId, Runtime } from "effect"

/** Something that is asked for one item, and answered with others. */
interface Request<Item, Answer, Failure> {
  readonly item: Item
  readonly resume: (exit: Exit.Exit<Answer, Failure>) => void
}

/**
 * Turns a call for many items into calls for one. Items that fibers ask for in
 * the same turn of the scheduler go together.
 *
 * A fiber that is interrupted while it waits leaves the group if that was not
 * sent yet. A call that was sent is not interrupted, and must end by itself.
 * Groups do not wait for each other.
 */
export const groupCalls = <Item, Answer, Failure>(
  call: (items: ReadonlyArray<Item>) => Effect.Effect<ReadonlyArray<Exit.Exit<Answer, Failure>>>,
  { most, mostBytes, sizeOf }: {
    /** The most items of a call. */
    readonly most: number
    /** The most bytes of a call's items together; one item goes whatever its size. */
    readonly mostBytes: number
    readonly sizeOf: (item: Item) => number
  }
): Effect.Effect<(item: Item) => Effect.Effect<Answer, Failure>> =>
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
      const send = Effect.suspend(() => {
        group = waiting.splice(0, fitting())
        if (waiting.length > 0) sendLater()
        return group.length === 0 ? Effect.succeed([]) : call(group.map(({ item }) => item))
      })
      // Not at once, so that fibers which became ready with the first to ask can ask as well.
      const fiber = Runtime.runFork(runtime)(Effect.interruptible(send), { immediate: false })
      // Told by an observer and not by the fiber, which has ended when its callers go on.
      fiber.addObserver((answers) => {
        group.forEach(({ resume }, index) =>
          resume(Exit.flatMap(answers, (all) => all[index] ?? Exit.interrupt(FiberId.none)))
        )
      })
    }

    return (item) =>
      Effect.async<Answer, Failure>((resume) => {
        const request = { item, resume }
        waiting.push(request)
        if (waiting.length === 1) sendLater()
        return Effect.sync(() => void (waiting = waiting.filter((one) => one !== request)))
      })
  })
