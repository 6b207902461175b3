import { Cause, Effect } from "effect"
import { readFileSync, rmSync } from "node:fs"
import { join } from "node:path"
import { openJournal } from "./journal.ts"
import { outlive, queueOn } from "./life.ts"
import { can, runProgram } from "./programs.ts"
import type { Scenario, Stage } from "./scenarios.ts"
import { Site } from "./site.ts"

/** The calls that change what is on the disk. */
const calls = ["pwrite64", "write", "fsync", "fdatasync", "ftruncate", "unlink", "rename"]

/** Far more than the scripted life takes. Seconds. */
const mayTake = 60
const tookTooLong = `took more than ${mayTake} s`

/** One system call of the scripted life: the `nth` of its name. */
interface Point {
  readonly call: string
  readonly nth: number
}

/** The program of the scripted life under strace, which traces its calls on the database's files alone. */
const traced = (folder: string, name: string, ...how: ReadonlyArray<string>) => {
  const database = join(folder, `${name}.db`)
  // With --seccomp-bpf it would be faster, and inject nothing.
  return runProgram("strace", [
    "-f",
    "-o",
    join(folder, `${name}.strace`),
    ...["", "-wal", "-journal", "-shm"].flatMap((suffix) => ["-P", `${database}${suffix}`]),
    "-e",
    `trace=${calls.join(",")}`,
    ...how,
    process.execPath,
    join(import.meta.dirname, "lifeProcess.js"),
    database,
    join(folder, `${name}.journal`)
  ], mayTake)
}

/** Every system call there is to be killed at, in an order that the dice decide. */
const survey = ({ dice, folder, tally }: Stage) =>
  Effect.gen(function*() {
    const { code, output, timedOut } = yield* traced(folder, "survey")
    if (code !== 0) {
      tally.violations.add(`the life cycle ${timedOut ? tookTooLong : `ended with ${code}`}\n${output}`)
      return []
    }
    const counts = new Map<string, number>()
    for (const [, call = ""] of readFileSync(join(folder, "survey.strace"), "utf8").matchAll(/^\d+ +(\w+)\(/gm)) {
      counts.set(call, (counts.get(call) ?? 0) + 1)
    }
    return dice.shuffled(
      [...counts].flatMap(([call, count]) =>
        Array.from({ length: count }, (_, index): Point => ({ call, nth: index + 1 }))
      )
    )
  })

/** Kills the scripted life at one system call, and sees whether another process can go on from there. */
const killAt = ({ call, nth }: Point, { folder, tally }: Stage) =>
  Effect.gen(function*() {
    const name = `${call} ${nth}`
    const { code, output, signal, timedOut } = yield* traced(
      folder,
      name,
      "-e",
      `inject=${call}:signal=SIGKILL:when=${nth}`
    )
    if (timedOut) {
      tally.violations.add(`the life cycle ${tookTooLong}, to be killed at ${name}\n${output}`)
      return
    }
    if (signal !== "SIGKILL") {
      // The life came to its end before: it does not make the same number of calls each time.
      if (code !== 0) {
        tally.violations.add(`the life cycle ended with ${code} instead of being killed at ${name}\n${output}`)
      }
      return
    }
    tally.systemCallKills++
    const journal = join(folder, `${name}.journal`)
    const site = new Site({ folder, tally, produceEvery: Infinity, database: join(folder, `${name}.db`) })
    site.listenTo("the life cycle", journal)
    const note = openJournal(journal)
    // The first to open it mends it; only then can its tables be read, if it came to have any.
    yield* Effect.void.pipe(Effect.provide(queueOn(site.database, note)))
    yield* site.check(`a kill at ${name}`)
    yield* outlive.pipe(Effect.provide(queueOn(site.database, note)))
    yield* site.drain(`a kill at ${name}`)
    // Its journal too: the next life at this point, on an empty disk, knows nothing of these jobs.
    for (const suffix of ["", "-wal", "-shm", "-journal"]) rmSync(`${site.database}${suffix}`, { force: true })
    rmSync(journal)
  }).pipe(
    Effect.catchAllCause((cause) =>
      Cause.isInterruptedOnly(cause)
        ? Effect.interrupt
        : Effect.sync(() =>
          void tally.violations.add(`nobody could go on after a kill at ${call} ${nth}: ${Cause.pretty(cause)}`)
        )
    )
  )

/** Steps on through the system calls of the scripted life, a few the first time, more after that, and round again. */
export const killAtSystemCalls = (): Scenario => {
  let points: ReadonlyArray<Point> = []
  let next = 0
  return (stage) =>
    Effect.gen(function*() {
      const { tally } = stage
      if (!can("strace", "-f", "-o", "/dev/null", "-e", "inject=fsync:when=1000:signal=SIGKILL", "true")) {
        tally.skipped.add("kills at system calls: strace is missing or may not trace here")
        return
      }
      if (points.length === 0) points = yield* survey(stage)
      tally.systemCalls = points.length
      const end = next === 0 ? 4 : next + 24
      while (next < end && points.length > 0) {
        const point = points[next++ % points.length]
        if (point !== undefined) yield* killAt(point, stage)
        tally.systemCallsTried = Math.min(next, points.length)
      }
    })
}
