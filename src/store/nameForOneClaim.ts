import type { Context } from "effect"
import { Effect } from "effect"
import { ClaimMark } from "../platform/ClaimMark.ts"
import type { ClaimRequest } from "./JobStore.ts"

/** Before the part of a name that one claim alone has. */
const separator = "#"

/**
 * The request of a claim in the name that its leases are to carry.
 *
 * A claim inside the caller's transaction has a name that no other claim has,
 * also not one of a worker elsewhere with the same name. A rollback gives the
 * attempt's number back, and the next claim of the same worker takes it: by
 * attempt and worker alone, the lease that was rolled back could settle that.
 * A claim by itself has committed before it is answered.
 */
export const nameForOneClaim = (
  request: ClaimRequest,
  isInside: (context: Context.Context<never>) => boolean
): Effect.Effect<ClaimRequest> =>
  Effect.contextWithEffect((context: Context.Context<never>) =>
    isInside(context)
      ? Effect.flatMap(
        ClaimMark,
        ({ draw }) => Effect.map(draw, (mark) => ({ ...request, worker: `${request.worker}${separator}${mark}` }))
      )
      : Effect.succeed(request)
  )

/** True if a lease in this name belongs to the worker. */
export const isNameOf = (worker: string, name: string): boolean =>
  name === worker || name.startsWith(`${worker}${separator}`)
