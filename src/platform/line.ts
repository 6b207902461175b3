import type { Fiber } from "effect"
import { Cause, Effect, FiberRef, GlobalValue, LogLevel } from "effect"

/** The lines of Holdfast's own that an app wants to read. What handlers log is not touched. */
export interface LineSettings {
  /** Lines below this are left out. */
  readonly least: LogLevel.LogLevel
  /** True if a line of a failure shows the error's text, which can carry a payload. */
  readonly showErrors: boolean
}

/** Holds in a worker's fiber and all that it forks. */
export const lineSettings: FiberRef.FiberRef<LineSettings> = GlobalValue.globalValue(
  "holdfast/lineSettings",
  () => FiberRef.unsafeMake<LineSettings>({ least: LogLevel.All, showErrors: false })
)

/** True if the lines of this level that a fiber logs are wanted. Building a line costs more than this check. */
export const isWanted = (level: LogLevel.LogLevel, fiber: Fiber.RuntimeFiber<unknown, unknown>): boolean =>
  !LogLevel.lessThan(level, fiber.getFiberRef(lineSettings).least)
  // Effect looks at the minimum too, but only after the line has its annotations, which cost most.
  && !LogLevel.lessThan(level, fiber.getFiberRef(FiberRef.currentMinimumLogLevel))

/** Logs a line of Holdfast's own. */
export const line = (
  level: LogLevel.LogLevel,
  message: string,
  annotations: Readonly<Record<string, unknown>> = {},
  cause: Cause.Cause<unknown> = Cause.empty
): Effect.Effect<void> =>
  Effect.withFiberRuntime((fiber) =>
    isWanted(level, fiber)
      ? Effect.annotateLogs(
        Cause.isEmpty(cause) ? Effect.logWithLevel(level, message) : Effect.logWithLevel(level, message, cause),
        annotations
      )
      : Effect.void
  )

/** The text of an error for its line, beside its name, if the app has said that it may be logged. */
export const errorText = (text: () => string): Effect.Effect<{ readonly message?: string }> =>
  Effect.map(FiberRef.get(lineSettings), ({ showErrors }) => showErrors ? { message: text() } : {})
