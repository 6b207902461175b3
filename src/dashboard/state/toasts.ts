import { makeCell } from "./Cell.ts"
import { timers } from "./page.ts"

/** A short message at the edge of the page. */
export interface Toast {
  readonly key: number
  readonly tone: "good" | "bad"
  readonly text: string
  /** The action of its button. */
  readonly undo?: { readonly label: string; readonly run: () => void }
}

export const toasts = makeCell<ReadonlyArray<Toast>>([])

let made = 0

/** Shows a message: for 6 s, or 12 s with something to do. A failure stays until the reader closes it. */
export const tell = (tone: Toast["tone"], text: string, undo?: Toast["undo"]): void => {
  const key = ++made
  toasts.set([...toasts.get().slice(-3), { key, tone, text, ...(undo === undefined ? {} : { undo }) }])
  if (tone === "good") timers.set(() => close(key), undo === undefined ? 6000 : 12_000)
}

export const close = (key: number): void => toasts.set(toasts.get().filter((toast) => toast.key !== key))
