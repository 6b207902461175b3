import { SqlClient, SqlError } from "@effect/sql"
import { Effect, Fiber, Random } from "effect"
import type { Lease } from "../../src/domain/Lease.ts"
import { Ids } from "../../src/runtime/Ids.ts"
import type { EnqueueOptions } from "../../src/runtime/JobQueue.ts"
import { JobQueue } from "../../src/runtime/JobQueue.ts"
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
  /** Makes whoever runs next give way within a few operations. */
  readonly preemptSoon: () => void
  /** From now on nothing new is begun, and what would never end by itself is ended. */
  healing: boolean
}

/** Uses the job queue as apps do: enqueues, looks, cancels, retries, claims by hand, at random. Never fails. */
export const client = (
  world: ClientWorld,
  process: string
): Effect.Effect<never, never, JobQueue | SqlClient.SqlClient> => {
  const leases: Array<Lease> = []
  const pause = world.plan.troubledFor / Math.max(1, world.plan.jobs) * world.plan.machines.length
  const act = Effect.suspend(() => {
    if (world.healing) return tidy(world, process)
    const some = something(world, process, leases)
    return Effect.flatMap(Random.next, (draw) => draw < 0.2 ? abandoned(world, some) : some)
  })
  return Random.nextRange(0, pause).pipe(
    Effect.flatMap((millis) => Effect.sleep(world.healing ? 30_000 : millis)),
    Effect.zipRight(act),
    // Its process may lose the database; what it is refused, the history tells.
    Effect.catchAllCause(() => Effect.void),
    Effect.forever
  )
}

/** Begins something and is interrupted in the middle of it, if it is not done by then. */
const abandoned = <A, E, R>(world: ClientWorld, some: Effect.Effect<A, E, R>) =>
  Effect.gen(function*() {
    const fiber = yield* Effect.fork(some)
    world.preemptSoon()
    yield* Effect.yieldNow()
    yield* Fiber.interrupt(fiber)
  })

const something = (world: ClientWorld, process: string, leases: Array<Lease>) =>
  Effect.gen(function*() {
    const draw = yield* Random.next
    if (draw < 0.55) return world.left > 0 ? yield* enqueue(world) : undefined
    if (draw < 0.62) return yield* enqueueTogether(world)
    const partition = yield* somePartition
    if (draw < 0.7) return yield* Effect.flatMap(someJob(world), (id) => JobQueue.cancel(id, partition))
    if (draw < 0.76) return yield* Effect.flatMap(someJob(world), (id) => JobQueue.retry(id, partition))
    if (draw < 0.8) return yield* Effect.flatMap(someJob(world), (id) => JobQueue.get(id, partition))
    if (draw < 0.83) return yield* JobQueue.list({ limit: 5, ...partition })
    if (draw < 0.86) return yield* JobQueue.releaseStale
    return yield* byHand(world, process, leases)
  })

const oneOf = <A>(some: ReadonlyArray<A>) =>
  Effect.map(Random.next, (draw) => some[Math.floor(draw * some.length)] as A)

/** Mostly of someone who sees all; else of a tenant, whose jobs are few. */
const somePartition = Effect.gen(function*() {
  return (yield* Random.next) < 0.75 ? {} : { partitionKey: yield* oneOf(["p1", "p2"]) }
})

/** Mostly one of the newest, which are those that may still be pending or running. */
const someJob = (world: ClientWorld) =>
  Effect.flatMap(Random.next, (draw) => {
    const some = draw < 0.7 ? world.known.slice(-8) : world.known
    return some.length === 0 ? Effect.fail("none" as const) : oneOf(some)
  })

/** Which behaviours, and of which kinds: what hangs needs a timeout or a cancel to end. */
const someWork = (world: ClientWorld) =>
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

const someOptions = Effect.gen(function*() {
  const options: { -readonly [K in keyof EnqueueOptions]: EnqueueOptions[K] } = {}
  if ((yield* Random.next) < 0.2) options.delay = yield* Random.nextIntBetween(1, 60_000)
  if ((yield* Random.next) < 0.3) options.priority = yield* Random.nextIntBetween(-2, 3)
  if ((yield* Random.next) < 0.25) options.queue = "bulk"
  if ((yield* Random.next) < 0.3) Object.assign(options, yield* someUniqueness)
  if ((yield* Random.next) < 0.15) options.partitionKey = yield* oneOf(["p1", "p2"])
  if ((yield* Random.next) < 0.2) options.maxAttempts = yield* Random.nextIntBetween(1, 6)
  return options
})

/** Mostly one job, under ids of the client's, again until the answer is known; several often want the same key. */
const enqueue = (world: ClientWorld) =>
  Effect.gen(function*() {
    const { kind } = yield* someWork(world)
    const count = (yield* Random.next) < 0.85 ? 1 : 3
    const entries = yield* Effect.replicateEffect(
      Effect.gen(function*() {
        const { payload } = yield* someWork(world)
        return { payload, ...(yield* someOptions), id: yield* (yield* Ids).jobId }
      }),
      count
    )
    world.left -= count
    world.known.push(...entries.map(({ id }) => id))
    yield* JobQueue.enqueueMany(kind, entries).pipe(Effect.retry({ times: 2 }))
  })

/** Some jobs with writes of the app's, committed together or not at all. */
const enqueueTogether = (world: ClientWorld) =>
  Effect.gen(function*() {
    const sql = yield* SqlClient.SqlClient
    const ids = yield* Ids
    const jobIds = [yield* ids.jobId, yield* ids.jobId]
    const rollBack = (yield* Random.next) < 0.4
    world.left -= jobIds.length
    world.known.push(...jobIds)
    const note = (end: "committed" | "rolled back" | "unknown") =>
      Effect.sync(() => void world.history.transactions.push({ ...world.history.moment(), jobIds, end }))
    yield* sql.withTransaction(Effect.gen(function*() {
      for (const id of jobIds) {
        const { kind, payload } = yield* someWork(world)
        yield* JobQueue.enqueue(kind, payload, { id })
        yield* Effect.sleep(yield* Random.nextIntBetween(0, 50))
      }
      if ((yield* Random.next) < 0.5) yield* refusedBeside(world, jobIds[0])
      return rollBack ? yield* Effect.fail("roll back" as const) : undefined
    })).pipe(
      Effect.tap(() => note("committed")),
      // Only what the client itself fails with leaves it open whether the commit came about.
      Effect.tapError((error) => note(error instanceof SqlError.SqlError ? "unknown" : "rolled back")),
      Effect.onInterrupt(() => note("unknown"))
    )
  })

/** Jobs that are refused, since one has the id of another job, in a transaction that goes on without them. */
const refusedBeside = (world: ClientWorld, taken: string | undefined) =>
  Effect.gen(function*() {
    const ids = yield* Ids
    const { kind, payload } = yield* someWork(world)
    const entries = [
      { payload, id: yield* ids.jobId },
      { payload: { ...payload, filler: "another" }, ...(taken === undefined ? {} : { id: taken }) },
      { payload, id: yield* ids.jobId }
    ]
    yield* Effect.catchTag(JobQueue.enqueueMany(kind, entries), "JobIdConflict", () => Effect.void)
  })

/** The five operations, in time or too late, once or twice. */
const byHand = (world: ClientWorld, process: string, leases: Array<Lease>) =>
  Effect.gen(function*() {
    const { kinds, plan } = world
    const draw = yield* Random.next
    if (draw < 0.25) {
      const [id, payload] = [yield* (yield* Ids).jobId, { behaviour: "succeed", takes: 0, filler: "" } as const]
      return yield* JobQueue.enqueue(kinds.manual, payload, { id })
    }
    if (draw < 0.55 || leases.length === 0) {
      const claimed = yield* JobQueue.claim({
        jobs: [kinds.manual],
        limit: 2,
        leaseFor: plan.worker.lease / 2,
        worker: `hand.${process}`
      })
      return void leases.push(...claimed.map(({ lease }) => lease))
    }
    const lease = yield* oneOf(leases)
    if (draw < 0.65) return yield* JobQueue.extendLock(lease, plan.worker.lease / 2)
    if (draw < 0.7) return yield* Effect.ignore(JobQueue.progress(lease, { by: "hand" }))
    const settle = draw < 0.85
      ? JobQueue.complete(lease, "by hand")
      : JobQueue.fail(lease, new Error("scripted failure"), { retry: draw < 0.93 })
    yield* settle
    // Asked again, it must be told the same.
    return yield* (yield* Random.next) < 0.5 ? settle : Effect.void
  })

/** Ends what no worker would end. */
const tidy = (world: ClientWorld, process: string) =>
  Effect.gen(function*() {
    const claimed = yield* JobQueue.claim({ jobs: [world.kinds.manual], limit: 100, worker: `hand.${process}` })
    yield* Effect.forEach(claimed, ({ lease }) => JobQueue.complete(lease, "tidied"))
    const { jobs } = yield* JobQueue.list({ limit: 100, status: "running" })
    for (const job of jobs) {
      const { behaviour } = job.payload as { readonly behaviour: Behaviour }
      if (behaviour === "hang") yield* JobQueue.cancel(job.id)
    }
  })
