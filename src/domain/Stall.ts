/** A time in which the event loop of a process ran nothing. */
export interface Stall {
  readonly millis: number
  /** Milliseconds of CPU time that the process used meanwhile: few if it was stopped, or waited in a synchronous call. */
  readonly computed: number
  /** Monotonic milliseconds. */
  readonly endedAt: number
  /** The kinds of which a job ran in the process meanwhile. */
  readonly kinds: ReadonlyArray<string>
}
