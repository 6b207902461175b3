import type { Pause } from "../../domain/Pause.ts"
import type { Client } from "./client.ts"

/** The queue or the kind that a pause stops. */
export type Target = Pick<Pause, "scope" | "name">

/** The answer to a pause. Where the queue or kind was paused already, that pause stays as it was. */
export interface Paused {
  readonly pause: Pause
  /** False if somebody had paused it before. */
  readonly isNew: boolean
}

const path = ({ name, scope }: Target) => `pauses/${scope}/${encodeURIComponent(name)}`

const pauseNow = async (client: Client, { name, scope }: Target): Promise<Pause | undefined> => {
  const { pauses } = await client.ask<{ readonly pauses: ReadonlyArray<Pause> }>("GET", "pauses")
  return pauses.find((pause) => pause.scope === scope && pause.name === name)
}

const isSame = (left: Pause, right: Pause) => left.pausedAt === right.pausedAt && left.pausedBy === right.pausedBy

/** Pauses a queue or a kind; `by` is "" for no name. Throws `ApiError`. */
export const pause = async (client: Client, target: Target, by: string): Promise<Paused> => {
  const before = await pauseNow(client, target)
  const pause = await client.ask<Pause>("PUT", path(target), by === "" ? {} : { by })
  // Between the two requests another person may have paused it.
  const isNew = (before === undefined || !isSame(before, pause)) && (pause.pausedBy ?? "") === by
  return { pause, isNew }
}

/** Resumes a queue or a kind. False if it was not paused. Throws `ApiError`. */
export const resume = async (client: Client, target: Target): Promise<boolean> =>
  (await client.ask<{ readonly resumed: boolean }>("DELETE", path(target))).resumed

/** Takes back a pause, and no other that has come in its place. False if it is not there any more. Throws `ApiError`. */
export const undoPause = async (client: Client, made: Pause): Promise<boolean> => {
  const now = await pauseNow(client, made)
  return now !== undefined && isSame(now, made) && await resume(client, made)
}
