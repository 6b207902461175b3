import type { Overdue, ThreadDatabase } from "../../keeper/keeperThread.ts"

/** The data of `openInThread`. */
export interface PostgresThreadData {
  /** The file of the `pg` that this process has loaded. */
  readonly library: string
  /** The settings of the connection, as `pg` takes them. */
  readonly config: Readonly<Record<string, unknown>>
  /** The variables that `pg` reads by itself, of which a thread has none. */
  readonly environment: Readonly<Record<string, string>>
  /** The heartbeat's statement, and its parameters for some lease: the leases as JSON, and their ids as an array. */
  readonly text: string
  readonly parameters: ReadonlyArray<unknown>
}

/** Opens a connection of the thread's own, once it is needed. It is passed as text, see `keepLeases`. */
export function openInThread(
  require: NodeJS.Require,
  { config, environment, library, parameters, text }: PostgresThreadData
): ThreadDatabase {
  interface Connection {
    connect(): Promise<unknown>
    query(
      text: string,
      values?: ReadonlyArray<unknown>
    ): Promise<{ rows: ReadonlyArray<{ id: string; attempts: number }> }>
    end(): Promise<unknown>
    on(event: "error", listener: () => void): unknown
  }
  /** Milliseconds. */
  const waitsForRow = 200
  Object.assign(process.env, environment)
  const { Client } = require(library) as { readonly Client: new(config: object) => Connection }
  let connection: Promise<Connection> | undefined
  const connect = async () => {
    const client = new Client(config)
    // The next statement fails, and says it.
    client.on("error", () => {})
    await client.connect()
    return client
  }
  const itemOf = ({ attempt, id, leaseFor, worker }: Overdue) => ({ id, worker, attempt, lease_for: leaseFor })
  return {
    extend: async (leases) => {
      connection ??= connect()
      const items = JSON.stringify(leases.map(itemOf))
      const ids = `{${leases.map(({ id }) => id).join()}}`
      const values = parameters.map((parameter) => String(parameter).startsWith("[") ? items : ids)
      const client = await connection
      // A row may be locked by the very transaction that the main thread is in. It must not keep the others waiting.
      await client.query(`BEGIN; SET LOCAL lock_timeout = ${waitsForRow}`)
      try {
        const { rows } = await client.query(text, values)
        await client.query("COMMIT")
        return rows
      } catch (thrown) {
        await client.query("ROLLBACK")
        throw thrown
      }
    },
    // What a constraint or a function of the app's raises, and a row that is locked. A server that ends or cancels something says so by other classes.
    isOfARow: (thrown) => /^(?:22|23|P0|55P03$)/.test(String((thrown as { readonly code?: unknown }).code)),
    close: async () => {
      const open = connection
      connection = undefined
      await (await open)?.end()
    }
  }
}
