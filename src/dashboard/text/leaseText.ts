import { spanText } from "./format.ts"

/** The facts about a lease that a person reads. */
export interface LeaseState {
  /** Milliseconds since the last claim or extension. */
  readonly age: number
  /** Milliseconds until it is over; negative when it is. */
  readonly left: number
  /** The part of it that has passed, from 0 to 1. */
  readonly passed: number
  readonly health: "good" | "late" | "over"
  readonly text: string
}

/**
 * Judges a lease at `now`. `usual` is the interval of its heartbeats in milliseconds, if the page has seen two of them. A
 * worker's interval is less than half of the lease, so without that the heartbeat is late once half of it has passed.
 */
export const leaseState = (
  lease: { readonly lockedAt: number; readonly lockedUntil: number },
  now: number,
  usual: number | null
): LeaseState => {
  const length = Math.max(1, lease.lockedUntil - lease.lockedAt)
  const age = Math.max(0, now - lease.lockedAt)
  const left = lease.lockedUntil - now
  const limit = usual === null ? length / 2 : Math.min(length / 2, usual * 1.5)
  const health = left <= 0 ? "over" : age > limit ? "late" : "good"
  return {
    age,
    left,
    passed: Math.min(1, age / length),
    health,
    text: health === "over"
      ? `The lease ran out ${
        spanText(-left)
      } ago. The holder is dead, blocked or cut off, and the next sweep of any worker frees the job.`
      : health === "late"
      ? `The heartbeat is late: ${spanText(age)} since the last one${
        usual === null
          ? ", more than half of the lease"
          : `, which came every ${spanText(usual)} until then`
      }. If none comes, the lease ends in ${spanText(left)}.`
      : usual === null
      ? `The last heartbeat came ${spanText(age)} ago.`
      : `The last heartbeat came ${spanText(age)} ago; they come every ${spanText(usual)}.`
  }
}
