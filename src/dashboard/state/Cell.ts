import { useEffect, useState } from "preact/hooks"

/** A value that tells who listens when another takes its place. */
export interface Cell<A> {
  readonly get: () => A
  /** Does nothing if it is the same value. */
  readonly set: (value: A) => void
  /** Calls back after every change, until the answer is called. */
  readonly listen: (listener: () => void) => () => void
}

export const makeCell = <A>(initial: A): Cell<A> => {
  let value = initial
  const listeners = new Set<() => void>()
  return {
    get: () => value,
    set: (next) => {
      if (Object.is(next, value)) return
      value = next
      for (const listener of listeners) listener()
    },
    listen: (listener) => {
      listeners.add(listener)
      return () => void listeners.delete(listener)
    }
  }
}

/** The value of a cell, followed until the component is gone. */
export const useCell = <A>(cell: Cell<A>): A => {
  const [, shown] = useState(cell.get())
  useEffect(() => {
    const tell = () => shown(() => cell.get())
    tell()
    return cell.listen(tell)
  }, [cell])
  return cell.get()
}
