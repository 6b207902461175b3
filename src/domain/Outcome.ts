import { Cause, Data, Duration, Exit, Option, Predicate } from "effect"
import { ofAnyCopy } from "./ofAnyCopy.ts"
import { readableCause } from "./readableCause.ts"
import { NeverRetry, Snooze } from "./Verdict.ts"

/** The reason why a handler was told to stop. */
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

/** The end of an attempt. Every end of a handler is exactly one of these. */
export type Outcome = Data.TaggedEnum<{
  Complete: { readonly value: unknown }
  /** `final` spends the whole budget: the error says never again. */
  Fail: {
    readonly error: string
    readonly name: string
    readonly final: boolean
    /** The error that the handler failed with, or never wants to meet again; none after a defect or a timeout. */
    readonly failure?: unknown
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
 * Decides what a handler's end means. `stopped` is the reason why it was told to
 * stop, if it was: a handler that interrupts itself looks the same from its exit
 * alone.
 */
export const outcomeOf = (exit: Exit.Exit<unknown, unknown>, stopped: Option.Option<StopReason>): Outcome => {
  if (Option.isSome(stopped)) {
    const reason = stopped.value._tag
    if (reason === "LeaseLost" || reason === "DeadlinePassed") return Outcome.Abandon({ reason })
  }
  if (Exit.isSuccess(exit)) return Outcome.Complete({ value: exit.value })
  // It stopped as told; errors from its finalizers don't change the outcome.
  if (Option.isSome(stopped) && Cause.isInterrupted(exit.cause)) {
    return stopped.value._tag === "TimedOut"
      ? Outcome.Fail({
        error: `Timed out after ${Duration.format(stopped.value.after)}`,
        name: "Timeout",
        final: false
      })
      : Outcome.Release()
  }
  // A verdict counts only if nothing else went wrong: the defect of a finalizer must be seen.
  const failure = Cause.isDie(exit.cause) ? undefined : Option.getOrUndefined(Cause.failureOption(exit.cause))
  if (isSnooze(failure)) return Outcome.Snooze({ delay: failure.delay })
  if (isNeverRetry(failure)) {
    return Outcome.Fail({
      error: readableCause(Cause.fail(failure.reason)),
      name: errorName(failure.reason),
      final: true,
      failure: failure.reason
    })
  }
  return Outcome.Fail({
    error: readableCause(exit.cause),
    name: causeName(exit.cause),
    final: false,
    failure
  })
}

const isSnooze = ofAnyCopy(Snooze)
const isNeverRetry = ofAnyCopy(NeverRetry)

/** The name of an attempt's error. */
export const causeName = (cause: Cause.Cause<unknown>) =>
  Cause.isInterruptedOnly(cause) ? "Interrupted" : errorName(Cause.squash(cause))

/** A name for logs and metrics, which may not show an error's message: it can carry a payload. */
const errorName = (error: unknown): string => {
  if (typeof error !== "object") return typeof error
  try {
    if (Predicate.hasProperty(error, "_tag") && typeof error._tag === "string") return error._tag
    return error instanceof Error ? error.name : "object"
  } catch {
    // It throws when it is read, and has failed no less for that.
    return "object"
  }
}
