import { Cause, Effect, FiberRef, GlobalValue, LogLevel } from "effect"

/** What a worker's app wants to read of Holdfast's own lines. Handlers' lines are their own. */
export interface LineSettings {
  /** Lines below this are left out. */
  readonly least: LogLevel.LogLevel
  /** Whether lines of failures show the errors, which can carry a payload. */
  readonly showErrors: boolean
}

/** Holds in a worker's fiber and all that it forks. */
export const lineSettings: FiberRef.FiberRef<LineSettings> = GlobalValue.globalValue(
  "holdfast/lineSettings",
  () => FiberRef.unsafeMake<LineSettings>({ least: LogLevel.All, showErrors: false })
)

/** Logs a line of Holdfast's own. */
export const line = (
  level: LogLevel.LogLevel,
  message: string,
  annotations: Readonly<Record<string, unknown>> = {},
  cause: Cause.Cause<unknown> = Cause.empty
): Effect.Effect<void> =>
  Effect.flatMap(FiberRef.get(lineSettings), ({ least }) =>
    LogLevel.lessThan(level, least)
      ? Effect.void
      : Effect.annotateLogs(
        Cause.isEmpty(cause) ? Effect.logWithLevel(level, message) : Effect.logWithLevel(level, message, cause),
        annotations
      ))

/** What a line of a failure shows beside the error's name: its text, if the app has said that it may be logged. */
export const errorText = (text: () => string): Effect.Effect<{ readonly message?: string }> =>
  Effect.map(FiberRef.get(lineSettings), ({ showErrors }) => showErrors ? { message: text() } : {})
