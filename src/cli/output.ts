import { Console, Effect } from "effect"
import { format, stripVTControlCharacters } from "node:util"

/** Standard output or standard error, as far as we use them. */
export interface Output {
  readonly isTTY?: boolean
  /** Characters in a line, on a terminal. */
  readonly columns?: number
  /** Lines, on a terminal. */
  readonly rows?: number
  /** The error that a write has met, such as EPIPE where the reader of a pipe is gone. */
  readonly errored?: Error | null
  /** False if NO_COLOR is set, or if Node finds that the terminal shows no colours. */
  readonly hasColors?: () => boolean
  /** Calls back when the text was written, or with the error that has kept it from being written. */
  readonly write: (text: string, onWritten?: (error?: Error | null) => void) => unknown
}

/** True if a person reads it, and wants colours. */
export const isColoured = (output: Output): boolean => output.isTTY === true && output.hasColors?.() !== false

/** True once what is written is lost, as where the reader of a pipe is gone. */
export const isUnread = ({ errored }: Output): boolean => errored !== undefined && errored !== null

/** True for the error of a pipe whose reader is gone, who wanted no more. */
export const isOfReader = (error: Error): boolean => "code" in error && error.code === "EPIPE"

/**
 * Calls back once all that was written before is written, with the error that has
 * kept some of it from being written, such as that of a full disk.
 */
export const whenWritten = (output: Output, onWritten: (error?: Error) => void): void =>
  void output.write("", (error) => onWritten(output.errored ?? error ?? undefined))

/** The longest line, in characters. A file gets lines as on a terminal that is 100 wide. */
export const columnsOf = ({ columns, isTTY }: Output): number => isTTY === true && columns ? columns : 100

/**
 * Prints to these streams, without escape sequences where a stream shows no
 * colours: @effect/cli prints some to every stream.
 */
export const plainConsole =
  ({ stderr, stdout }: { readonly stdout: Output; readonly stderr: Output }) =>
  <A, E, R>(effect: Effect.Effect<A, E, R>): Effect.Effect<A, E, R> =>
    Console.consoleWith((console) =>
      Console.withConsole(effect, { ...console, log: printing(stdout), error: printing(stderr) })
    )

const printing = (output: Output): Console.Console["log"] => (...args) =>
  Effect.sync(() => void output.write(`${plain(format(...args), output)}\n`))

/** @effect/cli ends each of its texts with empty lines. */
const plain = (text: string, output: Output) =>
  (isColoured(output) ? text : stripVTControlCharacters(text)).replace(/\n+$/, "")
