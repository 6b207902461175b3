import type { Layer } from "effect"
import { Cause, HashMap, Logger } from "effect"
import type { Output } from "./output.ts"
import { columnsOf, isColoured } from "./output.ts"
import { oneLine, readable, why, wordsOf } from "./readable.ts"
import { terminalLine } from "./terminalLine.ts"

/** Lines for people when `output` is a terminal, and JSON, one object a line, when it is not. */
export const layer = (output: Output): Layer.Layer<never> =>
  Logger.replace(
    Logger.defaultLogger,
    Logger.map(output.isTTY === true ? terminalLogger(output) : jsonLogger, (line) => void output.write(`${line}\n`))
  )

/**
 * Lets the process outlive its output. Call it once. The reader of a pipe can die,
 * a terminal close and a disk fill up; without a listener, each ends the process
 * with its jobs locked. Lines are lost then, and standard error says so once, if it
 * can.
 */
export const outliveOutput = (): void => {
  process.stdout.once("error", (error: Error) => {
    process.stderr.write(`Standard output cannot be written, so lines are lost: ${oneLine(error.message)}\n`)
  })
  for (const stream of [process.stdout, process.stderr]) stream.on("error", () => {})
}

const terminalLogger = (output: Output) =>
  Logger.make<unknown, string>((event) =>
    terminalLine(event, { columns: columnsOf(output), isColoured: isColoured(output) })
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
      annotations: Object.fromEntries(
        HashMap.toEntries(event.annotations).map(([name, value]) => [name, readable(value)])
      )
    })
  }
})
