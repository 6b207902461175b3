import { columnsOf } from "./output.ts"
import type { Screen } from "./screen.ts"
import { cut } from "./table.ts"

/** A text of several lines on a terminal, which each `show` writes over. The last one stays. */
export interface Frames {
  readonly show: (text: string) => void
}

/**
 * Frames on a terminal. Lines that it has no room for are left out, and long ones
 * cut: what has scrolled away cannot be written over.
 */
export const makeFrames = (screen: Screen): Frames => {
  let height = 0
  return {
    show: (text) => {
      const room = screen.rows - 1
      const lines = text.split("\n")
      const shown = (lines.length > room ? [...lines.slice(0, room - 1), "…"] : lines)
        .map((line) => isColoured(line) ? line : cut(line, columnsOf(screen) - 1))
      // Up to the first line of the frame before, and all below is cleared.
      const back = height === 0 ? "" : `\r\u001b[${height}A\u001b[J`
      height = shown.length
      screen.write(`${back}${shown.join("\n")}\n`)
    }
  }
}

/** A line of a table fits, and has escape sequences that take no room. */
const isColoured = (line: string) => line.includes("\u001b")
