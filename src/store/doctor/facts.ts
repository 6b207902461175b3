/** What is so for a database of either kind. */
interface Facts {
  /** The version of Holdfast's tables, 0 if there are none, and the one that this release makes. */
  readonly version: number
  readonly newest: number
}

/** What a look at a SQLite database found. Sizes are bytes. */
export interface SqliteFacts extends Facts {
  readonly database: "sqlite"
  readonly journalMode: string
  readonly size: number
  readonly walSize: number
  /** What quick_check found, empty if nothing is wrong; undefined if it was not asked for. */
  readonly damage: ReadonlyArray<string> | undefined
}

/** A transaction that keeps what it might still see from being vacuumed. */
export interface OpenTransaction {
  /** The number of its process, or the name of a prepared one. */
  readonly name: string
  readonly user: string
  readonly application: string
  readonly state: string
  /** Milliseconds since it began. */
  readonly openFor: number
}

/** What a look at a PostgreSQL database found. Instants are epoch milliseconds. */
export interface PostgresFacts extends Facts {
  readonly database: "postgresql"
  /** As in 160004 for 16.4. */
  readonly serverVersion: number
  readonly role: string
  /** The rights on Holdfast's tables that a worker needs and the role lacks, such as "UPDATE on holdfast_jobs". */
  readonly lacksRights: ReadonlyArray<string>
  readonly tables: ReadonlyArray<{
    readonly table: string
    /** As the server estimates. */
    readonly live: number
    readonly dead: number
    readonly vacuumedAt: number | null
  }>
  /** Those that began first. */
  readonly transactions: ReadonlyArray<OpenTransaction>
  /** False if the role sees only its own transactions. */
  readonly seesAllTransactions: boolean
  /** The server's clock, and this machine's when it was asked and when it had answered. */
  readonly clock: { readonly server: number; readonly asked: number; readonly answered: number }
}

/** What to look for, and for how long. */
export interface LookOptions {
  readonly schema: string | undefined
  /** True to look for damage in a SQLite database, which reads all of it. */
  readonly isDeep: boolean
  /** The longest wait for a lock or an answer, in milliseconds. */
  readonly limit: number
}
