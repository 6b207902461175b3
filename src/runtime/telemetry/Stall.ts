/** A time in which the event loop stood. */
export interface Stall {
  readonly millis: number
  /** On the monotonic clock, in milliseconds. */
  readonly endedAt: number
  /** The kinds of which a job ran in this process then. */
  readonly kinds: ReadonlyArray<string>
}
