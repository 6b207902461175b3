import { Effect, Random } from "effect"
import type { Lease } from "../../src/domain/Lease.ts"
import type { EnqueueOptions } from "../../src/runtime/JobQueueService.ts"
import type { History } from "./History.ts"
import type { Behaviour, Kinds } from "./jobs.ts"
import { Behaviour as Behaviours, longestRefusal } from "./jobs.ts"
import type { Plan } from "./plan.ts"

/** What clients share, in every process of the fleet. */
export interface ClientWorld {
  readonly kinds: Kinds
  readonly plan: Plan
  readonly history: History
  /** Jobs that a client has heard of. */
  readonly known: Array<string>
  /** How many jobs are still to be enqueued. */
  left: number
  /** How often a thousand jobs are still to be enqueued at once. */
  crowds: number
  /** Makes whoever runs next give way within a few operations. */
  readonly preemptSoon: () => void
  /** From now on nothing new is begun, and what would never end by itself is ended. */
  healing: boolean
}

/** Who uses the queue: the process it is in, and the leases that it has claimed there by hand. */
export interface Client {
  readonly world: ClientWorld
  readonly process: string
  readonly leases: Array<Lease>
}

/** One of some, each as likely. */
export const oneOf = <A>(some: ReadonlyArray<A>) =>
  Effect.map(Random.next, (draw) => some[Math.floor(draw * some.length)] as A)

/** Mostly of someone who sees all; else of a tenant, whose jobs are few. */
export const somePartition = Effect.gen(function*() {
  return (yield* Random.next) < 0.6 ? {} : { partitionKey: yield* oneOf(["p1", "p2"]) }
})

/** Mostly one of the newest, which are those that may still be pending or running. */
export const someJob = (world: ClientWorld) =>
  Effect.flatMap(Random.next, (draw) => {
    const some = draw < 0.7 ? world.known.slice(-8) : world.known
    return some.length === 0 ? Effect.fail("none" as const) : oneOf(some)
  })

/** Which behaviours, and of which kinds: what hangs needs a timeout or a cancel to end. */
export const someWork = (world: ClientWorld) =>
  Effect.gen(function*() {
    const { lease } = world.plan.worker
    const behaviour = yield* oneOf<Behaviour>([...Behaviours.literals, "succeed", "succeed", "outlast the lease"])
    const kind = yield* oneOf(["steady", "steady", "brief", "timed", "once"] as const)
    const takes = behaviour === "outlast the lease"
      ? yield* Random.nextIntBetween(lease, 3 * lease)
      : behaviour === "refuse to stop"
      ? yield* Random.nextIntBetween(1, longestRefusal)
      : behaviour === "block"
      ? yield* oneOf([1000, lease / 2, lease, 2 * lease])
      : yield* Random.nextIntBetween(1, 15_000)
    const filler = "x".repeat(Math.floor((yield* Random.next) ** 3 * 20_000))
    return { kind: world.kinds[kind], payload: { behaviour, takes, filler } }
  })

const someUniqueness = Effect.gen(function*() {
  const onConflict = yield* oneOf(["keep", "replace", "move"] as const)
  const uniqueness = {
    uniqueKey: yield* oneOf(["k1", "k2"]),
    uniqueScope: yield* oneOf(["pending", "pending", "unfinished"] as const),
    onConflict
  }
  const maxWait = yield* Random.nextIntBetween(0, 60_000)
  return onConflict === "move" && maxWait > 20_000 ? { ...uniqueness, maxWait } : uniqueness
})

/** What an enqueue may say besides. */
export const someOptions = Effect.gen(function*() {
  const options: { -readonly [K in keyof EnqueueOptions]: EnqueueOptions[K] } = {}
  if ((yield* Random.next) < 0.2) options.delay = yield* Random.nextIntBetween(1, 60_000)
  if ((yield* Random.next) < 0.3) options.priority = yield* Random.nextIntBetween(-2, 3)
  if ((yield* Random.next) < 0.25) options.queue = "bulk"
  if ((yield* Random.next) < 0.3) Object.assign(options, yield* someUniqueness)
  if ((yield* Random.next) < 0.4) options.partitionKey = yield* oneOf(["p1", "p2"])
  if ((yield* Random.next) < 0.2) options.maxAttempts = yield* Random.nextIntBetween(1, 6)
  return options
})
