import type { Either } from "effect"
import { Effect, Exit } from "effect"
import type { LeaseLost } from "../../domain/errors.ts"
import { StoreError } from "../../domain/errors.ts"
import { EventLoop } from "../../platform/EventLoop.ts"
import { monotonicMillis } from "../../platform/monotonic.ts"
import { together } from "../../store/chunks.ts"
import type { Extended, Fenced, JobStore, StoreFailure } from "../../store/JobStore.ts"
import { exitOf } from "../../store/JobStore.ts"
import { callStore } from "../callStore.ts"
import { awaitAnswer, groupCalls } from "../groupCalls.ts"

/**
 * Extends the lease of one job. Leases that are extended together, as those of a
 * claim are at each beat, reach the store as one call: alone each takes several
 * times as long.
 *
 * `answerBy` is a monotonic millisecond. At the earliest of its group, an extension
 * without an answer fails. It may have happened all the same, unless it still
 * waited for the store: then it is withdrawn. So is a group that nobody waits for
 * any more.
 */
export type Extend = (item: Extension, answerBy: number) => Effect.Effect<Answer, StoreFailure>

type Extension = Parameters<(typeof JobStore.Service)["extend"]>[0][number]

type Answer = Either.Either<Extended, LeaseLost>

interface Beat {
  readonly item: Extension
  readonly answerBy: number
}

/** The extensions of one worker. */
export const makeExtend = (store: typeof JobStore.Service): Effect.Effect<Extend> => {
  const extendAll = (beats: ReadonlyArray<Beat>) =>
    Effect.map(
      store.extend(beats.map(({ item }) => item)),
      (answers) => beats.map((_, index) => answerOf(answers[index]))
    )
  const send = (beats: ReadonlyArray<Beat>) =>
    Effect.flatMap(monotonicMillis, (now) => {
      const left = Math.min(...beats.map(({ answerBy }) => answerBy)) - now
      return callStore("extend", Math.max(0, left), () => extendAll(beats))
    }).pipe(
      Effect.catchAll((error) => Effect.succeed(beats.map(() => Exit.fail(error))))
    )
  return EventLoop.pipe(
    // Timers that are due together fire in one turn of the loop, but not in one of the scheduler.
    Effect.flatMap(({ turn }) =>
      groupCalls<Beat, Answer, StoreFailure>(send, {
        ...together,
        gathering: turn,
        isWithdrawn: true,
        sizeOf: () => 0
      })
    ),
    Effect.map((extend) => (item, answerBy) => awaitAnswer(extend, { item, answerBy }))
  )
}

/** A heart must not stop because a store has forgotten one of its items. */
const answerOf = (answer: Fenced<Extended> | undefined): Exit.Exit<Answer, StoreFailure> =>
  answer === undefined
    ? Exit.fail(new StoreError({ operation: "extend", cause: new Error("the store has not answered for a lease") }))
    : exitOf(answer)
