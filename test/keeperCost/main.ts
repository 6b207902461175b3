import { Command, Options } from "@effect/cli"
import { Console, Effect, Schema } from "effect"
import { execFile } from "node:child_process"
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { promisify } from "node:util"
import { spreadOf } from "../bench/statistics.ts"
import { runCommand } from "../commands/runCommand.ts"
import { table } from "../markdownTable.ts"
import type { FigureName, Figures, Task } from "./figures.ts"

const count = (name: string, unlessGiven: number, description: string) =>
  Options.integer(name).pipe(
    Options.withSchema(Schema.Positive),
    Options.withDefault(unlessGiven),
    Options.withDescription(`${description}, ${unlessGiven} unless given`)
  )

const flags = {
  pairs: count("pairs", 9, "Drains with and without, in alternation, at each concurrency"),
  jobs: count("jobs", 10_000, "Jobs of a drain"),
  runs: count("runs", 5, "Idle workers with and without, in alternation"),
  seconds: count("seconds", 20, "Seconds for which an idle worker is looked at")
}

const program = fileURLToPath(new URL("costProcess.js", import.meta.url))

/** Omit for each member of a union. */
type Without<T, K extends PropertyKey> = T extends unknown ? Omit<T, K> : never

/** The figures of a process of its own. */
const measure = (task: Without<Task, "database">): Effect.Effect<Figures> =>
  Effect.acquireUseRelease(
    Effect.sync(() => mkdtempSync(join(tmpdir(), "keeper-cost-"))),
    (folder) =>
      Effect.promise(async () => {
        const given = JSON.stringify({ ...task, database: join(folder, "jobs.db") })
        const { stdout } = await promisify(execFile)(process.execPath, ["--expose-gc", program, given])
        return JSON.parse(stdout) as Figures
      }),
    (folder) => Effect.sync(() => rmSync(folder, { recursive: true, force: true }))
  )

interface Pair {
  readonly kept: Figures
  readonly bare: Figures
}

/** Measures so many pairs. Each begins with the one that the pair before has ended with, so that a drift of the machine cancels out. */
const pairsOf = (what: string, pairs: number, task: Without<Task, "database" | "isKept">) =>
  Effect.forEach(Array.from({ length: pairs }, (_, pair) => pair), (pair) =>
    Effect.gen(function*() {
      const isKeptFirst = pair % 2 === 0
      const first = yield* measure({ ...task, isKept: isKeptFirst })
      const second = yield* measure({ ...task, isKept: !isKeptFirst })
      const answer: Pair = isKeptFirst ? { kept: first, bare: second } : { kept: second, bare: first }
      yield* Console.error(`${what}, pair ${pair + 1}: ${JSON.stringify(answer)}`)
      return answer
    }))

const spread = (values: ReadonlyArray<number>, digits: number) => {
  const { max, median, min } = spreadOf(values) ?? { max: Number.NaN, median: Number.NaN, min: Number.NaN }
  return `${median.toFixed(digits)} (${min.toFixed(digits)} to ${max.toFixed(digits)})`
}

/** A row: a figure with and without, and what compares them pair by pair. */
const row = (
  what: string,
  figure: FigureName,
  pairs: ReadonlyArray<Pair>,
  compared: { readonly unit: string; readonly of: (kept: number, bare: number) => number }
) => {
  const of = (side: keyof Pair) => pairs.map((pair) => pair[side][figure] ?? Number.NaN)
  const [kept, bare] = [of("kept"), of("bare")]
  const differences = kept.map((value, pair) => compared.of(value, bare[pair] ?? Number.NaN))
  return [what, spread(kept, 1), spread(bare, 1), `${spread(differences, 2)} ${compared.unit}`]
}

const percent = { unit: "%", of: (kept: number, bare: number) => (kept / bare - 1) * 100 }
const difference = (unit: string) => ({ unit, of: (kept: number, bare: number) => kept - bare })

/** `pnpm keeper:cost`: what the keeper's thread and the sockets of presence cost a worker on SQLite. */
const cost = Command.make("keeper:cost", flags, ({ jobs, pairs, runs, seconds }) =>
  Effect.gen(function*() {
    const rows: Array<ReadonlyArray<string>> = []
    for (const concurrency of [1, 100]) {
      const what = `drain at concurrency ${concurrency}`
      const measured = yield* pairsOf(what, pairs, { of: "drain", jobs, concurrency })
      rows.push(row(`${what}, us of CPU per job`, "cpuMicrosPerJob", measured, percent))
      rows.push(row(`${what}, jobs/s`, "jobsPerSecond", measured, percent))
    }
    for (const holds of [true, false]) {
      const what = `idle worker with ${holds ? "one lease" : "no lease"}`
      const measured = yield* pairsOf(what, runs, { of: "idle", seconds, holds })
      rows.push(row(`${what}, MB of RSS after a GC`, "megabytes", measured, difference("MB")))
      rows.push(
        row(`${what}, wake-ups per s of threads started with it`, "wakeUpsPerSecond", measured, difference("/s"))
      )
    }
    yield* Console.log(table(["figure", "with", "without", "difference, pair by pair"], rows))
  }))

runCommand(cost, "keeper:cost")
