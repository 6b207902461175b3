import { Effect } from "effect"
import { spawn } from "node:child_process"
import { once } from "node:events"
import { chmodSync, chownSync, existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { delimiter, join } from "node:path"
import { freePort, nobody } from "./server.ts"

/** A real PgBouncer in front of a server. */
export interface PgBouncer {
  /** The URL of the same database by way of it. */
  readonly url: (ofServer: string) => string
  readonly stop: () => Promise<void>
}

/** The file of the program, or an error that names the package that has it. */
export const pgbouncerProgram = (): string => {
  // Debian puts it where only root's PATH leads.
  const folders = [...(process.env["PATH"] ?? "").split(delimiter), "/usr/sbin", "/usr/local/sbin"]
  const program = folders.map((folder) => join(folder, "pgbouncer")).find((file) => existsSync(file))
  if (program !== undefined) return program
  throw new Error("these tests need PgBouncer, which is not installed; on Debian run: apt-get install pgbouncer")
}

/**
 * Starts a PgBouncer in transaction mode for all databases of a server, with fewer
 * connections to each than its clients have to it.
 */
const startPgBouncer = async (serverUrl: string, connections: number): Promise<PgBouncer> => {
  const { hostname, password, port: serverPort, username } = new URL(serverUrl)
  const folder = mkdtempSync(join(tmpdir(), "holdfast-pgbouncer-"))
  const user = process.getuid?.() === 0 ? nobody : undefined
  const port = await freePort()
  const settings = join(folder, "pgbouncer.ini")
  const target = `host=${hostname} port=${serverPort} user=${decodeURIComponent(username)}`
  writeFileSync(
    settings,
    `[databases]
* = ${target} password='${decodeURIComponent(password).replaceAll("'", "''")}'
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = ${port}
unix_socket_dir =
auth_type = any
pool_mode = transaction
default_pool_size = ${connections}
max_client_conn = 500
`
  )
  chmodSync(folder, 0o755)
  if (user !== undefined) chownSync(settings, user.uid, user.gid)
  const program = spawn(pgbouncerProgram(), [settings], { ...user, stdio: ["ignore", "ignore", "pipe"] })
  let said = ""
  await new Promise<void>((resolve, reject) => {
    program.once("exit", () => reject(new Error(`PgBouncer did not start: ${said}`)))
    program.stderr.setEncoding("utf8").on("data", (text: string) => {
      said = `${said}${text}`.slice(-10_000)
      if (said.includes("process up")) resolve()
    })
  })
  return {
    url: (ofServer) => {
      const url = new URL(ofServer)
      url.host = `127.0.0.1:${port}`
      return url.href
    },
    stop: async () => {
      if (program.exitCode === null && program.signalCode === null) {
        const ended = once(program, "exit")
        program.kill("SIGKILL")
        await ended
      }
      rmSync(folder, { recursive: true, force: true })
    }
  }
}

/** A PgBouncer of a test's own, which is stopped when the scope closes. */
export const ownPgBouncer = (serverUrl: string, connections = 3) =>
  Effect.acquireRelease(
    Effect.promise(() => startPgBouncer(serverUrl, connections)),
    ({ stop }) => Effect.promise(stop)
  )
