import type { Either } from "effect"
import { Effect, Exit } from "effect"
import type { LeaseLost } from "../../domain/errors.ts"
import { EventLoop } from "../../platform/EventLoop.ts"
import { together } from "../../store/chunks.ts"
import type { Extended, JobStore, StoreFailure } from "../../store/JobStore.ts"
import { exitOf } from "../../store/JobStore.ts"
import { callStore } from "../callStore.ts"
import { awaitAnswer, groupCalls } from "../groupCalls.ts"

/**
 * Extends the lease of one job. Leases that are extended together, as those of a
 * claim are at each beat, reach the store as one call: alone each takes ten times
 * as long, and ten thousand jobs would never be done.
 *
 * Fails when there is no answer within the milliseconds given. The extension may
 * have happened all the same.
 */
export type Extend = (
  item: Extension,
  within: number
) => Effect.Effect<Either.Either<Extended, LeaseLost>, StoreFailure>

type Extension = Parameters<(typeof JobStore.Service)["extend"]>[0][number]

/** The extensions of one worker. */
export const makeExtend = (store: typeof JobStore.Service): Effect.Effect<Extend> => {
  interface Beat {
    readonly item: Extension
    readonly within: number
  }
  const send = (beats: ReadonlyArray<Beat>) =>
    callStore(
      "extend",
      Math.min(...beats.map(({ within }) => within)),
      () => store.extend(beats.map(({ item }) => item))
    ).pipe(
      Effect.match({
        onFailure: (error) => beats.map(() => Exit.fail(error)),
        onSuccess: (answers) => answers.map(exitOf)
      })
    )
  return EventLoop.pipe(
    // Timers that are due together fire in one turn of the loop, but not in one of the scheduler.
    Effect.flatMap(({ turn }) =>
      groupCalls<Beat, Either.Either<Extended, LeaseLost>, StoreFailure>(send, {
        ...together,
        gathering: turn,
        sizeOf: () => 0
      })
    ),
    Effect.map((extend) => (item, within) => awaitAnswer(extend, { item, within }))
  )
}
