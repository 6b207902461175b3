import { createHash } from "node:crypto"
import { SharedDatabase } from "./database.ts"
import type { FaultClass } from "./faults.ts"
import { Fleet } from "./Fleet.ts"
import { History } from "./History.ts"
import { isolated } from "./isolated.ts"
import { kinds } from "./jobs.ts"
import { Nemesis } from "./Nemesis.ts"
import { makePlan } from "./plan.ts"
import type { ClientWorld } from "./work.ts"
import { epoch, Livelock, World } from "./World.ts"
import { check } from "./checker.ts"

/** What came of one seed. */
export interface Simulated {
  readonly seed: number
  /** Of all that happened: equal for equal seeds, in every process and on every machine. */
  readonly digest: string
  readonly simulatedMillis: number
  readonly jobs: number
  readonly calls: number
  readonly faults: ReadonlyMap<FaultClass, number>
  /** The names of the faults that happened. */
  readonly injected: ReadonlyArray<string>
  /** The rare states that were reached, and how often. */
  readonly reached: ReadonlyMap<string, number>
  readonly violations: ReadonlyArray<string>
}

/** What a simulation may be told. */
export interface SimulateOptions {
  readonly seed: number
  /** A database as `makeTemplate` makes it. */
  readonly template: string
  /** The names of the only faults that may happen; all of the seed's, unless given. */
  readonly only?: ReadonlySet<string> | undefined
}

/** How long a healed fleet may take to end every job: clocks may be two hours apart, and backoffs are up to an hour. */
const healsWithin = 24 * 3_600_000

/** How long they wait for another program's jobs: some stale checks, also where a lease is over a little later. */
const comesBackWithin = 15 * 60_000

/** Runs one seed from its start to the end of its fleet, and checks what happened. */
export const simulate = (options: SimulateOptions): Simulated => isolated(() => runSeed(options))

const runSeed = ({ only, seed, template }: SimulateOptions): Simulated => {
  const world = new World(seed)
  const history = new History(world)
  const plan = makePlan(world)
  const database = new SharedDatabase(world, template)
  const clients: ClientWorld = {
    kinds: kinds(plan.worker.lease),
    plan,
    history,
    known: [],
    left: plan.jobs,
    crowds: plan.large ? 1 : 0,
    preemptSoon: () => world.preemptSoon(),
    healing: false
  }
  const allows = (name: string) => only?.has(name) ?? true
  const fleet = new Fleet(world, history, database, clients, allows)
  const nemesis = new Nemesis(world, history, database, fleet, clients)
  try {
    fleet.startAll()
    for (const deed of plan.nemesis) if (allows(deed.name)) world.after(deed.at, () => nemesis.do(deed))
    world.after(plan.troubledFor, () => fleet.heal())
    const unfinished = database.connection.prepare<[], { readonly left: number }>(
      "SELECT count(*) AS left FROM holdfast_jobs WHERE status IN ('pending', 'running') AND kind <> 'foreign'"
    )
    const held = database.connection.prepare<[], { readonly left: number }>(
      "SELECT count(*) AS left FROM holdfast_jobs WHERE status = 'running' AND kind = 'foreign'"
    )
    /** Whether another program's jobs have come back from whoever held them, or have had long enough to. */
    const cameBack = () => held.get()?.left === 0 || world.now > epoch + plan.troubledFor + comesBackWithin
    // A handler may still block its process or refuse to stop when its job has long ended elsewhere.
    const handlersRun = () => history.runs.some(({ ended }) => ended === undefined)
    const idle = () => {
      const settled = !fleet.troubled && unfinished.get()?.left === 0 && cameBack() && !handlersRun()
      if (settled || world.now > epoch + plan.troubledFor + healsWithin) fleet.close()
      else world.after(10_000, idle)
    }
    world.after(plan.troubledFor + 10_000, idle)
    const stop = runUntil(world, () => fleet.closed)
    const { changes, enclosed, pauses, secondFiles, workers } = database
    const { reached, violations } = check({ changes, enclosed, fleet, history, pauses, plan, secondFiles, workers })
    return {
      seed,
      digest: digest(history, changes, pauses, secondFiles),
      simulatedMillis: world.now - epoch,
      jobs: new Set(changes.map(({ id }) => id)).size,
      calls: history.calls.length,
      faults: history.faults,
      injected: history.injected,
      reached,
      violations: stop === undefined ? violations : [stop, ...violations]
    }
  } finally {
    fleet.abandon()
    database.close()
  }
}

/** Why the fleet did not come to its end, if it did not. */
const runUntil = (world: World, done: () => boolean): string | undefined => {
  try {
    return world.run(done) ? undefined : "time goes on: the fleet came to a stop before it was closed"
  } catch (error) {
    if (error instanceof Livelock) return `time goes on: ${error.message}`
    throw error
  }
}

/** Where a tracer that throws could make no span, Effect makes one, whose ids no seed determines. */
const withoutChance = (key: string, value: unknown) => key === "traceContext" && value !== null ? "some" : value

const digest = (
  history: History,
  changes: ReadonlyArray<unknown>,
  pauses: ReadonlyArray<unknown>,
  secondFiles: ReadonlyArray<unknown>
) => {
  const { calls, deaths, enclosings, incidents, runs, second, warnings } = history
  const hash = createHash("sha256")
  // One by one: what a broken program leaves behind can be longer than any string.
  for (
    const part of [
      second.rounds,
      second.jobs,
      second.completed,
      second.asked,
      secondFiles,
      calls,
      runs,
      incidents,
      enclosings,
      [...warnings],
      deaths,
      changes,
      pauses
    ]
  ) {
    for (const one of part) hash.update(JSON.stringify(one, withoutChance))
    hash.update("|")
  }
  return hash.digest("hex").slice(0, 16)
}
