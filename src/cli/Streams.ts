import { Option } from "effect"
import type { Output } from "./output.ts"
import { makeScreen } from "./screen.ts"
import type { Screen } from "./screen.ts"

/** The streams that the program writes to. */
export interface Streams {
  readonly stdout: Output
  readonly stderr: Output
  /** None unless standard output is a terminal. */
  readonly screen: Option.Option<Screen>
  /** Standard output, through the screen if there is one. */
  readonly out: Output
  /** Standard error, through the screen if both are terminals: there, they are one. */
  readonly errors: Output
  /** True if a person at a terminal can be asked. */
  readonly isAttended: boolean
}

export const makeStreams = (
  stdout: Output,
  stderr: Output,
  stdin: { readonly isTTY?: boolean } = {}
): Streams => {
  const screen = stdout.isTTY === true ? Option.some(makeScreen(stdout)) : Option.none()
  return {
    stdout,
    stderr,
    screen,
    out: Option.getOrElse(screen, () => stdout),
    errors: stderr.isTTY === true ? Option.getOrElse(screen, () => stderr) : stderr,
    isAttended: stdin.isTTY === true && stdout.isTTY === true
  }
}
