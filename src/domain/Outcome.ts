import { Cause, Data, Duration, Exit, Option } from "effect"
import { ofAnyCopy } from "./ofAnyCopy.ts"
import { readableCause } from "./readableCause.ts"
import { NeverRetry, Snooze } from "./Verdict.ts"

/** Why a handler was told to stop before it ended by itself. */
export type StopReason = Data.TaggedEnum<{
  /** The store said the lease is not ours any more. */
  LeaseLost: {}
  /** No extension got through before the deadline. */
  DeadlinePassed: {}
  /** Someone cancelled the job. */
  Cancelled: {}
  /** The worker shuts down and its grace is over. */
  Shutdown: {}
  /** The job's own timeout. */
  TimedOut: { readonly after: Duration.Duration }
}>
export const StopReason = Data.taggedEnum<StopReason>()

/** How an attempt ends. Every end of a handler is exactly one of these. */
export type Outcome = Data.TaggedEnum<{
  Complete: { readonly value: unknown }
  /** `final` spends the whole budget: the error says never again. */
  Fail: {
    readonly error: string
    readonly name: string
    readonly final: boolean
    /** In place of the job's backoff. */
    readonly retryAfter?: Duration.Duration
  }
  Snooze: { readonly delay: Duration.Duration }
  /** Hands the job back as it was: a shutdown, or a cancel, which the store turns into `cancelled`. */
  Release: {}
  /** Writes nothing: the lease is not ours, or may not be. */
  Abandon: { readonly reason: "LeaseLost" | "DeadlinePassed" }
}>
export const Outcome = Data.taggedEnum<Outcome>()

/**
 * What a handler's end means. `stopped` is who asked it to stop, if someone
 * did: a handler that interrupts itself looks the same from its exit alone.
 */
export const outcomeOf = (exit: Exit.Exit<unknown, unknown>, stopped: Option.Option<StopReason>): Outcome => {
  if (Option.isSome(stopped)) {
    const reason = stopped.value._tag
    if (reason === "LeaseLost" || reason === "DeadlinePassed") return Outcome.Abandon({ reason })
  }
  if (Exit.isSuccess(exit)) return Outcome.Complete({ value: exit.value })
  // Asked to stop, and it did. What its finalizers say on the way out changes nothing.
  if (Option.isSome(stopped) && Cause.isInterrupted(exit.cause)) {
    return stopped.value._tag === "TimedOut"
      ? Outcome.Fail({
        error: `Timed out after ${Duration.format(stopped.value.after)}`,
        name: "Timeout",
        final: false
      })
      : Outcome.Release()
  }
  // A verdict is one only where nothing else went wrong: a finalizer that died is to be seen.
  const failure = Cause.isDie(exit.cause) ? undefined : Option.getOrUndefined(Cause.failureOption(exit.cause))
  if (isSnooze(failure)) return Outcome.Snooze({ delay: failure.delay })
  if (isNeverRetry(failure)) {
    return Outcome.Fail({
      error: readableCause(Cause.fail(failure.reason)),
      name: errorName(failure.reason),
      final: true
    })
  }
  return Outcome.Fail({ error: readableCause(exit.cause), name: causeName(exit.cause), final: false })
}

const isSnooze = ofAnyCopy(Snooze)
const isNeverRetry = ofAnyCopy(NeverRetry)

/** The word for what an attempt failed with. */
export const causeName = (cause: Cause.Cause<unknown>) =>
  Cause.isInterruptedOnly(cause) ? "Interrupted" : errorName(Cause.squash(cause))

/** A word for logs and metrics, which may not show an error's message: it can carry a payload. */
const errorName = (error: unknown): string => {
  if (typeof error !== "object" || error === null) return typeof error
  try {
    if ("_tag" in error && typeof error._tag === "string") return error._tag
    return error instanceof Error ? error.name : "object"
  } catch {
    // It throws when it is read, and has failed no less for that.
    return "object"
  }
}
