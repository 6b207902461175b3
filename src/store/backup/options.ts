import type { Duration } from "effect"

/** A copy of a database, as it was at one moment. */
export interface Backup {
  readonly database: string
  readonly file: string
  readonly bytes: number
  /** The rows of each table, which are the same in both. */
  readonly tables: ReadonlyArray<{ readonly table: string; readonly rows: number }>
}

/** What to write, and how long to wait. */
export interface BackupOptions {
  /** The file to write, which must not be there. */
  readonly file: string
  /** The longest wait for a lock that another process holds. */
  readonly busyTimeout: Duration.DurationInput
  /** Called after each step, with the pages that are copied. Once all are, the copy is checked. */
  readonly onProgress: (done: number, total: number) => void
}
