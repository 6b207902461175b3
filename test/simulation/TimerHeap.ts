import type { Owner } from "./World.ts"

/** Something that will happen at an instant of true time. */
export interface Timer {
  readonly at: number
  readonly owner: Owner
  readonly task: () => void
  /** False when it has gone off or was cancelled before. */
  readonly cancel: () => boolean
}

class Entry implements Timer {
  readonly at: number
  readonly order: number
  readonly owner: Owner
  readonly task: () => void
  state: "set" | "over" = "set"
  constructor(at: number, order: number, owner: Owner, task: () => void) {
    this.at = at
    this.order = order
    this.owner = owner
    this.task = task
  }
  readonly cancel = () => {
    const wasSet = this.state === "set"
    this.state = "over"
    return wasSet
  }
  before(other: Entry): boolean {
    return this.at < other.at || (this.at === other.at && this.order < other.order)
  }
}

/** Timers by instant, and by the order they were set in where instants are equal: a binary heap. */
export class TimerHeap {
  private readonly entries: Array<Entry> = []
  private order = 0

  add(at: number, owner: Owner, task: () => void): Timer {
    const { entries } = this
    const entry = new Entry(at, this.order++, owner, task)
    let index = entries.length
    while (index > 0) {
      const parent = (index - 1) >> 1
      const above = entries[parent]
      if (above === undefined || !entry.before(above)) break
      entries[index] = above
      index = parent
    }
    entries[index] = entry
    return entry
  }

  /** The next timer that was not cancelled. */
  take(): Timer | undefined {
    while (this.entries.length > 0) {
      const first = this.removeFirst()
      if (first?.cancel() === true) return first
    }
    return undefined
  }

  private removeFirst(): Entry | undefined {
    const { entries } = this
    const first = entries[0]
    const last = entries.pop()
    if (last === undefined || entries.length === 0) return first
    let index = 0
    while (true) {
      const left = 2 * index + 1
      const right = left + 1
      const leftEntry = entries[left]
      if (leftEntry === undefined) break
      const rightEntry = entries[right]
      const child = rightEntry !== undefined && rightEntry.before(leftEntry) ? right : left
      const smaller = child === right && rightEntry !== undefined ? rightEntry : leftEntry
      if (!smaller.before(last)) break
      entries[index] = smaller
      index = child
    }
    entries[index] = last
    return first
  }
}
