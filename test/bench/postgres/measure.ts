import { readdirSync, readFileSync } from "node:fs"
import { startMeasuring } from "../measure.ts"
import type { Sample } from "../Scenario.ts"
import { serverPidVariable, withClient } from "./database.ts"

/** Of a second, in `/proc/<pid>/stat` on every Linux that Node runs on. */
const ticksPerSecond = 100

/** The fields of a process's stat after its name, which may have spaces: state, parent, and so on as in proc(5). */
const statOf = (pid: string): ReadonlyArray<string> | undefined => {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, "utf8")
    return text.slice(text.lastIndexOf(")") + 2).split(" ")
  } catch {
    // It has ended meanwhile.
    return undefined
  }
}

const ticks = (stat: ReadonlyArray<string>, from: number, to: number) =>
  stat.slice(from, to).reduce((sum, field) => sum + Number(field), 0)

/**
 * CPU that the server and all processes of its connections have taken, in
 * microseconds. Undefined where the server is not a process of this machine.
 */
const serverMicros = (): number | undefined => {
  const server = process.env[serverPidVariable]
  const own = server === undefined ? undefined : statOf(server)
  if (server === undefined || own === undefined) return undefined
  // utime and stime, and with cutime and cstime those of the connections that have ended.
  let sum = ticks(own, 11, 15)
  for (const pid of readdirSync("/proc")) {
    const stat = /^\d+$/.test(pid) ? statOf(pid) : undefined
    if (stat?.[1] === server) sum += ticks(stat, 11, 13)
  }
  return sum / ticksPerSecond * 1e6
}

const walPosition = (url: string) =>
  withClient(url, async (client) => {
    const { rows } = await client.query<{ readonly bytes: string }>(
      "SELECT pg_wal_lsn_diff(pg_current_wal_insert_lsn(), '0/0') AS bytes"
    )
    return Number(rows[0]?.bytes)
  })

/** `startMeasuring`, with what the server does: its CPU, and the bytes of its write-ahead log. */
export const startMeasuringOn = async (url: string): Promise<(jobs: number) => Promise<Sample>> => {
  const walBefore = await walPosition(url)
  const serverBefore = serverMicros()
  const stop = startMeasuring()
  return async (jobs) => {
    const sample = stop(jobs)
    const serverAfter = serverMicros()
    const wal = await walPosition(url) - walBefore
    return {
      ...sample,
      ...(serverBefore !== undefined && serverAfter !== undefined
        && { serverCpuMicrosPerJob: (serverAfter - serverBefore) / jobs }),
      walBytesPerJob: wal / jobs
    }
  }
}
