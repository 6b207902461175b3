import type { Effect } from "effect"
import { Context, Option } from "effect"

/** The terminal of a person who waits for an answer. */
export interface TerminalService {
  /** Writes a line, with the time of day. */
  readonly tell: (line: string) => Effect.Effect<void>
  /** Writes over the last line what goes on now. */
  readonly show: (text: string) => void
  /** The line that a person types to run a command of BrandBrain, or the worker. */
  readonly typed: (command: "start" | "brandbrain", ...args: ReadonlyArray<string>) => string
}

/** None where answers go into a file or a pipe, which get JSON. */
export class Terminal extends Context.Reference<Terminal>()("holdfast/brandbrain/Terminal", {
  defaultValue: (): Option.Option<TerminalService> => Option.none()
}) {}
