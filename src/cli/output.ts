import type { Effect } from "effect"
import { Console } from "effect"
import { stripVTControlCharacters } from "node:util"

/** Standard output or standard error, as far as we use them. */
export interface Output {
  readonly isTTY?: boolean
  /** Characters in a line, on a terminal. */
  readonly columns?: number
  /** True unless NO_COLOR, the terminal's own kind or anything else that Node knows of says otherwise. */
  readonly hasColors?: () => boolean
  readonly write: (text: string) => unknown
}

/** True if a person reads it, and wants colours. */
export const isColoured = (output: Output): boolean => output.isTTY === true && output.hasColors?.() !== false

/** How long a line may be. What goes to a file is as on a terminal of 100. */
export const columnsOf = ({ columns, isTTY }: Output): number => isTTY === true && columns ? columns : 100

/** Keeps escape sequences from where nobody wants them: @effect/cli prints some whatever it prints to. */
export const plainConsole =
  (stdout: Output, stderr: Output) => <A, E, R>(effect: Effect.Effect<A, E, R>): Effect.Effect<A, E, R> =>
    Console.consoleWith((console) => {
      const through = (output: Output, print: Console.Console["log"]): Console.Console["log"] => (...args) =>
        print(...args.map((arg: unknown) => typeof arg === "string" ? fitting(arg, output) : arg))
      return Console.withConsole(effect, {
        ...console,
        log: through(stdout, (...args) => console.log(...args)),
        error: through(stderr, (...args) => console.error(...args))
      })
    })

/** @effect/cli ends each of its texts with lines that are empty. */
const fitting = (text: string, output: Output) =>
  (isColoured(output) ? text : stripVTControlCharacters(text)).replace(/\n+$/, "")
