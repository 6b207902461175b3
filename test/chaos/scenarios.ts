import { Effect } from "effect"
import type { Scope } from "effect"
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync
} from "node:fs"
import { dirname, join } from "node:path"
import type { Dice } from "./dice.ts"
import type { Fault } from "./disks.ts"
import { fullDisk, immutableFiles, readOnly } from "./disks.ts"
import { graceFor, hardEndAfterGrace, leaseFor } from "./jobs.ts"
import { monotonicNow } from "./journal.ts"
import { ended } from "./nemesis.ts"
import { runProgram } from "./programs.ts"
import type { Tally } from "./report.ts"
import { seen } from "./report.ts"
import { Site } from "./site.ts"
import type { ChaosWorker, ChaosWorkerOptions } from "./workers.ts"
import { tell } from "./workers.ts"

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
const busySite = (stage: Stage, database: string, lease = leaseFor) =>
  Effect.gen(function*() {
    const site = new Site({ ...stage, ...load, database, leaseFor: lease })
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
    const arranged = yield* betweenWorkers("a read-only file", stage, (database) =>
      readOnly(dirname(database), refusesToStart(database, "a read-only file", stage)))
    if (arranged) {
      stage.tally.readOnlyFiles++
    } else stage.tally.skipped.add("read-only folder: modes do not stop root, and nothing can be mounted here")
  })

/**
 * Does something to the database of a worker that was killed, and undoes it:
 * the next worker goes on with its jobs. False if it could not be done.
 */
const betweenWorkers = (
  what: string,
  stage: Stage,
  use: (database: string) => Effect.Effect<boolean>
): Effect.Effect<boolean, never, Scope.Scope> =>
  Effect.gen(function*() {
    const folder = join(stage.folder, what)
    mkdirSync(folder)
    const site = new Site({ ...stage, ...load, database: join(folder, "jobs.db") })
    const worker = yield* site.start
    yield* site.recovered(monotonicNow(), "the start")
    tell(worker, "SIGKILL")
    yield* ended(worker)
    if (!(yield* use(site.database))) return false
    yield* site.check(what)
    yield* site.start
    yield* site.recovered(monotonicNow(), `${what}, which was mended`)
    yield* site.drain(what)
    return true
  })

/** A worker on this database ends with 1 and says why, and has changed nothing. */
const refusesToStart = (database: string, what: string, { folder, tally }: Stage) =>
  Effect.gen(function*() {
    const content = () => readFileSync(database).toString("latin1")
    const before = content()
    const options: ChaosWorkerOptions = {
      ...load,
      leaseFor,
      database,
      journal: join(folder, `refused ${readdirSync(folder).length}.journal`),
      produce: false
    }
    const { code, output, signal } = yield* runProgram(process.execPath, [
      join(import.meta.dirname, "workerProcess.js"),
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
    // Shorter and longer than a database's header and page. SQLite takes a file of a single byte for an empty one.
    const size = stage.dice.oneOf([2, 99, 100, 4_096, 20_000])
    const bytes = Buffer.alloc(size)
    for (let at = 0; at < size; at += 4) bytes.writeUIntLE(stage.dice.between(1, 255), at, 1)
    yield* betweenWorkers("a garbage file", stage, (database) =>
      setAside(
        database,
        Effect.suspend(() => {
          writeFileSync(database, bytes)
          return refusesToStart(database, `a garbage file of ${size} bytes`, stage)
        })
      ))
    stage.tally.garbageFiles++
  })

/** Does something while the files of a database are elsewhere, and puts them back over whatever is there then. */
const setAside = (database: string, use: Effect.Effect<void>): Effect.Effect<boolean> => {
  const suffixes = ["", "-wal", "-shm"].filter((suffix) => existsSync(`${database}${suffix}`))
  return Effect.acquireUseRelease(
    Effect.sync(() => suffixes.forEach((suffix) => renameSync(`${database}${suffix}`, `${database}.aside${suffix}`))),
    () => Effect.as(use, true),
    () =>
      Effect.sync(() => suffixes.forEach((suffix) => renameSync(`${database}.aside${suffix}`, `${database}${suffix}`)))
  )
}

/** How a database goes from under those who have it open. */
type Going = "deleted" | "overwritten" | "locked"

/** A shutdown may take this long, the database gone or not, with what a busy machine adds. Milliseconds. */
const endsWithin = graceFor + hardEndAfterGrace + 2_000

/** Once all three ways, side by side, since most of it is waiting. */
export const databaseGoes: Scenario = (stage) =>
  Effect.forEach(["deleted", "overwritten", "locked"] as const, (going) => shutdownWithout(going, stage), {
    concurrency: "unbounded",
    discard: true
  })

/** The database is taken away from workers that run jobs, and then they are told to end. */
const shutdownWithout = (going: Going, stage: Stage) =>
  Effect.gen(function*() {
    const folder = join(stage.folder, going)
    mkdirSync(folder)
    // With a lease that ends sooner, its end would be what ends a settle that does not get through.
    const site = yield* busySite(stage, join(folder, "jobs.db"), endsWithin)
    yield* site.until(() => hasLongJob(site))
    const since = monotonicNow()
    if (going === "locked") yield* site.access.locked(endAll(site, going))
    else {
      takeAway[going](site.database)
      yield* endAll(site, going)
    }
    site.listen()
    const felt = site.history.unacceptedSince(since) > 0
    if (felt) stage.tally.databasesGone++
    seen(stage.tally, felt, `database ${going}: no worker had anything left to write`)
    if (going !== "locked") return
    yield* site.check("a shutdown with the database locked")
    yield* site.start
    yield* site.recovered(monotonicNow(), "a shutdown with the database locked")
    yield* site.drain("a shutdown with the database locked")
  })

/** Whether a worker has just begun a job that outlasts its grace. The short ones take 600 ms at most. */
const hasLongJob = ({ history }: Site) => {
  const now = monotonicNow()
  return [...history.jobs.values()].some(({ runs }) =>
    runs.some(({ began, ended }) => ended === undefined && began < now - 700 && began > now - 1_200)
  )
}

const takeAway = {
  deleted: (database: string) => {
    // Those who have it open would go on with files that have only lost their names.
    for (const file of [database, `${database}-wal`]) truncateSync(file)
    rmSync(dirname(database), { recursive: true })
  },
  overwritten: (database: string) => {
    for (const file of [database, `${database}-wal`]) {
      writeFileSync(file, Buffer.alloc(statSync(file).size, 7), { flag: "r+" })
    }
  }
}

/** Tells the workers to end, which each must do in time and by itself: the hard end of its signals makes it 1. */
const endAll = (site: Site, going: Going) =>
  Effect.gen(function*() {
    const workers = site.living
    for (const worker of workers) tell(worker, "SIGTERM")
    yield* Effect.raceFirst(
      Effect.forEach(workers, ended, { concurrency: "unbounded", discard: true }),
      Effect.sleep(2 * endsWithin)
    )
    site.listen()
    for (const worker of workers) {
      const { code } = worker.ended ?? { code: null }
      const at = endOf(site, worker)
      const stood = site.history.stalled(worker.name, worker.toldAt, at)
      const took = at - worker.toldAt
      // It may have seen that its database is gone just before it was told.
      const saw = code === 1 && going === "deleted" &&
        worker.log().includes("was deleted or replaced while it was open")
      const hardEnd = code === 1 && site.history.longestStand(worker.name, worker.toldAt, at) > heldUp
      const byItself = code === 0 || saw || hardEnd
      if (took - stood <= endsWithin && byItself) continue
      const how = `ended with ${code}, ${took} ms after SIGTERM, of which its loop stood for ${stood} ms`
      site.violated(`${worker.name}, its database ${going}, ${how}\n${worker.log()}`)
    }
  })

/** A loop that stood for so long at once may miss the second between its worker's own end and the hard end. Milliseconds. */
const heldUp = 700

/** When a worker ended, by its own word if it has left one: waiting for a lock blocks whoever waits for it here. */
const endOf = ({ history }: Site, { ended, name }: ChaosWorker) => {
  const over = history.lastNoted(name, "over")
  return over > 0 ? over : ended?.at ?? Infinity
}
