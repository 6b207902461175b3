import type { Overdue, ThreadDatabase } from "../../keeper/keeperThread.ts"

/** The data of `openInThread`. */
export interface PostgresThreadData {
  /** The file of the `pg` that this process has loaded. */
  readonly library: string
  /** The settings of the connection, as `pg` takes them. */
  readonly config: Readonly<Record<string, unknown>>
  /** The variables that `pg` reads by itself, of which a thread has none. */
  readonly environment: Readonly<Record<string, string>>
  /** Locks the rows of an array of ids that nobody else has locked, and answers their ids. */
  readonly lockText: string
  /** The heartbeat's statement, and its parameters for some lease: the leases as JSON, and their ids as an array. */
  readonly text: string
  readonly parameters: ReadonlyArray<unknown>
}

/** Opens a connection of the thread's own, once it is needed. It is passed as text, see `keepLeases`. */
export function openInThread(
  require: NodeJS.Require,
  { config, environment, library, lockText, parameters, text }: PostgresThreadData
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
  const waitsForLock = 200
  const staysOpen = 2_000
  const codeOf = (thrown: unknown) => String((thrown as { readonly code?: unknown }).code)
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
  const idsOf = (ids: ReadonlyArray<string>) => `{${ids.join()}}`
  return {
    connect: () => connection ??= connect(),
    extend: async (leases) => {
      const client = await (connection ??= connect())
      // What a pause of the machine leaves open, the server ends. The table may be locked, and must not keep the thread waiting.
      await client.query(
        `BEGIN; SET LOCAL lock_timeout = ${waitsForLock}; SET LOCAL idle_in_transaction_session_timeout = ${staysOpen}`
      )
      try {
        // A row may be locked by the very transaction that the main thread is in. It must not keep the others waiting.
        const { rows } = await client.query(lockText, [idsOf(leases.map(({ id }) => id))])
        const free = new Set(rows.map(({ id }) => id))
        const items = leases.filter(({ id }) => free.has(id)).map(itemOf)
        const values = parameters.map((parameter) =>
          String(parameter).startsWith("[") ? JSON.stringify(items) : idsOf([...free])
        )
        const extended = items.length === 0 ? [] : (await client.query(text, values)).rows
        await client.query("COMMIT")
        return { extended, locked: leases.filter(({ id }) => !free.has(id)).map(({ id }) => id) }
      } catch (thrown) {
        await client.query("ROLLBACK")
        if (codeOf(thrown) === "55P03") return "busy"
        throw thrown
      }
    },
    // What a constraint or a function of an app raises. A server that ends or cancels something says so by other classes.
    isOfARow: (thrown) => /^(?:22|23|P0)/.test(codeOf(thrown)),
    close: async () => {
      const open = connection
      connection = undefined
      await (await open)?.end()
    }
  }
}
