import type * as FileSystem from "node:fs"
import type { Overdue, ThreadDatabase } from "../../keeper/keeperThread.ts"

/** The data of `openInThread`. */
export interface SqliteThreadData {
  readonly library: string
  readonly addon: string
  readonly file: string
  /** The files as the store's connection has opened them, by path. */
  readonly identities: Readonly<Record<string, string>>
  /** The heartbeat's statement, and its parameters, with `nowMark` for the instant and `itemsMark` for the leases. */
  readonly text: string
  readonly parameters: ReadonlyArray<unknown>
  readonly nowMark: number
}

/**
 * Opens a connection of the thread's own. It is passed as text, see `keepLeases`.
 *
 * It must be the copy of SQLite that the store's connection uses: with another, closing
 * one of the two would drop the locks of both, see wal/checkpointThread.ts.
 */
export function openInThread(
  require: NodeJS.Require,
  { addon, file, identities, library, nowMark, parameters, text }: SqliteThreadData
): ThreadDatabase {
  const { statSync } = require("node:fs") as typeof FileSystem
  for (const [path, identity] of Object.entries(identities)) {
    const found = statSync(path, { bigint: true, throwIfNoEntry: false })
    if (`${found?.dev} ${found?.ino}` !== identity) throw new Error(`${path} was deleted or replaced`)
  }
  interface Connection {
    pragma(pragma: string): unknown
    prepare(text: string): { all(parameters: ReadonlyArray<unknown>): ReadonlyArray<{ id: string; attempts: number }> }
    close(): void
  }
  const Database = require(library) as new(file: string, options: object) => Connection
  // It waits for no lock, so that what is written is of now.
  const database = new Database(file, { nativeBinding: addon, fileMustExist: true, timeout: 0 })
  let statement: ReturnType<Connection["prepare"]> | undefined
  const prepare = () => {
    // A power cut may undo an extension, but it ends the process, too. The store's connection makes the checkpoints.
    database.pragma("synchronous = NORMAL")
    database.pragma("wal_autocheckpoint = 0")
    return database.prepare(text)
  }
  const codeOf = (thrown: unknown) => String((thrown as { readonly code?: unknown }).code)
  const itemOf = ({ attempt, id, leaseFor, worker }: Overdue) => ({ id, worker, attempt, lease_for: leaseFor })
  return {
    connect: () => undefined,
    extend: (leases) => {
      const items = JSON.stringify(leases.map(itemOf))
      const values = parameters.map((parameter) => parameter === nowMark ? Date.now() : items)
      try {
        statement ??= prepare()
        return { extended: statement.all(values), locked: [] }
      } catch (thrown) {
        if (codeOf(thrown).startsWith("SQLITE_BUSY")) return "busy"
        throw thrown
      }
    },
    isOfARow: (thrown) => codeOf(thrown).startsWith("SQLITE_CONSTRAINT"),
    close: () => database.close()
  }
}
