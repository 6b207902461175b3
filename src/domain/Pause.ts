/** The queue or the kind that a pause is for: one of the two. */
export type PauseTarget =
  | { readonly queue: string; readonly kind?: undefined }
  | { readonly kind: string; readonly queue?: undefined }

/** A queue or a kind from which no worker claims until it is resumed. */
export interface Pause {
  readonly scope: "queue" | "kind"
  readonly name: string
  /** Epoch milliseconds. */
  readonly pausedAt: number
  /** The person or program that paused it, as they gave their name; null if they gave none. */
  readonly pausedBy: string | null
}

/** The scope and the name of a target, as the table of pauses has them. */
export const scopeOf = (target: PauseTarget): Pick<Pause, "scope" | "name"> =>
  target.queue === undefined ? { scope: "kind", name: target.kind } : { scope: "queue", name: target.queue }

/** The pauses that keep claims from a lane, which is a queue and a kind. */
export const pausesOf = (
  lane: { readonly queue: string; readonly kind: string },
  pauses: ReadonlyArray<Pause>
): ReadonlyArray<Pause> => pauses.filter(({ name, scope }) => lane[scope] === name)
