import { Command, Options } from "@effect/cli"
import { Console, Effect } from "effect"
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { createDatabase } from "../bench/postgres/database.ts"
import { withServer } from "../bench/postgres/withServer.ts"
import { runCommand } from "../commands/runCommand.ts"
import { table } from "../markdownTable.ts"
import type { Outcome } from "./measure.ts"
import { runs, takesOver } from "./measure.ts"
import type { Contender } from "./queues.ts"
import { contenders } from "./queues.ts"

const flags = {
  only: Options.text("only").pipe(
    Options.repeated,
    Options.withDescription(`No queues but those of these names: ${Object.keys(contenders).join(", ")}`)
  ),
  seconds: Options.integer("seconds").pipe(
    Options.withDefault(10),
    Options.withDescription("How long a job computes or waits, 10 unless given; leases last 3")
  )
}

const told = ({ ended, mostAtOnce, runs }: Outcome) =>
  `${runs} ${runs === 1 ? "run" : "runs"}, ${ended} to the end, ${mostAtOnce === 1 ? "no two" : mostAtOnce} at once`

/** All that is measured of one queue, as a row of the table. */
const measure = (folder: string, name: string, contender: Contender, millis: number) =>
  Effect.gen(function*() {
    const place = (file: string) =>
      contender.database === "sqlite"
        ? Effect.succeed(join(folder, `${name}-${file}.db`))
        : Effect.promise(() => createDatabase(join(folder, name, file)))
    const waited = yield* runs(name, contender, yield* place("waits"), { computes: 0, waits: millis })
    const computed = yield* runs(name, contender, yield* place("computes"), { computes: millis, waits: 0 })
    const after = yield* takesOver(name, contender, yield* place("killed"))
    return [
      contender.title,
      contender.lease,
      told(waited),
      told(computed),
      after === undefined ? "not within 30 s" : `${(after / 1000).toFixed(1)} s`
    ]
  })

/** `pnpm overlap`: one job at a time, two worker processes, and what each queue makes of a busy or a killed one. */
const overlap = Command.make("overlap", flags, ({ only, seconds }) =>
  Effect.gen(function*() {
    const chosen = Object.entries(contenders).filter(([name]) => only.length === 0 || only.includes(name))
    if (chosen.length === 0) return yield* Effect.fail(new Error(`there is no queue called ${only.join(" or ")}`))
    const folder = mkdtempSync(join(tmpdir(), "overlap-"))
    const all = Effect.forEach(chosen, ([name, contender]) =>
      Effect.tap(measure(folder, name, contender, seconds * 1000), (row) =>
        Console.error(row.join(" | "))))
    const rows = yield* (chosen.some(([, { database }]) =>
        database === "postgres"
      )
      ? withServer(all)
      : all).pipe(
        Effect.ensuring(Effect.sync(() => rmSync(folder, { recursive: true, force: true })))
      )
    yield* Console.log(table(
      ["queue", "lease", `waits for ${seconds} s`, `computes for ${seconds} s`, "killed: runs elsewhere after"],
      rows
    ))
  }))

runCommand(overlap, "overlap")
