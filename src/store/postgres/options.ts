import type { Duration, Effect, Redacted } from "effect"

/** The options of a job store on PostgreSQL. */
export interface JobStoreOptions {
  /**
   * The schema of the tables, as it is written: `"Jobs"` is not `"jobs"`. It is made
   * if it is not there. Unless given, the tables are in the first schema of the
   * `search_path` that has them, or else in its first.
   */
  readonly schema?: string | undefined
  /** Leaves the tables as they are, for a role that may not make any. */
  readonly migrate?: boolean | undefined
  /**
   * The longest that a statement of Holdfast's waits for the server, also where
   * another transaction has a lock: 30 seconds unless given. It is cancelled then, and
   * fails. Your own statements have no limit, but your transactions' COMMIT has.
   */
  readonly statementTimeout?: Duration.DurationInput | undefined
  /**
   * The URL of the server itself, for the one connection that listens, where the
   * client's connections go through a pooler in transaction mode. With `false` none
   * listens, and a worker finds the jobs of other processes by its poll. Unless given,
   * a connection of the client listens.
   */
  readonly listenUrl?: Redacted.Redacted | false | undefined
  /**
   * Has a thread with a connection of its own extend leases while the event loop of this process is blocked. The
   * connection is open only then. On unless given for `PostgresStore.layer`, off for a store on the app's own client. It
   * needs `pg` loaded from its own folder, so a bundle that `pg` is part of has none.
   */
  readonly leaseKeeper?: boolean | undefined
  /** The instant that statements take for now, in epoch milliseconds: for tests of a store. The server's unless given. */
  readonly now?: Effect.Effect<number> | undefined
}

/** The options of a pool of connections to PostgreSQL, and of the job store on it. */
export interface PostgresOptions extends JobStoreOptions {
  /** The most connections, 10 unless given. A worker needs two: one of them listens. */
  readonly maxConnections?: number | undefined
  /** The longest wait for a connection, 5 seconds unless given. */
  readonly connectTimeout?: Duration.DurationInput | undefined
  /** The name that the server shows for the connections. */
  readonly applicationName?: string | undefined
}
