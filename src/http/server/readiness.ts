import { Clock, Duration, Effect, Schedule } from "effect"
import type { Scope } from "effect"
import type { JobQueueService } from "../../index.ts"
import { LoopDelay } from "../../index.ts"
import { inBackground } from "../inBackground.ts"

/** A reason for which a server is not ready: a word for programs, and a sentence for people. */
export interface Unready {
  readonly reason: "store" | "loop" | "app"
  readonly message: string
}

/** Tells whether it is ready. Asks the store nothing, so that anyone may ask as often as they like. */
export type Readiness = Effect.Effect<ReadonlyArray<Unready>>

/** The store is asked this often. */
const every = "5 seconds"

/** Two looks may fail, or one be slow, before somebody is told. */
const longestSilence = 20_000

/** A loop that was blocked for this long within the last look's span serves nobody. */
const longestDelay = 2_000

/**
 * Looks at the store, and at the event loop, until the scope closes.
 *
 * `also` is the app's own question: a sentence for each thing that is wrong.
 */
export const makeReadiness = (
  queue: JobQueueService,
  also: Effect.Effect<ReadonlyArray<string>>
): Effect.Effect<Readiness, never, Scope.Scope> =>
  Effect.gen(function*() {
    const loop = yield* LoopDelay
    let answeredAt: number | undefined
    /** The longest delay of this span and of the one before. */
    let delays: readonly [number, number] = [0, 0]
    yield* loop.watch((late) => {
      delays = [Math.max(delays[0], late), delays[1]]
    })
    const look = Effect.gen(function*() {
      delays = [0, delays[0]]
      yield* queue.pauses
      answeredAt = yield* Clock.currentTimeMillis
    }).pipe(
      // A request or a worker that needs the store logs the cause.
      Effect.catchAll((error) => Effect.logDebug("The job store did not answer a look", error))
    )
    yield* inBackground(Effect.repeat(look, Schedule.spaced(every)))

    return Effect.gen(function*() {
      const now = yield* Clock.currentTimeMillis
      const unready: Array<Unready> = []
      if (answeredAt === undefined) {
        unready.push({ reason: "store", message: "The job store has not answered since the start" })
      } else if (now - answeredAt > longestSilence) {
        unready.push({ reason: "store", message: `The job store last answered ${spanText(now - answeredAt)} ago` })
      }
      const late = Math.max(...delays, loop.overdue())
      if (late > longestDelay) {
        unready.push({ reason: "loop", message: `The event loop was blocked for ${spanText(late)}` })
      }
      for (const message of yield* also) unready.push({ reason: "app", message })
      return unready
    })
  })

const spanText = (millis: number) => Duration.format(Duration.seconds(Math.round(Math.max(0, millis) / 1000)))
