import type { PCGRandom } from "effect/Utils"
import type { CallFaultRates, FaultClass } from "./faults.ts"
import { faultClasses, pick } from "./faults.ts"
import type { World } from "./World.ts"

/** What a seed makes of its fleet: how it is set up, and what is done to it when. Spans are milliseconds. */
export interface Plan {
  /** Each machine's name and how far its wall clock is ahead of true time at the start. */
  readonly machines: ReadonlyArray<{ readonly name: string; readonly offset: number }>
  readonly worker: {
    readonly lease: number
    readonly heartbeatInterval: number
    readonly pollInterval: number
    readonly staleCheckInterval: number
    readonly shutdownGrace: number
    readonly stallLimit: number
    readonly concurrency: number
    readonly claimAhead: number
    readonly queues: Readonly<Record<string, number>> | undefined
    readonly retention: number
  }
  /** Whether the worker's program exits by itself when its shutdown takes too long, as `start` does. */
  readonly exits: boolean
  /** The payloads that one claim may take. */
  readonly claimBytes: number
  /** Which part of the processes have a worker that ends by itself. */
  readonly limited: number
  /** Whether workers are layers, which start one that dies again; and they die. */
  readonly layers: boolean
  /** Whether workers have a logger and a tracer that throw. */
  readonly throws: boolean
  /** On how many machines the program has a second database beside the fleet's. */
  readonly second: number
  /** Whether the second database is opened by a client that is the app's own. */
  readonly ownClient: boolean
  /** Clients edit and delete jobs, as people do. */
  readonly edits: boolean
  /** Workers have a thread that keeps their leases, which may die. */
  readonly keeper: "none" | "well" | "mortal"
  /** Workers of one machine see at once that another's process has died. All of the fleet's are on one, then, whatever their clocks. */
  readonly presence: boolean
  /** They pause queues and kinds. */
  readonly pauses: boolean
  /** How long things go wrong, before they heal. */
  readonly troubledFor: number
  /** The fleet's clients enqueue about this many jobs. */
  readonly jobs: number
  /** Whether there are a thousand jobs more, in fifty queues and of every priority, and payloads up to the limit. */
  readonly large: boolean
  /** Between two transactions of a process's client, on average. */
  readonly callerPause: number
  readonly classes: ReadonlySet<FaultClass>
  readonly rates: CallFaultRates
  readonly nemesis: ReadonlyArray<Planned>
}

/** One deed of the nemesis. */
export interface Planned {
  /** What a shorter run names it by. */
  readonly name: string
  /** Milliseconds after the start. */
  readonly at: number
  readonly class: Exclude<FaultClass, keyof CallFaultRates>
  /** The machine it is done to. */
  readonly machine: number
  /** How long it lasts, or how far a clock jumps. */
  readonly millis: number
}

const minute = 60_000

/** Clocks that are wrong excuse much, and many seeds are to do without the excuse. */
const likely: Partial<Record<FaultClass, number>> = { "clock jump": 0.35, "clock skew": 0.35 }

/** The plan of a seed. */
export const makePlan = (world: World): Plan => {
  const random = world.stream("plan")
  const between = (least: number, most: number) => least + random.integer(most - least + 1)
  // Each of these takes ten times as long as others.
  const large = world.stream("large").number() < 0.025
  // One seed in ten is left in peace, where nothing may go wrong at all.
  const peace = random.number() < 0.1
  const second = pick(world.stream("second"), [0, 0, 0, 0, 0, 0, 1, 2])
  // By themselves, so that seeds without them are as they were before there was such a thing.
  const isMigrated = world.stream("newer schema").number() < 0.35 && !peace
  const isReplaced = world.stream("file replaced").number() < 0.6 && second > 0 && !peace
  const classes = new Set(
    faultClasses.filter((one) =>
      one === "newer schema"
        ? isMigrated
        : one === "file replaced"
        ? isReplaced
        : random.number() < (likely[one] ?? 0.75) && !peace
    )
  )
  const lease = pick(random, [20_000, 30_000, 60_000, 120_000])
  const machines = Array.from({ length: between(2, 4) }, (_, index) => ({
    name: String.fromCharCode(97 + index),
    offset: classes.has("clock skew") ? pick(random, [-1, 1]) * random.integer(pick(random, [500, 10_000, 45_000])) : 0
  }))
  const troubledFor = between(6, 20) * minute
  const rate = (fault: keyof CallFaultRates, most: number) => classes.has(fault) ? random.number() * most : 0
  return {
    machines,
    worker: {
      lease,
      // The brief kind's lease is half of this, and the heartbeat less than half of that.
      heartbeatInterval: Math.floor(lease / pick(random, [5, 6, 10])),
      pollInterval: between(5, 60) * 1000,
      staleCheckInterval: between(15, 90) * 1000,
      shutdownGrace: pick(random, [0, 5000, 20_000]),
      stallLimit: pick(world.stream("stall limit"), [20_000, 60_000, 300_000]),
      concurrency: between(1, 6) + (large ? 30 : 0),
      claimAhead: pick(world.stream("claim ahead"), [0, 0, 0, 1, 4]),
      queues: random.number() < 0.3 && !large ? { default: between(1, 3), bulk: between(1, 2) } : undefined,
      retention: random.number() < 0.3 ? 3 * minute : 7 * 24 * 60 * minute
    },
    exits: world.stream("program").number() < 0.5,
    claimBytes: pick(world.stream("claims"), [5_000, 30_000, 4 * 1024 * 1024]),
    limited: pick(world.stream("limited"), [0, 0, 0.3, 0.8]),
    layers: world.stream("layers").number() < 0.3,
    throws: world.stream("throws").number() < 0.25,
    second,
    ownClient: world.stream("own client").number() < 0.5,
    edits: world.stream("edits").number() < 0.5,
    keeper: pick(world.stream("keeper"), ["none", "none", "well", "mortal"]),
    presence: world.stream("presence").number() < 0.4,
    pauses: world.stream("pauses").number() < 0.4,
    troubledFor,
    jobs: between(25, 110),
    large,
    callerPause: pick(world.stream("callers"), [40_000, 80_000, 200_000]),
    classes,
    rates: {
      "fail before": rate("fail before", 0.3),
      "fail after": rate("fail after", 0.3),
      latency: rate("latency", 0.95),
      stall: rate("stall", 0.03),
      defect: rate("defect", 0.03)
    },
    nemesis: [
      ...deeds(random, classes, machines.length, lease, troubledFor),
      ...(isMigrated ? migrations(world, troubledFor) : []),
      ...(isReplaced ? replacements(world, troubledFor) : [])
    ]
  }
}

/** Once or twice a newer release migrates the tables, and is taken back after a while. */
const migrations = (world: World, troubledFor: number): ReadonlyArray<Planned> => {
  const random = world.stream("migrations")
  return Array.from({ length: 1 + random.integer(2) }, (_, index) => ({
    name: `newer-schema-${index}`,
    at: random.integer(troubledFor),
    class: "newer schema",
    machine: 0,
    millis: pick(random, [1000, 20_000, 60_000, 240_000])
  }))
}

/** Once or twice the file of the second database is replaced, and not so late that no program opens the new one. */
const replacements = (world: World, troubledFor: number): ReadonlyArray<Planned> => {
  const random = world.stream("replacements")
  return Array.from({ length: 1 + random.integer(2) }, (_, index) => ({
    name: `file-replaced-${index}`,
    at: random.integer(troubledFor * 3 / 4),
    class: "file replaced",
    machine: 0,
    millis: 0
  }))
}

const deeds = (
  random: PCGRandom,
  classes: ReadonlySet<FaultClass>,
  machines: number,
  lease: number,
  troubledFor: number
): ReadonlyArray<Planned> => {
  /** About how often in ten minutes, and for how long or by how much. */
  const kinds: ReadonlyArray<readonly [Planned["class"], number, () => number]> = [
    ["kill", 5, () => random.integer(60_000)],
    ["terminate", 3, () => random.integer(30_000)],
    // The brief kind's lease is half of the others'.
    ["pause", 6, () => {
      const one = pick(random, [lease, lease / 2])
      return pick(random, [500, one - 1000, one, one + 1000, 4 * one])
    }],
    ["clock jump", 3, () => pick(random, [500, 31_000, 3_600_000]) * pick(random, [-1, 1])],
    ["outage", 4, () => 1000 + random.integer(2 * lease)],
    ["busy", 3, () => pick(random, [100, 500, 2000, 8000])],
    ["full", 2, () => 5000 + random.integer(60_000)],
    ["refusing row", 4, () => random.integer(120_000)],
    ["foreign row", 3, () => random.integer(120_000)]
  ]
  const planned: Array<Omit<Planned, "name">> = []
  for (const [kind, often, millis] of kinds) {
    if (!classes.has(kind)) continue
    const mean = (10 * minute) / often
    for (let at = mean * random.number() * 2; at < troubledFor; at += mean * random.number() * 2) {
      planned.push({ at: Math.floor(at), class: kind, machine: random.integer(machines), millis: millis() })
    }
  }
  return planned.sort((a, b) => a.at - b.at).map((one, index) => ({
    ...one,
    name: `${one.class.replace(" ", "-")}-${index}`
  }))
}
