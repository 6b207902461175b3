import { Cause, Effect, HashMap, Layer, Logger, Option } from "effect"
import type { Output } from "./output.ts"
import { columnsOf, isColoured } from "./output.ts"
import { oneLine, readable, why, wordsOf } from "./readable.ts"
import type { LogFormat } from "./settings.ts"
import { logFormat } from "./settings.ts"
import { terminalLine } from "./terminalLine.ts"

/**
 * Lines in the format that HOLDFAST_LOG_FORMAT names. Unless it is set, lines for
 * people when `output` is a terminal, and JSON, one object a line, when it is not.
 */
export const layer = (output: Output): Layer.Layer<never> =>
  Layer.unwrapEffect(
    // Who reads all of the settings says what is wrong with this one.
    Effect.map(Effect.orElseSucceed(logFormat, Option.none<LogFormat>), (format) => {
      const logger = loggers[Option.getOrElse(format, () => output.isTTY === true ? "pretty" : "json")](output)
      return Logger.replace(Logger.defaultLogger, Logger.map(logger, (line) => void output.write(`${line}\n`)))
    })
  )

/**
 * Lets the process outlive its output. Call it once. The reader of a pipe can die,
 * a terminal close and a disk fill up; without a listener, each ends the process
 * with its jobs locked. Lines are lost then. With `isTold` standard error says so
 * once, if it can, when it happens and not at the end.
 */
export const outliveOutput = ({ isTold }: { readonly isTold: boolean }): void => {
  if (isTold) process.stdout.once("error", (error: Error) => void process.stderr.write(`${linesLost(error)}\n`))
  for (const stream of [process.stdout, process.stderr]) stream.on("error", () => {})
}

/** Says that lines of standard output are lost. */
export const linesLost = (error: Error): string =>
  `Standard output cannot be written, so lines are lost: ${oneLine(error.message)}`

const terminalLogger = (output: Output) =>
  Logger.make<unknown, string>((event) =>
    terminalLine(event, {
      // A file has room for every detail.
      columns: output.isTTY === true ? columnsOf(output) : Infinity,
      isColoured: isColoured(output)
    })
  )

/** Effect's own, which throws for a bigint inside a value; logging must never fail its caller. */
const jsonLogger = Logger.make<unknown, string>((event) => {
  try {
    return Logger.jsonLogger.log(event)
  } catch {
    return JSON.stringify({
      message: wordsOf(event.message),
      logLevel: event.logLevel.label,
      timestamp: event.date.toISOString(),
      ...(Cause.isEmpty(event.cause) ? {} : { cause: why(event.cause) }),
      annotations: shownAnnotations(event)
    })
  }
})

/** Effect's own too, given only what it cannot throw for. */
const logfmtLogger = Logger.make<unknown, string>((event) => {
  const shown = {
    ...event,
    message: wordsOf(event.message),
    annotations: HashMap.fromIterable(Object.entries(shownAnnotations(event)))
  }
  try {
    return oneLine(Logger.logfmtLogger.log(shown))
  } catch {
    return oneLine(Logger.logfmtLogger.log({ ...shown, cause: Cause.fail(why(event.cause)) }))
  }
})

const shownAnnotations = ({ annotations }: Logger.Logger.Options<unknown>): Readonly<Record<string, string>> =>
  Object.fromEntries(HashMap.toEntries(annotations).map(([name, value]) => [name, readable(value)]))

const loggers: Readonly<Record<LogFormat, (output: Output) => Logger.Logger<unknown, string>>> = {
  pretty: terminalLogger,
  json: () => jsonLogger,
  logfmt: () => logfmtLogger
}
