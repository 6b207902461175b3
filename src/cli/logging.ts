import { Cause, HashMap, Layer, List, Logger, LogLevel } from "effect"

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
  const words = (Array.isArray(message) ? message : [message]).map(readable).join(" ")
  const more = [
    // A terminal shows one worker, which has said its name when it started.
    ...HashMap.toEntries(annotations).filter(([name]) => name !== "worker" || words === "Worker started").map((
      [name, value]
    ) => `${name}=${readable(value)}`),
    ...List.toArray(spans).map(({ label, startTime }) => `${label}=${date.getTime() - startTime}ms`)
  ].join(" ")
  const why = Cause.isEmpty(cause) ? "" : ` ${dim}${Cause.pretty(cause, { renderErrorCause: true })}${plain}`
  const level = `${colours[logLevel.label] ?? ""}${logLevel.label.padEnd(5)}${plain}`
  return `${dim}${date.toISOString().slice(11, 23)}${plain} ${level} ${words}${
    more === "" ? "" : ` ${dim}${more}${plain}`
  }${why}`
})

const readable = (value: unknown): string => typeof value === "string" ? value : JSON.stringify(value) ?? String(value)

/** Lines for people when `stream` is a terminal, and JSON, one object a line, when it is not. */
export const layer = (stream: NodeJS.WriteStream): Layer.Layer<never> => {
  const lines = stream.isTTY ? terminalLogger : Logger.jsonLogger
  return Layer.merge(
    Logger.replace(Logger.defaultLogger, Logger.map(lines, (line) => void stream.write(`${line}\n`))),
    Logger.minimumLogLevel(LogLevel.Info)
  )
}
