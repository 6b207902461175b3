import type { Duration } from "effect"

/** A copy of a database as of one moment. */
export interface Backup {
  readonly database: string
  readonly file: string
  readonly bytes: number
  /** The number of rows of each table, equal in the database and the copy. */
  readonly tables: ReadonlyArray<{ readonly table: string; readonly rows: number }>
}

/** The file to write, and the longest wait. */
export interface BackupOptions {
  /** The file to write. Neither it nor its `-wal`, `-shm` or `-journal` may exist. */
  readonly file: string
  /** The longest wait for a lock that another process holds. */
  readonly busyTimeout: Duration.DurationInput
  /** Called after each step with the pages copied so far and all pages. Once these are equal, the copy is checked. */
  readonly onProgress: (done: number, total: number) => void
}
