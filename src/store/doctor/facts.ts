/** Facts about a database of either kind. */
interface Facts {
  /** The version of Holdfast's tables, 0 if there are none. */
  readonly version: number
  /** The version that this release makes. */
  readonly newest: number
}

/** Facts about a SQLite database. Sizes are bytes. */
export interface SqliteFacts extends Facts {
  readonly database: "sqlite"
  readonly journalMode: string
  readonly size: number
  readonly walSize: number
  /** The lines of quick_check, empty if nothing is wrong; undefined without `isDeep`. */
  readonly damage: ReadonlyArray<string> | undefined
}

/** An open transaction: no vacuum removes rows that it might still see. */
export interface OpenTransaction {
  /** The number of its process, or the name of a prepared one. */
  readonly name: string
  readonly user: string
  readonly application: string
  readonly state: string
  /** Milliseconds since it began. */
  readonly openFor: number
}

/** Facts about a PostgreSQL database. Instants are epoch milliseconds. */
export interface PostgresFacts extends Facts {
  readonly database: "postgresql"
  /** As in 160004 for 16.4. */
  readonly serverVersion: number
  readonly role: string
  /** The rights on Holdfast's tables that a worker needs and the role lacks, such as "UPDATE on holdfast_jobs". */
  readonly lacksRights: ReadonlyArray<string>
  /** The same on the table that shows workers to people, without which a worker works. */
  readonly lacksRightsToShow: ReadonlyArray<string>
  readonly tables: ReadonlyArray<{
    readonly table: string
    /** As the server estimates. */
    readonly live: number
    readonly dead: number
    readonly vacuumedAt: number | null
  }>
  /** The oldest ones, without vacuums. */
  readonly transactions: ReadonlyArray<OpenTransaction>
  /** False if the role sees only its own transactions. */
  readonly seesAllTransactions: boolean
  /** The server's clock, and this machine's before the question and after the answer. */
  readonly clock: { readonly server: number; readonly asked: number; readonly answered: number }
}

/** The depth of a look, and the longest wait. */
export interface LookOptions {
  readonly schema: string | undefined
  /** True to look for damage in a SQLite database, which reads all of it. */
  readonly isDeep: boolean
  /** The longest wait for a lock or an answer, in milliseconds. */
  readonly limit: number
}
