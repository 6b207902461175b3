import { createHash } from "node:crypto"
import { Client } from "pg"

/** The variable in which the processes of a bench find the server: a URL of its superuser. */
export const serverVariable = "HOLDFAST_BENCH_POSTGRES"

/** The variable in which they find the process that starts those of its connections. */
export const serverPidVariable = "HOLDFAST_BENCH_POSTGRES_PID"

const server = () => {
  const url = process.env[serverVariable]
  if (url === undefined) throw new Error(`${serverVariable} names no server`)
  return url
}

/** The name of the database that stands for a path, since the bench knows databases by their files. */
const nameOf = (path: string) => `bench_${createHash("sha256").update(path).digest("hex").slice(0, 32)}`

/** The URL of the database that stands for a path. */
export const urlOf = (path: string): string => {
  const url = new URL(server())
  url.pathname = `/${nameOf(path)}`
  return url.href
}

/** Makes the database of a path, as a copy of another's if one is given, and answers its URL. */
export const createDatabase = async (path: string, from?: string): Promise<string> => {
  await withClient(
    server(),
    (client) => client.query(`CREATE DATABASE ${nameOf(path)}${from === undefined ? "" : ` TEMPLATE ${nameOf(from)}`}`)
  )
  return urlOf(path)
}

/** Uses one connection, by itself. */
export const withClient = async <A>(url: string, use: (client: Client) => Promise<A>): Promise<A> => {
  const client = new Client({ connectionString: url })
  await client.connect()
  try {
    return await use(client)
  } finally {
    await client.end()
  }
}
