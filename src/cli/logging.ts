import type { Layer } from "effect"
import { Cause, HashMap, Inspectable, List, Logger } from "effect"
import { inspect } from "node:util"

/** Where lines go: standard output or standard error. */
export interface Output {
  readonly isTTY?: boolean
  readonly write: (line: string) => unknown
}

/** Lines for people when `output` is a terminal, and JSON, one object a line, when it is not. */
export const layer = (output: Output): Layer.Layer<never> =>
  Logger.replace(
    Logger.defaultLogger,
    Logger.map(output.isTTY === true ? terminalLogger : jsonLogger, (line) => void output.write(`${line}\n`))
  )

/**
 * Lets the process outlive its output, to be called once: the reader of a pipe
 * can die, a terminal close and a disk fill up, and without a listener each
 * ends the process with its jobs locked. Lines are lost then, and standard
 * error says so once, if it can.
 */
export const outliveOutput = (): void => {
  process.stdout.once("error", (error: Error) => {
    process.stderr.write(`Standard output cannot be written, so lines are lost: ${oneLine(error.message)}\n`)
  })
  for (const stream of [process.stdout, process.stderr]) stream.on("error", () => {})
}

const colours: Readonly<Record<string, string>> = {
  TRACE: "\u001b[90m",
  DEBUG: "\u001b[90m",
  INFO: "\u001b[32m",
  WARN: "\u001b[33m",
  ERROR: "\u001b[31m",
  FATAL: "\u001b[31m"
}
const dim = "\u001b[2m"
const plain = "\u001b[0m"

/**
 * One line an event, for a person at a terminal. Effect's own pretty logger
 * gives every annotation a line of its own, which buries a worker's day.
 */
const terminalLogger = Logger.make<unknown, string>(({ annotations, cause, date, logLevel, message, spans }) => {
  const words = wordsOf(message)
  const more = [
    // A terminal shows one worker, which has said its name when it started.
    ...HashMap.toEntries(annotations).filter(([name]) => name !== "worker" || words === "Worker started").map((
      [name, value]
    ) => `${name}=${readable(value)}`),
    ...List.toArray(spans).map(({ label, startTime }) => `${label}=${date.getTime() - startTime}ms`)
  ].join(" ")
  const level = `${colours[logLevel.label] ?? ""}${logLevel.label.padEnd(5)}${plain}`
  return [
    `${dim}${date.toISOString().slice(11, 23)}${plain} ${level} ${oneLine(words)}`,
    ...[oneLine(more), oneLine(why(cause).replace(/\s*\n\s*/g, " "))]
      .filter((text) => text !== "")
      .map((text) => `${dim}${text}${plain}`)
  ].join(" ")
})

/** Effect's own, which throws for a bigint inside a value; a log line must never fail who logs it. */
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

const wordsOf = (message: unknown): string => (Array.isArray(message) ? message : [message]).map(readable).join(" ")

/** The stack and its causes. Rendering throws for errors that hold what cannot be shown. */
const why = (cause: Cause.Cause<unknown>): string => {
  try {
    return Cause.isEmpty(cause) ? "" : Cause.pretty(cause, { renderErrorCause: true })
  } catch {
    return readable(Cause.squash(cause))
  }
}

const readable = (value: unknown): string => {
  try {
    if (value instanceof Error) return String(value)
    if (typeof value !== "object") return Inspectable.toStringUnknown(value)
    // JSON, unless the value holds a bigint.
    return Inspectable.stringifyCircular(value)
  } catch {
    return inspected(value)
  }
}

const inspected = (value: unknown): string => {
  try {
    return inspect(value, { breakLength: Infinity, compact: true })
  } catch {
    return "a value that throws when it is shown"
  }
}

/** Line breaks would make two events of one, and an escape sequence could rewrite the terminal. */
const oneLine = (text: string): string =>
  text.replace(
    /[\p{Cc}\u2028\u2029]/gu,
    (character) =>
      ({ "\n": "\\n", "\r": "\\r", "\t": "\\t" })[character]
        ?? `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`
  )
