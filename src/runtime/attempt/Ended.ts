import type { Duration } from "effect"
import { Data, Option } from "effect"
import type { SettledEnd } from "../../domain/AttemptEnd.ts"
import type { FailedWith } from "../../domain/JobEvent.ts"
import type { Settled } from "../../store/JobStore.ts"

/** The end of an attempt, with the facts of its event. */
export type Ended = Data.TaggedEnum<{
  Settled: {
    readonly end: SettledEnd
    readonly failedWith: Option.Option<FailedWith>
    readonly retryIn: Option.Option<Duration.Duration>
    /** True if it was settled before, and not by a write of this attempt. */
    readonly isRepeat: boolean
  }
  LeaseLost: { readonly reason: "LeaseLost" | "DeadlinePassed" }
  /** `error` is what the last write failed with, where settling was given up. */
  OutcomeUnknown: { readonly error: Option.Option<unknown> }
}>
export const Ended = Data.taggedEnum<Ended>()

/** An end that is in the job's row. */
export type SettledEnded = Extract<Ended, { readonly _tag: "Settled" }>

/** The end of an attempt whose job was completed. */
export const completedAs = ({ isRepeat }: Settled): SettledEnded => settledAs("succeeded", isRepeat)

/** An end without a failure. */
export const settledAs = (end: SettledEnd, isRepeat: boolean): SettledEnded =>
  Ended.Settled({ end, failedWith: Option.none(), retryIn: Option.none(), isRepeat })
