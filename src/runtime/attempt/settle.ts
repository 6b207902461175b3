import type { Duration } from "effect"
import { Cause, Effect, Either, Exit, Option, Redacted, Schedule } from "effect"
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
import * as log from "../telemetry/workerLog.ts"
import type { Attempt } from "./Attempt.ts"
import { delayAfter } from "./delayAfter.ts"
import { completedAs, Ended, settledAs } from "./Ended.ts"
import { waitsNoLonger } from "./settles.ts"

/**
 * Writes the outcome, and repeats that until the store answers: for the length of
 * one lease, and for at most 4 s once the worker's grace is over. Gives up at once
 * when the database was replaced. After that the lease runs out, as after a crash.
 * `first` is a write that was made already, and failed.
 */
export const settle = (attempt: Attempt, outcome: Outcome, first?: FirstWrite): Effect.Effect<Ended> =>
  Effect.gen(function*() {
    if (outcome._tag === "Abandon") return Ended.LeaseLost({ reason: outcome.reason })
    const { host: { settles }, leaseFor, slot } = attempt
    const delay = yield* retryDelay(attempt, outcome)
    const began = first?.began ?? (yield* monotonicMillis)
    const tellFailure = (error: StoreFailure) => {
      // Jobs that cannot be settled must not pile up.
      slot.comeBack()
      return log.settleFailed(error)
    }
    const write = Effect.tapError(writeOnce(attempt, outcome, delay, began), tellFailure)
    const writeOr = (leaseLost: Ended) => Effect.map(write, Either.getOrElse(() => leaseLost))
    const answer = yield* Effect.catchIf(
      first === undefined ? writeOr(lost) : Effect.tapError(Effect.failCause(first.cause), tellFailure),
      isRepeated,
      // A write that failed may have happened all the same, and the job been settled again since.
      () =>
        Effect.retry(Effect.map(writeOr(unknown), asOwn), {
          schedule: untilLeaseIsOver(leaseFor),
          while: isRepeated
        }).pipe(Effect.raceFirst(settles.hasToEnd(began)))
    ).pipe(Effect.exit)
    return Exit.isSuccess(answer)
      ? answer.value
      : Ended.OutcomeUnknown({ error: Option.some(Cause.squash(answer.cause)) })
  })

/** A write that has failed before there was a fiber to settle in, and the monotonic millisecond at which settling began. */
export interface FirstWrite {
  readonly cause: Cause.Cause<StoreFailure>
  readonly began: number
}

const lost = Ended.LeaseLost({ reason: "LeaseLost" })

const unknown = Ended.OutcomeUnknown({ error: Option.none() })

/** Takes a repeated settle for this attempt's own, which has written without an answer. */
const asOwn = (ended: Ended): Ended => ended._tag === "Settled" ? Ended.Settled({ ...ended, isRepeat: false }) : ended

const isRepeated = (error: unknown) => error !== waitsNoLonger && !isLasting(error)

/** Repeats after 50 ms, then after longer and longer pauses of up to 5 s, for the length of one lease. */
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
  delay: Option.Option<Duration.Duration>,
  began: number
): Effect.Effect<Either.Either<Ended, LeaseLost>, StoreFailure> =>
  Effect.gen(function*() {
    const { handler, host: { settles, store: { jsonRefusal } }, job } = attempt
    const { lease } = job
    switch (outcome._tag) {
      case "Complete": {
        const result = encodeJson(job.kind, "result", handler.job.successSchema, outcome.value, jsonRefusal)
        // The side effect is done, and another attempt would do it again.
        if (Either.isLeft(result)) {
          const { _tag, message } = result.left
          const refused = Outcome.Fail({ error: truncated(message), name: _tag, final: true })
          return yield* writeOnce(attempt, refused, Option.none(), began)
        }
        const answer = yield* settles.complete({ lease, result: result.right }, began)
        return Either.map(answer, completedAs)
      }
      case "Fail": {
        const { error, name } = outcome
        const value = errorValue(handler.job, Option.fromNullable(outcome.failure), jsonRefusal)
        const retryAfter = Option.getOrNull(Option.map(delay, Backoff.storableMillis))
        const answer = yield* settles.fail({ lease, error, errorValue: value, retryAfter }, began)
        return Either.map(answer, ({ isRepeat, status }) => {
          const end = endedAs(status, "retrying")
          const failedWith = Option.some({ name, message: Redacted.make(error) })
          return Ended.Settled({ end, failedWith, retryIn: end === "retrying" ? delay : Option.none(), isRepeat })
        })
      }
      case "Snooze": {
        const delay = Backoff.storableMillis(outcome.delay)
        const answer = yield* settles.release({ lease, delay }, began)
        return Either.map(answer, ({ isRepeat, status }) => settledAs(endedAs(status, "snoozed"), isRepeat))
      }
      case "Release": {
        const answer = yield* settles.release({ lease, delay: 0 }, began)
        return Either.map(answer, ({ isRepeat, status }) => settledAs(endedAs(status, "released"), isRepeat))
      }
    }
  })
