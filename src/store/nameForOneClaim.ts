import { Effect } from "effect"
import { ClaimMark } from "../platform/ClaimMark.ts"

/** Before the part of a name that one claim alone has. */
const separator = "#"

/** A name of the worker's that no other claim has, also not one of a worker elsewhere that was given the same name. */
export const nameForOneClaim = (worker: string): Effect.Effect<string> =>
  Effect.flatMap(ClaimMark, ({ draw }) => Effect.map(draw, (mark) => `${worker}${separator}${mark}`))

/** True if a lease in this name belongs to the worker. */
export const isNameOf = (worker: string, name: string): boolean =>
  name === worker || name.startsWith(`${worker}${separator}`)
