import type { Cause } from "effect"
import { Duration, Effect, Either, Exit, Option, Predicate, Schedule } from "effect"
import type { AttemptEnd } from "../../domain/AttemptEnd.ts"
import { endedAs } from "../../domain/AttemptEnd.ts"
import * as Backoff from "../../domain/Backoff.ts"
import type { LeaseLost } from "../../domain/errors.ts"
import { isLasting, StoreError } from "../../domain/errors.ts"
import { errorValue } from "../../domain/errorValue.ts"
import { Outcome } from "../../domain/Outcome.ts"
import { truncated } from "../../domain/readableCause.ts"
import { encodeJson } from "../../domain/wireValue.ts"
import { recurUpTo } from "../../platform/monotonic.ts"
import type { StoreFailure } from "../../store/JobStore.ts"
import { JobStore, only } from "../../store/JobStore.ts"
import * as events from "../telemetry/events.ts"
import type { Attempt } from "./Attempt.ts"
import { delayAfter } from "./delayAfter.ts"

/** How an attempt ended, and what a log line may show of it. */
export interface Ended {
  readonly ended: AttemptEnd
  /** The name of the error that an attempt failed with, or why it did not settle. */
  readonly error?: string
  /** The text of that error: only for apps that allow it in their logs. */
  readonly text?: string
  readonly retryIn?: string | undefined
  /** What the last write failed with, where settling was given up. */
  readonly cause?: Cause.Cause<StoreFailure>
}

/** How long settling still waits for the store once the worker has to end. */
const lastWait = Duration.seconds(4)

/**
 * Writes the outcome, again and again until the store answers: for the length of
 * one lease, and no longer than 4 s once the worker's grace is over. Gives up at
 * once when the database was replaced. After that the lease runs out, as after a
 * crash.
 */
export const settle = (attempt: Attempt, outcome: Outcome): Effect.Effect<Ended, never, JobStore> =>
  Effect.gen(function*() {
    if (outcome._tag === "Abandon") return { ended: "lost", error: outcome.reason }
    const { leaseFor } = attempt
    const delay = yield* retryDelay(attempt, outcome)
    const write = writeOnce(attempt, outcome, delay).pipe(
      // An answer that never comes is asked for again: if the first write happened, the second is told so.
      Effect.disconnect,
      Effect.timeoutFail({
        duration: Math.max(1000, leaseFor / 8),
        onTimeout: () => new StoreError({ operation: "settle", cause: new Error("no answer in time") })
      }),
      Effect.catchAllDefect((cause) => new StoreError({ operation: "settle", cause })),
      Effect.tapError(events.settleFailed)
    )
    const writeOr = (leaseLost: Ended) => Effect.map(write, Either.getOrElse(() => leaseLost))
    // A write that failed may have happened all the same, and the job been settled again since.
    const answer = yield* Effect.catchIf(
      writeOr(lost),
      Predicate.not(isLasting),
      () => Effect.retry(writeOr(unknown), { schedule: untilLeaseIsOver(leaseFor), until: isLasting })
    ).pipe(
      Effect.raceFirst(Effect.zipRight(attempt.graceOver, Effect.delay(hasToEnd, lastWait))),
      Effect.exit
    )
    return Exit.isSuccess(answer) ? answer.value : { ...unknown, cause: answer.cause }
  })

const lost: Ended = { ended: "lost", error: "LeaseLost" }

const unknown: Ended = { ended: "unknown", error: "OutcomeUnknown" }

const hasToEnd = Effect.fail(new StoreError({ operation: "settle", cause: new Error("the worker has to end") }))

/** Again after 50 ms, then later, to at most 5 s, for the length of one lease. */
const untilLeaseIsOver = (leaseFor: number) =>
  Schedule.exponential("50 millis").pipe(
    Schedule.union(Schedule.spaced("5 seconds")),
    Schedule.jittered,
    Schedule.intersect(recurUpTo(leaseFor))
  )

/** An outcome that is written. */
type Written = Exclude<Outcome, { readonly _tag: "Abandon" }>

/** The delay before the next attempt; none if there is not to be one. */
const retryDelay = ({ handler, job }: Attempt, outcome: Written): Effect.Effect<Option.Option<Duration.Duration>> =>
  outcome._tag === "Fail" && !outcome.final
    ? outcome.retryAfter === undefined
      ? delayAfter(handler.job.backoff, job.lease.failures + 1)
      : Effect.succeedSome(outcome.retryAfter)
    : Effect.succeedNone

/** One write of an outcome. A failure is tried again after `delay`, or never without one. */
const writeOnce = (
  attempt: Attempt,
  outcome: Written,
  delay: Option.Option<Duration.Duration>
): Effect.Effect<Either.Either<Ended, LeaseLost>, StoreFailure, JobStore> =>
  Effect.gen(function*() {
    const store = yield* JobStore
    const { handler, job } = attempt
    const { lease } = job
    switch (outcome._tag) {
      case "Complete": {
        const result = encodeJson(job.kind, "result", handler.job.successSchema, outcome.value)
        // The side effect is done, and another attempt would do it again.
        if (Either.isLeft(result)) {
          const { _tag, message } = result.left
          const refused = Outcome.Fail({ error: truncated(message), name: _tag, final: true })
          return yield* writeOnce(attempt, refused, Option.none())
        }
        const answer = yield* only(store.complete([{ lease, result: result.right }]))
        return Either.map(answer, () => ({ ended: "succeeded" }))
      }
      case "Fail": {
        const { error, name } = outcome
        const value = errorValue(handler.job, Option.fromNullable(outcome.failure))
        const retryAfter = Option.getOrNull(Option.map(delay, Backoff.storableMillis))
        const answer = yield* only(store.fail([{ lease, error, errorValue: value, retryAfter }]))
        return Either.map(answer, ({ status }) => {
          const ended = endedAs(status, "retrying")
          const retryIn = ended === "retrying" ? Option.getOrUndefined(Option.map(delay, Duration.format)) : undefined
          return { ended, error: name, text: error, ...(retryIn === undefined ? {} : { retryIn }) }
        })
      }
      case "Snooze": {
        const delay = Backoff.storableMillis(outcome.delay)
        const answer = yield* only(store.release([{ lease, delay }]))
        return Either.map(answer, ({ status }) => ({ ended: endedAs(status, "snoozed") }))
      }
      case "Release": {
        const answer = yield* only(store.release([{ lease, delay: 0 }]))
        return Either.map(answer, ({ status }) => ({ ended: endedAs(status, "released") }))
      }
    }
  })
