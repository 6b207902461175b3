import { oneLine } from "./readable.ts"

/** A column of a table for people. */
export interface Column<Row> {
  readonly title: string
  /** The text of a cell. */
  readonly of: (row: Row) => string
  /** True for what is copied to the next command, such as an id: other columns are cut before it. */
  readonly isWhole?: boolean
  /** True for numbers, which stand below each other by their last digit. */
  readonly isNumber?: boolean
  /** The colour of a cell, as the number of an escape sequence. */
  readonly colourOf?: (row: Row) => string | undefined
}

/** The place that a table has. */
export interface Room {
  /** Characters in a line; Infinity where nothing is cut. */
  readonly columns: number
  readonly isColoured: boolean
}

/**
 * Rows below their titles, in lines that fit. While they do not, the longest
 * column is cut, which an ellipsis shows. A column without any text is left out.
 */
export const table = <Row>(
  rows: ReadonlyArray<Row>,
  columns: ReadonlyArray<Column<Row>>,
  { columns: available, isColoured }: Room
): string => {
  const texts = rows.map((row) => columns.map((column) => oneLine(column.of(row))))
  const shown = columns.map((column, index) => ({ column, index }))
    .filter(({ index }) => texts.some((cells) => cells[index] !== ""))
  const widths = widthsOf(
    shown.map(({ column: { isWhole = false, title }, index }) => ({
      isWhole,
      needed: Math.max(lengthOf(title), ...texts.map((cells) => lengthOf(cells[index] ?? ""))),
      least: Math.min(lengthOf(title), leastWidth)
    })),
    available
  )
  const lineOf = (cellOf: (at: number) => string, colourOf: (at: number) => string | undefined) =>
    shown.map(({ column, index }, at) => {
      const width = widths[at] ?? 0
      const text = cut(cellOf(index), width)
      const blanks = " ".repeat(Math.max(0, width - lengthOf(text)))
      const code = isColoured ? colourOf(index) : undefined
      const painted = code === undefined || text === "" ? text : `\u001b[${code}m${text}\u001b[0m`
      if (column.isNumber === true) return blanks + painted
      return at === shown.length - 1 ? painted : painted + blanks
    }).join(gap).trimEnd()
  return [
    lineOf((index) => columns[index]?.title ?? "", () => dim),
    ...rows.map((row, at) => lineOf((index) => texts[at]?.[index] ?? "", (index) => columns[index]?.colourOf?.(row)))
  ].join("\n")
}

/** Text that takes at most `width` characters. */
export const cut = (text: string, width: number): string => {
  if (lengthOf(text) <= width) return text
  return width <= 0 ? "" : `${charactersOf(text).slice(0, width - 1).join("")}…`
}

const gap = "  "
const dim = "2"

/** A column is not cut to less, since nothing could be read there. */
const leastWidth = 6

/** As a person counts them. */
const charactersOf = (text: string) => Array.from(segmenter.segment(text), ({ segment }) => segment)

const segmenter = new Intl.Segmenter("en")

/** Most texts are of letters that are one character each, and those need not be taken apart. */
const lengthOf = (text: string) => /^[ -~]*$/.test(text) ? text.length : charactersOf(text).length

interface Wanted {
  readonly isWhole: boolean
  readonly needed: number
  readonly least: number
}

/** The width of each column. Whole ones are cut only where cutting all the others was not enough. */
const widthsOf = (wanted: ReadonlyArray<Wanted>, columns: number): ReadonlyArray<number> => {
  // A terminal that reaches its last column goes on in the next line.
  const room = columns - 1 - gap.length * (wanted.length - 1)
  const widths = wanted.map(({ needed }) => Math.min(needed, Math.max(room, leastWidth)))
  if (columns === Infinity) return widths
  for (const mayCut of [({ isWhole }: Wanted) => !isWhole, () => true]) {
    while (widths.reduce((sum, width) => sum + width, 0) > room) {
      let widest = -1
      wanted.forEach((each, index) => {
        const width = widths[index] ?? 0
        if (mayCut(each) && width > each.least && width > (widths[widest] ?? 0)) widest = index
      })
      if (widest < 0) break
      widths[widest] = (widths[widest] ?? 0) - 1
    }
  }
  return widths
}
