import type { Scope } from "effect"
import { Deferred, Duration, Effect, FiberId, Queue } from "effect"
import type { JobStore, WorkerBeat } from "../../store/JobStore.ts"
import { callStore } from "../callStore.ts"
import * as log from "../telemetry/workerLog.ts"

/*
 * The row that shows a worker to people. It is a hint: beats run beside the claims,
 * which wait for none, and one that fails is tried again at the next.
 */

/** The row of a worker. */
export interface WorkerRow {
  /** Has the worker tell of itself now, and not only at its next beat. Does not wait for it. */
  readonly beatNow: Effect.Effect<void>
  /** Ends the beats and deletes the row. Waits for at most this long. Its caller must be interruptible. */
  readonly forget: (within: Duration.DurationInput) => Effect.Effect<void>
}

/** As long as the default interval. A call that takes longer is given up, and others follow. */
const beatMayTake = Duration.seconds(30)

/**
 * Writes the row of a worker now and every `every`, until it is forgotten or the
 * scope closes. `beat` says what there is to tell.
 */
export const keepRow = ({ beat, every, store, worker }: {
  readonly store: typeof JobStore.Service
  readonly worker: string
  readonly every: Duration.Duration
  readonly beat: () => WorkerBeat
}): Effect.Effect<WorkerRow, never, Scope.Scope> =>
  Effect.gen(function*() {
    const asked = yield* Queue.sliding<void>(1)
    let isForgotten = false
    /** Waits for the answer to the last beat; undefined before the first. */
    let answered: Effect.Effect<void> | undefined
    /** The last failure that was logged, until a beat succeeds. */
    let logged: string | undefined

    const write = Effect.suspend(() => {
      if (isForgotten) return Effect.void
      const done = Deferred.unsafeMake<void>(FiberId.none)
      answered = Deferred.await(done)
      return Effect.ensuring(store.beatWorker(beat()), Deferred.succeed(done, undefined))
    })

    const beatOnce = Effect.matchEffect(callStore("beatWorker", beatMayTake, () => write), {
      onSuccess: () => Effect.sync(() => void (logged = undefined)),
      // The polls say so again and again where the database is away. What lasts, such as a missing right, is said once.
      onFailure: (error) =>
        Effect.suspend(() => {
          const isNew = logged !== String(error)
          logged = String(error)
          return isNew ? log.storeUnavailable("beat", error) : Effect.void
        })
    })

    yield* Effect.zipRight(beatOnce, Effect.timeoutOption(Queue.take(asked), every)).pipe(
      Effect.forever,
      Effect.forkScoped
    )

    /** A beat that is under way may be written after its row was deleted. So it is waited for. */
    const erase = Effect.suspend(() => {
      isForgotten = true
      return answered === undefined ? Effect.void : Effect.zipRight(answered, store.forgetWorker(worker))
    })

    return {
      beatNow: Effect.asVoid(Queue.offer(asked, undefined)),
      forget: (within) => Effect.catchAll(callStore("forgetWorker", within, () => erase), log.rowLeftBehind)
    }
  })
