import type { Effect } from "effect"
import { Context, Option } from "effect"

/** The terminal of a person. */
export interface TerminalService {
  /** Writes a line with the time of day. */
  readonly writeLine: (line: string) => Effect.Effect<void>
  /** Replaces the status line at the bottom. */
  readonly showStatus: (text: string) => void
  /** The line that a person types to run the worker, or a command of BrandBrain. */
  readonly commandLine: (command: "start" | "brandbrain", ...args: ReadonlyArray<string>) => string
}

/** The terminal that answers go to. None for a file or a pipe, which gets JSON. */
export class Terminal extends Context.Reference<Terminal>()("holdfast/brandbrain/Terminal", {
  defaultValue: (): Option.Option<TerminalService> => Option.none()
}) {}
