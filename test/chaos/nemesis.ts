import { Effect } from "effect"
import type { Scope } from "effect"
import type { Dice } from "./dice.ts"
import { graceFor, hardEndAfterGrace, leaseFor } from "./jobs.ts"
import { monotonicNow } from "./journal.ts"
import type { Tally } from "./report.ts"
import type { Site } from "./site.ts"
import type { ChaosWorker } from "./workers.ts"
import { tell } from "./workers.ts"

/** What a machine may be late with, over what the program promises. */
const machine = 10_000

/** By itself, meanwhile, which is for the check to see. */
const hasEnded = (worker: ChaosWorker) => worker.ended !== undefined

/** SIGKILL; another worker takes its place at once. */
const kill = (site: Site, tally: Tally, worker: ChaosWorker) =>
  Effect.gen(function*() {
    if (hasEnded(worker)) return
    tell(worker, "SIGKILL")
    tally.kills++
    yield* site.start
  })

/** SIGSTOP, and SIGCONT after `millis`. */
const pause = (site: Site, tally: Tally, worker: ChaosWorker, millis: number, thenKill: boolean) =>
  Effect.gen(function*() {
    if (hasEnded(worker)) return
    const stop = { process: worker.name, from: monotonicNow(), to: Infinity }
    site.stops.push(stop)
    worker.child.kill("SIGSTOP")
    tally.pauses++
    yield* Effect.sleep(millis)
    if (thenKill) yield* kill(site, tally, worker)
    worker.child.kill("SIGCONT")
    stop.to = monotonicNow()
    // One that was killed meanwhile never saw that its lease was over.
    if (!thenKill && stop.to - stop.from > leaseFor) tally.pausesPastTheLease++
  })

/** SIGTERM: it ends well within its grace, and the program's own end when it does not is never needed. */
const term = (site: Site, tally: Tally, worker: ChaosWorker) =>
  Effect.gen(function*() {
    if (hasEnded(worker)) return
    tell(worker, "SIGTERM")
    tally.terms++
    yield* site.start
    yield* Effect.raceFirst(ended(worker), Effect.sleep(graceFor + hardEndAfterGrace + machine))
    if (worker.ended === undefined) return site.violated(`${worker.name} did not end after SIGTERM\n${worker.log()}`)
    site.listen()
    const stalled = site.history.stalled(worker.name, worker.toldAt, worker.ended.at)
    if (worker.ended.code !== 0 && stalled < hardEndAfterGrace / 2) {
      site.violated(`${worker.name} ended after SIGTERM with ${JSON.stringify(worker.ended)}\n${worker.log()}`)
    }
  })

/** Waits until a process has ended. */
export const ended = ({ child }: ChaosWorker) =>
  Effect.async<void>((resume) => {
    const over = () => resume(Effect.void)
    if (child.exitCode !== null || child.signalCode !== null) over()
    else child.once("exit", over)
    return Effect.sync(() => void child.removeListener("exit", over))
  })

/** Another process keeps all from writing, for longer than anyone waits for that. */
export const lockHold = (site: Site, dice: Dice, tally: Tally): Effect.Effect<void> => {
  const millis = dice.between(5_500, 7_000)
  return Effect.gen(function*() {
    yield* site.access.locked(Effect.sleep(millis))
    tally.lockHolds++
    yield* site.recovered(monotonicNow(), `the write lock was held for ${millis} ms`)
    yield* site.check("a lock hold")
  })
}

const shortPauses = [leaseFor / 3, leaseFor - 200] as const
const pausesPastTheLease = [leaseFor + 300, 1.5 * leaseFor, 2 * leaseFor] as const

/** Fewer at work than this are left alone until more are: a nemesis that kills everybody at birth shows nothing. */
const enough = 3

/** Kills, stops and ends some of the workers at about the same time, and waits until the others work again. */
export const signals = (site: Site, dice: Dice, tally: Tally): Effect.Effect<void, never, Scope.Scope> =>
  Effect.gen(function*() {
    if (!(yield* site.until(() => site.working.length >= enough))) {
      return site.violated(`workers do not come up\n${site.living.map((worker) => worker.log()).join("\n")}`)
    }
    const { working } = site
    // Drawn before anything runs: what happens at once must not draw in an order that the machine decides.
    const kills = dice.oneOf([1, 2, 2, 3, 3, site.living.length])
    const deeds = dice.shuffled(site.living).flatMap((worker, index) => {
      const after = dice.between(0, 500)
      const millis = dice.oneOf(dice.oneIn(4) ? shortPauses : pausesPastTheLease)
      const thenKill = dice.oneIn(8)
      const ends = dice.oneIn(8)
      const stops = !dice.oneIn(5)
      if (index < kills) return [Effect.delay(kill(site, tally, worker), after)]
      // One that is not up yet has no part in its own end.
      if (ends && working.includes(worker)) return [Effect.delay(term(site, tally, worker), after)]
      return stops ? [Effect.delay(pause(site, tally, worker, millis, thenKill), after)] : []
    })
    yield* Effect.all(deeds, { concurrency: "unbounded", discard: true })
    yield* site.recovered(monotonicNow(), "kills, pauses and graceful ends", working)
    yield* site.check("kills, pauses and graceful ends")
  })
