import { Cause, Effect, Logger, LogLevel, Option } from "effect"
import { mkdirSync, mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { postgresAccess } from "./access.ts"
import { Dice } from "./dice.ts"
import { monotonicNow } from "./journal.ts"
import { lockHold, signals } from "./nemesis.ts"
import { DatabaseFaults, startPostgres } from "./postgres.ts"
import type { ChaosResult, Tally } from "./report.ts"
import { makeTally, resultOf } from "./report.ts"
import type { Scenario, Stage } from "./scenarios.ts"
import { databaseGoes, diskFills, fileIsGarbage, fileIsReadOnly } from "./scenarios.ts"
import { Site } from "./site.ts"
import { killAtSystemCalls } from "./systemCalls.ts"

/** How long a run goes on: for so long, and until there were so many kills and so many pauses past the lease. */
export interface ChaosOptions {
  readonly seconds: number
  readonly kills: number
  readonly pauses: number
  readonly seed: number
  /** On a PostgreSQL server of its own, and not on SQLite files. */
  readonly postgres?: boolean
  /** Told now and then how far the run has come. */
  readonly progress?: (soFar: ChaosResult) => Effect.Effect<void>
}

/** More than there are cores on a small machine, so that they are late as well. */
const fleet = 6

/** What the end of a run takes: one drain, and what was begun. */
const windUp = 12_000

/** From so many kills on it is a full run, which has to get to every system call and every state as well. */
export const fullRun = 1_000

/** A drain at most so often, since nothing is killed meanwhile. */
const roundsPerPage = 12

/** A lock hold once in so many rounds: it keeps everybody waiting. */
const roundsPerLockHold = 14

/**
 * Runs worker processes on one file under a load of jobs, does to them what can
 * be done to processes, and holds what they did against the database. Beside it
 * goes what needs a database of its own. Nothing found is thrown: it is in the
 * result.
 */
export const runChaos = (
  { kills, pauses, postgres = false, progress = () => Effect.void, seconds, seed }: ChaosOptions
): Effect.Effect<ChaosResult> =>
  Effect.gen(function*() {
    const tally = makeTally()
    const startedAt = monotonicNow()
    const soFar = () => resultOf(tally, { seconds: (monotonicNow() - startedAt) / 1_000, seed, postgres })
    let over = false
    const isOver = () =>
      over ||
      monotonicNow() > startedAt + seconds * 1_000 - windUp && tally.kills >= kills &&
        tally.pausesPastTheLease >= pauses && (kills < fullRun || tally.systemCallsTried >= tally.systemCalls)
    const told = Effect.suspend(() => progress(soFar()))
    yield* Effect.acquireUseRelease(
      Effect.sync(() => mkdtempSync(join(tmpdir(), "holdfast-chaos-"))),
      (folder) =>
        Effect.all([
          (postgres ? roundsOnPostgres : rounds)({ folder, tally, dice: new Dice(seed, "rounds") }, isOver, told).pipe(
            toTheEnd(tally, "the rounds"),
            Effect.ensuring(Effect.sync(() => void (over = true)))
          ),
          // They are about files.
          postgres ? Effect.void : scenarios({ folder, tally, dice: new Dice(seed, "scenarios") }, isOver)
        ], { concurrency: "unbounded", discard: true }),
      (folder) => Effect.sync(() => rmSync(folder, { recursive: true, force: true }))
    )
    return soFar()
  }).pipe(
    // What is freed by hand after a kill is no news.
    Logger.withMinimumLogLevel(LogLevel.Error)
  )

/** What breaks the run itself, such as a database that cannot be read, is a finding as well. */
const toTheEnd = (tally: Tally, what: string) => <R>(effect: Effect.Effect<void, never, R>) =>
  Effect.catchAllCause(effect, (cause) =>
    Cause.isInterruptedOnly(cause)
      ? Effect.failCause(cause)
      : Effect.sync(() => void tally.violations.add(`${what} could not go on: ${Cause.pretty(cause)}`)))

/** The nemesis of the one file. */
const rounds = (stage: Stage, isOver: () => boolean, told: Effect.Effect<void>) =>
  Effect.suspend(() => {
    const { dice, folder, tally } = stage
    const site = new Site({ folder, tally, database: join(folder, "jobs.db"), produceEvery: 180 })
    const holdAt = dice.between(1, 4)
    return roundsOn(site, stage, isOver, told, (round) =>
      round % roundsPerLockHold === holdAt || isOver() ? Option.some(lockHold(site, dice, tally)) : Option.none())
  }).pipe(Effect.scoped)

/** The nemesis of the server and of those who use it. */
const roundsOnPostgres = (stage: Stage, isOver: () => boolean, told: Effect.Effect<void>) =>
  Effect.gen(function*() {
    const { dice, folder, tally } = stage
    const postgres = yield* startPostgres
    const faults = new DatabaseFaults(postgres, dice)
    const site = new Site({
      folder,
      tally,
      database: postgres.network.url,
      access: postgresAccess(postgres.server.url),
      produceEvery: 180
    })
    yield* roundsOn(site, stage, () => isOver() && faults.wereAllTried, told, (round) => {
      if (round % roundsPerLockHold === 3) return Option.some(lockHold(site, dice, tally))
      return round % 2 === 1 || isOver() ? Option.some(faults.next(site, tally)) : Option.none()
    })
  }).pipe(Effect.scoped)

/** Rounds of signals, or of what else is to happen in one. */
const roundsOn = (
  site: Site,
  { dice, tally }: Stage,
  isOver: () => boolean,
  told: Effect.Effect<void>,
  instead: (round: number) => Option.Option<Effect.Effect<void>>
) =>
  Effect.gen(function*() {
    const staff = Effect.suspend(() => site.start).pipe(Effect.repeat({ until: () => site.living.length >= fleet }))
    yield* staff
    yield* site.recovered(monotonicNow(), "the start")
    for (let round = 0; !isOver() || tally.lockHolds === 0; round++) {
      if (site.living.length < fleet) yield* staff
      yield* Option.getOrElse(instead(round), () => signals(site, dice, tally))
      if (round % roundsPerPage === roundsPerPage - 1) yield* Effect.zipRight(site.drain("a page of rounds"), told)
    }
    yield* site.drain("the last round")
  })

/** What has a database of its own: each once, then again and again in another order. */
const scenarios = (stage: Stage, isOver: () => boolean) =>
  Effect.gen(function*() {
    const all: ReadonlyArray<Scenario> = [
      fileIsGarbage,
      killAtSystemCalls(),
      databaseGoes,
      fileIsReadOnly,
      diskFills
    ]
    for (let turn = 0; turn === 0 || !isOver(); turn++) {
      for (const [index, scenario] of stage.dice.shuffled(all).entries()) {
        if (turn > 0 && isOver()) return
        const folder = join(stage.folder, `scenario ${turn} ${index}`)
        mkdirSync(folder)
        yield* Effect.scoped(scenario({ ...stage, folder })).pipe(toTheEnd(stage.tally, "a scenario"))
        rmSync(folder, { recursive: true, force: true })
      }
    }
  })
