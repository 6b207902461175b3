import type { Cause } from "effect"
import { Duration, Effect, Either, Exit, Option, Schedule } from "effect"
import type { AttemptEnd } from "../../domain/AttemptEnd.ts"
import { endedAs } from "../../domain/AttemptEnd.ts"
import * as Backoff from "../../domain/Backoff.ts"
import type { LeaseLost } from "../../domain/errors.ts"
import { isLasting } from "../../domain/errors.ts"
import { errorValue } from "../../domain/errorValue.ts"
import { Outcome } from "../../domain/Outcome.ts"
import { truncated } from "../../domain/readableCause.ts"
import { encodeJson } from "../../domain/wireValue.ts"
import { monotonicMillis, recurUpTo } from "../../platform/monotonic.ts"
import type { StoreFailure } from "../../store/JobStore.ts"
import * as events from "../telemetry/events.ts"
import type { Attempt } from "./Attempt.ts"
import { delayAfter } from "./delayAfter.ts"
import { waitsNoLonger } from "./settles.ts"

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

/**
 * Writes the outcome, again and again until the store answers: for the length of
 * one lease, and no longer than 4 s once the worker's grace is over. Gives up at
 * once when the database was replaced. After that the lease runs out, as after a
 * crash.
 */
export const settle = (attempt: Attempt, outcome: Outcome): Effect.Effect<Ended> =>
  Effect.gen(function*() {
    if (outcome._tag === "Abandon") return { ended: "lost", error: outcome.reason }
    const { leaseFor, settles } = attempt
    const delay = yield* retryDelay(attempt, outcome)
    const began = yield* monotonicMillis
    const write = Effect.tapError(writeOnce(attempt, outcome, delay), events.settleFailed)
    const writeOr = (leaseLost: Ended) => Effect.map(write, Either.getOrElse(() => leaseLost))
    const answer = yield* Effect.catchIf(
      writeOr(lost),
      isRepeated,
      // A write that failed may have happened all the same, and the job been settled again since.
      () =>
        Effect.retry(writeOr(unknown), { schedule: untilLeaseIsOver(leaseFor), while: isRepeated }).pipe(
          Effect.raceFirst(settles.hasToEnd(began))
        )
    ).pipe(Effect.exit)
    return Exit.isSuccess(answer) ? answer.value : { ...unknown, cause: answer.cause }
  })

const lost: Ended = { ended: "lost", error: "LeaseLost" }

const unknown: Ended = { ended: "unknown", error: "OutcomeUnknown" }

const isRepeated = (error: unknown) => error !== waitsNoLonger && !isLasting(error)

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
): Effect.Effect<Either.Either<Ended, LeaseLost>, StoreFailure> =>
  Effect.gen(function*() {
    const { handler, job, settles } = attempt
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
        const answer = yield* settles.complete({ lease, result: result.right })
        return Either.map(answer, () => ({ ended: "succeeded" }))
      }
      case "Fail": {
        const { error, name } = outcome
        const value = errorValue(handler.job, Option.fromNullable(outcome.failure))
        const retryAfter = Option.getOrNull(Option.map(delay, Backoff.storableMillis))
        const answer = yield* settles.fail({ lease, error, errorValue: value, retryAfter })
        return Either.map(answer, ({ status }) => {
          const ended = endedAs(status, "retrying")
          const retryIn = ended === "retrying" ? Option.getOrUndefined(Option.map(delay, Duration.format)) : undefined
          return { ended, error: name, text: error, ...(retryIn === undefined ? {} : { retryIn }) }
        })
      }
      case "Snooze": {
        const delay = Backoff.storableMillis(outcome.delay)
        const answer = yield* settles.release({ lease, delay })
        return Either.map(answer, ({ status }) => ({ ended: endedAs(status, "snoozed") }))
      }
      case "Release": {
        const answer = yield* settles.release({ lease, delay: 0 })
        return Either.map(answer, ({ status }) => ({ ended: endedAs(status, "released") }))
      }
    }
  })
