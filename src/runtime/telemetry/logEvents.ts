import type { Fiber } from "effect"
import { Duration, Effect, LogLevel, Option, Redacted } from "effect"
import type { SettledEnd } from "../../domain/AttemptEnd.ts"
import { instantText } from "../../domain/instantText.ts"
import type { AttemptFacts, JobEvent } from "../../domain/JobEvent.ts"
import { errorText, isWanted, line } from "../../platform/line.ts"
import { becauseOf, shown } from "./words.ts"

/**
 * Writes the log line of an event. No line shows a payload, a result or an
 * error's message, which can carry one; the job's row keeps the whole error.
 */
export const logEvent = (
  event: JobEvent,
  fiber: Fiber.RuntimeFiber<unknown, unknown>
): Effect.Effect<void> | undefined => {
  switch (event._tag) {
    case "Enqueued":
      return isWanted(LogLevel.Debug, fiber)
        ? line(LogLevel.Debug, "Jobs enqueued", { kind: event.kind, jobs: event.jobIds.length })
        : undefined
    case "Claimed":
      return isWanted(LogLevel.Debug, fiber)
        ? of(event, LogLevel.Debug, "Job claimed", { queue: event.queue, failures: event.failures })
        : undefined
    case "HeartbeatFailed":
      return of(event, LogLevel.Warning, "Heartbeat failed, trying again", { error: shown(event.error) })
    case "Stopping": {
      const { reason: { _tag: reason }, stall } = event
      return reason === "LeaseLost" || reason === "DeadlinePassed"
        ? of(event, LogLevel.Warning, "Stopping the handler", { reason, ...becauseOf(stall) })
        : of(event, LogLevel.Info, "Stopping the handler", { reason })
    }
    case "Zombie":
      return of(
        event,
        LogLevel.Error,
        "The handler does not stop; its heartbeat ends and its lease will run out"
      )
    case "Settled": {
      const level = event.ended === "failed" ? LogLevel.Error : LogLevel.Info
      return isWanted(level, fiber) ? settled(event, level) : undefined
    }
    case "LeaseLost":
      return of(event, LogLevel.Warning, "Lease lost, the attempt's outcome is not written", {
        reason: event.reason,
        ...becauseOf(event.stall)
      })
    case "OutcomeUnknown":
      return Option.match(event.error, {
        onNone: () =>
          of(
            event,
            LogLevel.Warning,
            "Lease lost after a settle without an answer, so the attempt's outcome may be written or not"
          ),
        onSome: (error) =>
          of(event, LogLevel.Error, "Settling was given up; the lease will run out", { error: shown(error) })
      })
    case "LeftBehind":
      return of(event, LogLevel.Error, "The job does not stop and is left behind; its lease will run out")
    case "StaleReleased":
      return line(
        event.status === "failed" ? LogLevel.Warning : LogLevel.Info,
        event.holderIsGone ? "Released a job of a worker whose process is gone" : "Released a stale lock",
        {
          jobId: event.jobId,
          kind: event.kind,
          attempt: event.attempt,
          lockedBy: event.worker,
          lockedSince: instantText(event.lockedAt),
          status: event.status
        }
      )
    case "Extended":
    case "CancelRequested":
    case "Retried":
    case "Edited":
    case "Deleted":
      return undefined
  }
}

/** A line about an attempt. */
const of = (
  { attempt, jobId, kind }: AttemptFacts,
  level: LogLevel.LogLevel,
  message: string,
  more: Readonly<Record<string, unknown>> = {}
) => line(level, message, { jobId, kind, attempt, ...more })

const settled = (event: Extract<JobEvent, { readonly _tag: "Settled" }>, level: LogLevel.LogLevel) => {
  const { ended, failedWith, retryIn, took } = event
  const text = Option.match(failedWith, {
    onNone: () => Effect.succeed({}),
    onSome: ({ message }) => errorText(() => Redacted.value(message))
  })
  return Effect.flatMap(
    text,
    (text) =>
      of(event, level, settledMessage[ended], {
        ...optional("took", took, (millis) => Duration.format(Duration.millis(millis))),
        ...optional("error", failedWith, ({ name }) => name),
        ...optional("retryIn", retryIn, Duration.format),
        ...text
      })
  )
}

const settledMessage: Readonly<Record<SettledEnd, string>> = {
  succeeded: "Job succeeded",
  failed: "Job failed",
  retrying: "Job failed, will be retried",
  snoozed: "Job snoozed",
  released: "Job handed back",
  cancelled: "Job cancelled"
}

const optional = <A>(name: string, option: Option.Option<A>, text: (value: A) => string) =>
  Option.match(option, { onNone: () => ({}), onSome: (value) => ({ [name]: text(value) }) })
