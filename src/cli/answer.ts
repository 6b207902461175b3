import * as Options from "@effect/cli/Options"
import { Console } from "effect"
import type { Output } from "./output.ts"
import { columnsOf, isColoured } from "./output.ts"
import type { Room } from "./table.ts"

/** The flag of every command that answers a person with text. */
export const json = Options.boolean("json").pipe(
  Options.withDescription("Print the answer as one JSON value, with instants in epoch milliseconds")
)

/** Prints the answer as JSON, or as text for a person. */
export const answer = (isJson: boolean, value: unknown, text: () => string) =>
  Console.log(isJson ? JSON.stringify(value, null, 2) : text())

/** The room for an answer. Only a terminal has an end of the line: what reads a pipe gets whole cells. */
export const roomOn = (output: Output): Room => ({
  columns: output.isTTY === true ? columnsOf(output) : Infinity,
  isColoured: isColoured(output)
})
