import { Effect, LogLevel, Metric } from "effect"
import { inSeconds } from "../../domain/inSeconds.ts"
import { line } from "../../platform/line.ts"
import { updateMetric } from "../guardTelemetry.ts"
import type { Report } from "./keeperThread.ts"

/** A report from the keeper's thread, or about its end. */
export type KeeperReport = Report | {
  /** The thread could not be started, or ended. */
  readonly _tag: "Ended"
  readonly error: string
}

/** The jobs whose leases a thread has extended. */
export const keptByThread = Metric.counter("holdfast_leases_kept_by_thread", {
  description: "Jobs whose leases were extended by a thread while the event loop was blocked",
  incremental: true
})

/** The times at which the event loop was blocked for longer than a job's stall limit. */
export const hangs = Metric.counter("holdfast_hangs", {
  description: "Blocks of the event loop that lasted longer than the stall limit, so that leases were left to run out",
  incremental: true
})

/** Logs and counts a report. */
export const reportKeeper = (report: KeeperReport): Effect.Effect<void> => {
  switch (report._tag) {
    case "Stalled":
      return Effect.zipRight(
        updateMetric(keptByThread, report.jobs),
        line(
          LogLevel.Warning,
          "The event loop was blocked, and a thread extended the leases of the jobs that run here",
          {
            blocked: inSeconds(report.millis),
            jobs: report.jobs,
            ...report.lost > 0 ? { lost: report.lost } : {}
          }
        )
      )
    case "Hung":
      return Effect.zipRight(
        updateMetric(hangs, 1),
        line(
          LogLevel.Error,
          "The event loop was blocked for longer than the stall limit; leases were left to run out",
          {
            blocked: inSeconds(report.millis),
            jobs: report.jobs,
            ...report.stack === undefined ? {} : { stack: report.stack }
          }
        )
      )
    case "Failed":
      return line(LogLevel.Warning, "The thread that keeps leases cannot write to the database, trying again", {
        error: report.error
      })
    case "Ended":
      return line(
        LogLevel.Warning,
        "The thread that keeps leases has ended, and is started again in a minute at the earliest: "
          + "until then a blocked event loop can cost leases",
        { error: report.error }
      )
  }
}
