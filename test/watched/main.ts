import { Command, Options } from "@effect/cli"
import { Console, Effect } from "effect"
import type { ChildProcess } from "node:child_process"
import { fork } from "node:child_process"
import { once } from "node:events"
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { setTimeout as wait } from "node:timers/promises"
import { fileURLToPath } from "node:url"
import { migrate } from "../bench/contenders/holdfast.ts"
import type { Sample } from "../bench/Scenario.ts"
import { quantile } from "../bench/statistics.ts"
import { sharedFor } from "../../src/http/sharedFor.ts"
import { runCommand } from "../commands/runCommand.ts"
import { table } from "../markdownTable.ts"
import { openClients } from "./clients.ts"
import { firstPaint, launch, openPages } from "./pages.ts"
import { insertRows } from "./rows.ts"

/*
 * `pnpm watched`: the cost of being looked at. A drain beside what ten open pages ask for
 * and without that, in alternation; the first paint of a page; and every read of the API
 * on a table of ten million jobs.
 */

const token = "token-of-the-measurement"

const flags = {
  pairs: Options.integer("pairs").pipe(
    Options.withDefault(9),
    Options.withDescription("Drains with and without pages, 9 pairs unless given")
  ),
  jobs: Options.integer("jobs").pipe(
    Options.withDefault(30_000),
    Options.withDescription("Jobs of a drain, 30,000 unless given")
  ),
  pages: Options.integer("pages").pipe(Options.withDefault(10), Options.withDescription("Pages, 10 unless given")),
  chromium: Options.boolean("chromium").pipe(
    Options.withDescription("Pages in Chromium on this machine, and not clients that ask for the same")
  ),
  rows: Options.integer("rows").pipe(
    Options.withDefault(10_000_000),
    Options.withDescription("Jobs in the table that is read, ten million unless given")
  )
}

const inFolder = async <A>(use: (folder: string) => Promise<A>): Promise<A> => {
  const folder = mkdtempSync(join(tmpdir(), "holdfast-watched-"))
  try {
    return await use(folder)
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

/** Runs a server on a file, and ends it. */
const serving = async <A>(database: string, use: (address: string, server: ChildProcess) => Promise<A>): Promise<A> => {
  const server = fork(fileURLToPath(import.meta.resolve("./drainProcess.js")), [database, token])
  try {
    const [{ port }] = await once(server, "message") as [{ readonly port: number }]
    return await use(`http://127.0.0.1:${port}/holdfast/`, server)
  } finally {
    server.kill("SIGKILL")
  }
}

const drainOnce = async (server: ChildProcess, jobs: number): Promise<number> => {
  const answer = once(server, "message")
  server.send(jobs)
  const [{ cpuMicrosPerJob }] = await answer as [Sample]
  return Number(cpuMicrosPerJob)
}

/** The CPU per job with the pages over that without, of each pair. */
const beside = (pairs: number, jobs: number, count: number, inChromium: boolean) =>
  inFolder((folder) =>
    serving(join(folder, "jobs.db"), async (address, server) => {
      const browser = await launch()
      try {
        const paints: Array<number> = []
        for (let n = 0; n < 5; n++) paints.push(await firstPaint(browser, address, token))
        if (!inChromium) await browser.close()
        await drainOnce(server, jobs)
        const ratios: Array<number> = []
        for (let pair = 0; pair < pairs; pair++) {
          const micros: Record<"watched" | "alone", number> = { watched: NaN, alone: NaN }
          for (const how of pair % 2 === 0 ? ["watched", "alone"] as const : ["alone", "watched"] as const) {
            const opened = how === "alone"
              ? undefined
              : inChromium
              ? await openPages(browser, address, token, count)
              : openClients(address, token, count)
            micros[how] = await drainOnce(server, jobs)
            await opened?.close()
          }
          ratios.push(micros.watched / micros.alone)
          process.stderr.write(
            `pair ${pair + 1}: ${micros.watched.toFixed(1)} us a job watched, ${micros.alone.toFixed(1)} alone\n`
          )
        }
        return { ratios, paints }
      } finally {
        await browser.close()
      }
    })
  )

/** The reads of the API that people and pages make. */
const reads = [
  "stats",
  "history",
  "pauses",
  "workers",
  "jobs?limit=100",
  "jobs?limit=100&status=failed",
  "jobs?limit=100&status=failed&kind=kind-1&queue=queue-1",
  "jobs?limit=100&error=refused",
  "jobs?limit=100&uniqueKey=none",
  "jobs?limit=100&partition=none",
  "count?status=failed",
  "count?kind=kind-1&queue=queue-1",
  "count?error=refused"
]

/** The milliseconds of each read on a large table. */
const readMany = (rows: number) =>
  inFolder(async (folder) => {
    const file = join(folder, "jobs.db")
    await migrate(file)
    insertRows(file, rows)
    return await serving(file, async (address) => {
      const get = async (path: string): Promise<unknown> => {
        const response = await fetch(`${address}api/${path}`, { headers: { authorization: `Bearer ${token}` } })
        if (!response.ok) throw new Error(`GET ${path}: ${response.status} ${await response.text()}`)
        return await response.json()
      }
      const { jobs: [job] } = await get("jobs?limit=1&status=pending") as {
        readonly jobs: ReadonlyArray<{ readonly id: string }>
      }
      const paths = [...reads, `jobs/${job?.id}`, `jobs/${job?.id}/explanation`]
      const measured: Array<readonly [string, string, string]> = []
      for (const path of paths) {
        const millis: Array<number> = []
        for (let n = 0; n < 12; n++) {
          // Nobody shares the answer of the one before.
          await wait(sharedFor)
          const from = performance.now()
          await get(path)
          millis.push(performance.now() - from)
        }
        // The first finds nothing in the caches.
        const [first = Number.NaN, ...others] = millis
        const median = quantile(others, 0.5)
        measured.push([path.replace(String(job?.id), ":id"), median.toFixed(1), first.toFixed(1)])
      }
      return measured
    })
  })

const watched = Command.make("watched", flags, ({ chromium, jobs, pages, pairs, rows }) =>
  Effect.gen(function*() {
    if (pairs > 0) {
      const { paints, ratios } = yield* Effect.promise(() => beside(pairs, jobs, pages, chromium))
      yield* Console.log(
        `CPU per job with ${pages} pages over that without: median ${quantile(ratios, 0.5).toFixed(3)}, `
          + `${Math.min(...ratios).toFixed(3)} to ${Math.max(...ratios).toFixed(3)}, ${pairs} pairs of ${jobs} jobs`
      )
      yield* Console.log(`First contentful paint: median ${quantile(paints, 0.5).toFixed(0)} ms of ${paints.length}`)
    }
    if (rows > 0) {
      yield* Console.log(
        table(["read", `median ms of 11, ${rows} jobs`, "ms, the first"], yield* Effect.promise(() => readMany(rows)))
      )
    }
  }))

runCommand(watched, "watched")
