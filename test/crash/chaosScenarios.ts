import { Effect } from "effect"
import type { Scope } from "effect"
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import type { Dice } from "./chaosDice.ts"
import type { Fault } from "./chaosDisks.ts"
import { fullDisk, immutableFiles, readOnly } from "./chaosDisks.ts"
import { graceFor, hardEndAfterGrace, leaseFor } from "./chaosJobs.ts"
import { monotonicNow } from "./chaosJournal.ts"
import { ended } from "./chaosNemesis.ts"
import { runProgram } from "./chaosPrograms.ts"
import type { Tally } from "./chaosReport.ts"
import { seen } from "./chaosReport.ts"
import { Site } from "./chaosSite.ts"
import type { ChaosWorkerOptions } from "./chaosWorkers.ts"
import { tell } from "./chaosWorkers.ts"

/** A folder that nothing else uses, the run's dice, and where to count. */
export interface Stage {
  readonly folder: string
  readonly dice: Dice
  readonly tally: Tally
}

/** Something that goes wrong outside the run's own database. */
export type Scenario = (stage: Stage) => Effect.Effect<void, never, Scope.Scope>

/** What a scenario's workers do: rows of some size, so that writes reach far into the files. */
const load = { produceEvery: 100, padding: 4_000 }

/** Two workers and some jobs that were done. */
const busySite = (stage: Stage, database: string) =>
  Effect.gen(function*() {
    const site = new Site({ ...stage, ...load, database })
    yield* site.start
    yield* site.start
    yield* site.recovered(monotonicNow(), "the start")
    return site
  })

/** Writes fail for a while in processes that run; they must go on by themselves, and lose nothing. */
const underFault = (name: string, fault: Fault, stage: Stage) =>
  Effect.gen(function*() {
    const site = yield* busySite(stage, join(fault.folder, "jobs.db"))
    const millis = stage.dice.between(leaseFor / 2, 2 * leaseFor)
    const since = yield* Effect.acquireUseRelease(
      Effect.sync(() => fault.begin(site.living) ? monotonicNow() : undefined),
      (since) => since === undefined ? Effect.succeed(since) : Effect.as(Effect.sleep(millis), since),
      () => Effect.sync(() => fault.end(site.living))
    )
    if (since === undefined) return false
    site.listen()
    const failed = site.history.failedSince(since).some((error) => diskSays.test(error))
    yield* site.recovered(monotonicNow(), name)
    yield* site.check(name)
    yield* site.drain(name)
    return failed
  })

/** What SQLite says when the disk took no write. Another's lock is another's doing. */
const diskSays = /disk is full|disk I\/O error|readonly database/

export const diskFills: Scenario = (stage) =>
  Effect.gen(function*() {
    const fault = yield* fullDisk(join(stage.folder, "disk"))
    const failed = yield* underFault("a full disk", fault, stage)
    if (failed) stage.tally.fullDisks++
    seen(stage.tally, failed, "full disk: nothing here could make a running worker's writes fail")
  })

/** A worker that starts on what it cannot write ends; one that runs on it goes on when it can write again. */
export const fileIsReadOnly: Scenario = (stage) =>
  Effect.gen(function*() {
    const running = immutableFiles(join(stage.folder, "immutable"))
    const failed = yield* underFault("read-only files", running, stage)
    seen(stage.tally, failed, "read-only files under a running worker: they cannot be made immutable here (chattr +i)")
    const folder = join(stage.folder, "readonly")
    mkdirSync(folder)
    const before = new Site({ ...stage, ...load, database: join(folder, "jobs.db") })
    const worker = yield* before.start
    yield* before.recovered(monotonicNow(), "the start")
    tell(worker, "SIGKILL")
    yield* ended(worker)
    const arranged = yield* readOnly(folder, refusesToStart(before.database, "a read-only file", stage))
    if (!arranged) {
      stage.tally.skipped.add("read-only folder: modes do not stop root, and nothing can be mounted here")
      return
    }
    yield* before.check("a read-only file")
    yield* before.start
    yield* before.recovered(monotonicNow(), "the file could be written again")
    yield* before.drain("a read-only file")
    stage.tally.readOnlyFiles++
  })

/** A worker on this database ends with 1 and says why, and has changed nothing. */
const refusesToStart = (database: string, what: string, { folder, tally }: Stage) =>
  Effect.gen(function*() {
    const content = () => readFileSync(database).toString("latin1")
    const before = content()
    const options: ChaosWorkerOptions = {
      ...load,
      database,
      journal: join(folder, `refused ${readdirSync(folder).length}.journal`),
      produce: false
    }
    const { code, output, signal } = yield* runProgram(process.execPath, [
      join(import.meta.dirname, "chaosWorkerProcess.js"),
      JSON.stringify(options)
    ], 30)
    if (code !== 1) tally.violations.add(`a worker on ${what} ended with ${code ?? signal}\n${output}`)
    if (!/The job store failed in [\s\S]*(readonly|read-only|not a database|malformed|unable to open)/.test(output)) {
      tally.violations.add(`a worker on ${what} did not say what is wrong\n${output}`)
    }
    if (content() !== before) tally.violations.add(`a worker on ${what} changed it\n${output}`)
  })

export const fileIsGarbage: Scenario = (stage) =>
  Effect.gen(function*() {
    const database = join(stage.folder, "garbage.db")
    // Shorter and longer than a database's header and page. SQLite takes a file of a single byte for an empty one.
    const size = stage.dice.oneOf([2, 99, 100, 4_096, 20_000])
    const bytes = Buffer.alloc(size)
    for (let at = 0; at < size; at += 4) bytes.writeUIntLE(stage.dice.between(1, 255), at, 1)
    writeFileSync(database, bytes)
    yield* refusesToStart(database, `a garbage file of ${size} bytes`, stage)
    stage.tally.garbageFiles++
  })

/** The database is taken away from workers that run jobs, and then they are told to end. */
export const databaseGoes: Scenario = (stage) =>
  Effect.gen(function*() {
    const folder = join(stage.folder, "gone")
    mkdirSync(folder)
    const site = yield* busySite(stage, join(folder, "jobs.db"))
    const how = stage.dice.oneOf(["deleted", "overwritten", "locked"])
    const end = Effect.gen(function*() {
      if (how === "deleted") rmSync(folder, { recursive: true })
      if (how === "overwritten") {
        for (const name of ["jobs.db", "jobs.db-wal"]) {
          writeFileSync(join(folder, name), Buffer.alloc(200_000, 7), { flag: "r+" })
        }
      }
      const workers = site.living
      for (const worker of workers) tell(worker, "SIGTERM")
      yield* Effect.forEach(workers, (worker) =>
        Effect.raceFirst(ended(worker), Effect.sleep(graceFor + hardEndAfterGrace + 10_000)), {
        concurrency: "unbounded"
      })
      for (const worker of workers) {
        if (worker.ended?.signal === null) {
          continue
        }
        site.violated(
          `${worker.name} did not end with its database ${how}: ${JSON.stringify(worker.ended)}\n${worker.log()}`
        )
      }
    })
    yield* how === "locked"
      ? site.connected((sql) =>
        Effect.acquireUseRelease(sql`BEGIN IMMEDIATE`, () =>
          end, () =>
          Effect.orDie(sql`COMMIT`))
      )
      : end
    if (how === "locked") yield* site.check("a shutdown with the database locked")
    stage.tally.databasesGone++
  })
