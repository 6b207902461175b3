import * as Options from "@effect/cli/Options"
import { Console } from "effect"
import type { Output } from "./output.ts"
import { columnsOf, isColoured } from "./output.ts"
import { escaped, unprintable } from "./readable.ts"
import type { Room } from "./table.ts"

/** The flag of every command that answers a person with text. */
export const json = Options.boolean("json").pipe(
  Options.withDescription("Print the answer as one JSON value, with instants in epoch milliseconds")
)

/**
 * A value as JSON that a terminal shows and a pipe carries as it is: what either
 * takes for a command, and JSON does not escape, is escaped.
 */
export const jsonText = (value: unknown): string =>
  JSON.stringify(value, null, 2).replace(
    unprintable,
    (character) => character === "\n" ? character : escaped(character)
  )

/** Prints the answer as JSON, or as text for a person. */
export const answer = (isJson: boolean, value: unknown, text: () => string) =>
  Console.log(isJson ? jsonText(value) : text())

/** The room for an answer. Only a terminal has an end of the line: what reads a pipe gets whole cells. */
export const roomOn = (output: Output): Room => ({
  columns: output.isTTY === true ? columnsOf(output) : Infinity,
  isColoured: isColoured(output)
})
