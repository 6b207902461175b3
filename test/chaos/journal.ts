import { closeSync, existsSync, openSync, readSync, writeSync } from "node:fs"
import type { Script } from "./jobs.ts"

/** One attempt, as its lease names it. */
export interface Of {
  readonly job: string
  readonly attempt: number
  readonly worker: string
}

/** The writes that name a lease. */
export type Write = "extend" | "progress" | "complete" | "fail" | "release"

/** What a worker process notes, each before or after the fact as its comment says. */
export type Note =
  /** The event loop has turned. */
  | { readonly note: "alive" }
  /** It is ready to work. */
  | { readonly note: "up" }
  /** It was told to enqueue no more. What it asks for until it has an answer was noted before. */
  | { readonly note: "resting" }
  /** Last thing of a process that ends by itself. */
  | { readonly note: "over" }
  /** Before an enqueue is sent. */
  | { readonly note: "asked"; readonly job: string; readonly script: Script; readonly byHand: boolean }
  /** After an enqueue was answered: from here on the job must be there. */
  | { readonly note: "enqueued"; readonly job: string }
  /** After a claim was answered. `until` is the end of the lease in epoch milliseconds. */
  | { readonly note: "claimed"; readonly sentAt: number; readonly until: number } & Of
  /** First thing in a handler. */
  | { readonly note: "began" } & Of
  /** Last thing in a handler, however it ended. */
  | { readonly note: "ended"; readonly how: string } & Of
  /** Before a write is sent. */
  | { readonly note: "sent"; readonly call: number; readonly write: Write } & Of
  /** After a write was answered, or failed. */
  | {
    readonly note: "answered"
    readonly call: number
    readonly accepted?: boolean
    readonly status?: string
    readonly until?: number
    readonly error?: string
  }

/** A note and when it was made, in monotonic milliseconds, which all processes of the machine share. */
export type Noted = Note & { readonly at: number }

/** Now, on the clock of the notes. */
export const monotonicNow = (): number => Number(process.hrtime.bigint() / 1_000n) / 1_000

/** Opens a journal to append to. A note is one write, done when this returns: a killed process has no time to flush. */
export const openJournal = (file: string): (note: Note) => void => {
  const journal = openSync(file, "a")
  return (note) => void writeSync(journal, `${JSON.stringify({ ...note, at: monotonicNow() })}\n`)
}

/** A journal that is being read while it is written. */
export interface Tail {
  /** What was appended since the last time. A line that a kill cut short is none. */
  readonly next: () => ReadonlyArray<Noted>
  readonly close: () => void
}

/** Reads a journal, which need not be there yet, from its start. */
export const tailJournal = (file: string): Tail => {
  const buffer = Buffer.alloc(1 << 16)
  let journal: number | undefined
  let offset = 0
  let rest = Buffer.alloc(0)
  return {
    next: () => {
      if (journal === undefined && !existsSync(file)) return []
      journal ??= openSync(file, "r")
      const notes: Array<Noted> = []
      while (true) {
        const length = readSync(journal, buffer, 0, buffer.length, offset)
        if (length === 0) return notes
        offset += length
        const text = Buffer.concat([rest, buffer.subarray(0, length)])
        const end = text.lastIndexOf("\n") + 1
        rest = Buffer.from(text.subarray(end))
        for (const line of text.subarray(0, end).toString().split("\n")) {
          if (line !== "") notes.push(JSON.parse(line) as Noted)
        }
      }
    },
    close: () => {
      if (journal !== undefined) closeSync(journal)
    }
  }
}
