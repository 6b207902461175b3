import type { Duration, Effect } from "effect"

/** The options of a SQLite database, besides its file. */
export interface SqliteOptions {
  /**
   * The permissions of a new file, 0o600 unless given: only its owner reads the
   * payloads. An existing file keeps its own.
   */
  readonly mode?: number | undefined
  /**
   * How durable a commit is before it returns. `full`, unless given: it survives a
   * power cut. `normal`: it survives the death of the process, and a power cut may
   * undo the last ones. Less than that is not offered.
   */
  readonly synchronous?: "full" | "normal" | undefined
  /**
   * The longest wait for a lock that another process holds, 30 seconds unless
   * given: when the client opens the file, and for each statement and transaction.
   */
  readonly busyTimeout?: Duration.DurationInput | undefined
  /**
   * Has a thread with a connection of its own extend leases while the event loop of this process is blocked. On unless
   * given for `SqliteStore.layer`, off for a store on the app's own client. A database in memory has none, and neither
   * has a bundle that better-sqlite3 is part of.
   */
  readonly leaseKeeper?: boolean | undefined
  /**
   * Has each worker listen on a socket in the folder `<file>-workers`, so that workers of this machine notice its death at
   * once, and not when its leases are over. On unless given for `SqliteStore.layer`, off for a store on the app's own
   * client. It needs Linux; a database in memory has none.
   */
  readonly presence?: boolean | undefined
  /** Opens an existing database and changes nothing in it, not even by migrating; writes fail. */
  readonly readonly?: boolean | undefined
  /** The instant that statements take for now, in epoch milliseconds: for tests of a store. The Clock's unless given. */
  readonly now?: Effect.Effect<number> | undefined
}
