import type { Call, Enclosing, History } from "./History.ts"

/** The transactions of callers, and what became of each by the rows of the app's own that it has left. */
export class Enclosings {
  readonly all: ReadonlyArray<Enclosing>
  private readonly rows: ReadonlyMap<number, number>

  constructor({ enclosings }: History, rows: ReadonlyMap<number, number>) {
    this.all = enclosings
    this.rows = rows
  }

  get(number: number | undefined): Enclosing | undefined {
    return number === undefined ? undefined : this.all[number - 1]
  }

  /** The whole transaction that one is a part of. */
  outermost(number: number | undefined): Enclosing | undefined {
    const enclosing = this.get(number)
    return enclosing?.around === undefined ? enclosing : this.outermost(enclosing.around)
  }

  /** How many of its two rows are there. */
  rowsOf({ number }: Enclosing): number {
    return this.rows.get(number) ?? 0
  }

  /** Whether what a call wrote is to be there: outside of every transaction, or in one that is committed. */
  stands({ within }: Call): boolean {
    const enclosing = this.get(within)
    return enclosing === undefined || this.rowsOf(enclosing) === 2
  }
}
