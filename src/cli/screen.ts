import type { Output } from "./output.ts"
import { columnsOf } from "./output.ts"

/** A terminal whose last line shows what goes on now, and is written over. Everything else scrolls by above it. */
export interface Screen extends Output {
  readonly rows: number
  /** Replaces the last line, without escape sequences. An empty text removes it. */
  readonly show: (text: string) => void
}

/** The lines of a terminal that does not say how many it has. */
const usualRows = 24

/** The screen that writes to `output`. */
export const makeScreen = (output: Output): Screen => {
  let shown = ""
  // A terminal echoes a Ctrl-C as two characters.
  const clear = () => shown === "" ? "" : `\r${" ".repeat(Math.min(shown.length + 2, columnsOf(output) - 1))}\r`
  return {
    isTTY: output.isTTY === true,
    get columns() {
      return columnsOf(output)
    },
    get rows() {
      return output.rows ?? usualRows
    },
    hasColors: () => output.hasColors?.() !== false,
    write: (text) => output.write(`${clear()}${text}${shown}`),
    show: (text) => {
      // A terminal that reaches its last column goes on in the next line.
      const fits = text.slice(0, columnsOf(output) - 1)
      const before = clear()
      shown = fits
      output.write(`${before}${fits}`)
    }
  }
}
