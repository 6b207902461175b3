import type { SqlClient } from "@effect/sql"
import { Effect, Fiber, Random } from "effect"
import { Ids } from "../../src/platform/Ids.ts"
import { JobQueue } from "../../src/runtime/JobQueue.ts"
import { enclosed } from "./enclosing.ts"
import { foreignKind } from "./jobs.ts"
import type { Behaviour } from "./jobs.ts"
import { editOrDelete, pauseOrResume, resumeAll } from "./operators.ts"
import type { Client, ClientWorld } from "./work.ts"
import { oneOf, someJob, someOptions, somePartition, someWork } from "./work.ts"

/** Uses the job queue as apps do: enqueues, looks, cancels, retries, claims by hand, at random. Never fails. */
export const client = (client: Client): Effect.Effect<never, never, JobQueue | SqlClient.SqlClient> => {
  const { world } = client
  const pause = world.plan.troubledFor / Math.max(1, world.plan.jobs) * world.plan.machines.length
  const act = Effect.suspend(() => {
    if (world.healing) return tidy(client)
    const some = something(client)
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
export const abandoned = <A, E, R>(world: ClientWorld, some: Effect.Effect<A, E, R>) =>
  Effect.gen(function*() {
    const fiber = yield* Effect.fork(some)
    world.preemptSoon()
    yield* Effect.yieldNow()
    yield* Fiber.interrupt(fiber)
  })

const something = (client: Client) =>
  Effect.gen(function*() {
    const { world } = client
    if (world.plan.pauses && (yield* Random.next) < 0.08) return yield* pauseOrResume
    const draw = yield* Random.next
    if (draw < 0.55) return world.left > 0 ? yield* enqueue(client) : undefined
    if (draw < 0.62) return yield* enqueueTogether(client)
    if (draw < 0.86) return yield* aside(world)
    return yield* byHand(client)
  })

/** Looks at jobs, or decides what becomes of one. */
export const aside = (world: ClientWorld) =>
  Effect.gen(function*() {
    if (world.plan.edits && (yield* Random.next) < 0.25) return yield* editOrDelete(world)
    const draw = yield* Random.next
    const partition = yield* somePartition
    if (draw < 0.33) return yield* Effect.flatMap(someJob(world), (id) => JobQueue.cancel(id, partition))
    if (draw < 0.58) return yield* retry(world)
    if (draw < 0.75) return yield* Effect.flatMap(someJob(world), (id) => JobQueue.get(id, partition))
    if (draw < 0.88) return yield* list(partition)
    return yield* JobQueue.releaseStale
  })

/** Any job, since the newest have seldom ended, and mostly for a partition. */
const retry = (world: ClientWorld) =>
  Effect.gen(function*() {
    const partition = (yield* Random.next) < 0.3 ? {} : { partitionKey: yield* oneOf(["p1", "p2"]) }
    if (world.known.length === 0) return
    // Only where people edit: the other fleets are as they were.
    const later = world.plan.edits && (yield* Random.next) < 0.3
    const due = later ? { delay: yield* Random.nextIntBetween(1, 60_000) } : {}
    yield* JobQueue.retry(yield* oneOf(world.known), { ...partition, ...due })
  })

/** A page of some of the jobs, and now and then the one after it. */
const list = (partition: { readonly partitionKey?: string }) =>
  Effect.gen(function*() {
    const of = {
      limit: yield* Random.nextIntBetween(1, 20),
      ...partition,
      ...yield* oneOf(
        [{}, {}, { kind: "brief" }, { queue: "bulk" }, { status: "pending" }, { status: "failed" }] as const
      )
    }
    const { cursor } = yield* JobQueue.list(of)
    return cursor === null ? undefined : yield* JobQueue.list({ ...of, cursor })
  })

/** Mostly one job, under ids of the client's, again until the answer is known; several often want the same key. */
const enqueue = ({ process, world }: Client) =>
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
    const answers = yield* JobQueue.enqueueMany(kind, entries).pipe(Effect.retry({ times: 2 }))
    world.history.acknowledge(process, answers)
  })

/** Some jobs with writes of the app's, committed together or not at all. */
const enqueueTogether = ({ process, world }: Client) =>
  Effect.gen(function*() {
    const ids = yield* Ids
    const jobIds = [yield* ids.jobId, yield* ids.jobId]
    const rollBack = (yield* Random.next) < 0.4
    world.left -= jobIds.length
    world.known.push(...jobIds)
    yield* enclosed(
      world.history,
      process,
      Effect.gen(function*() {
        for (const id of jobIds) {
          const { kind, payload } = yield* someWork(world)
          yield* JobQueue.enqueue(kind, payload, { id })
          yield* Effect.sleep(yield* Random.nextIntBetween(0, 50))
        }
        if ((yield* Random.next) < 0.5) yield* refusedBeside(world, jobIds[0])
        return rollBack ? yield* Effect.fail("roll back" as const) : undefined
      })
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
export const byHand = ({ leases, process, world }: Client) =>
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
const tidy = ({ process, world }: Client) =>
  Effect.gen(function*() {
    if (world.plan.pauses) yield* resumeAll
    const claimed = yield* JobQueue.claim({ jobs: [world.kinds.manual], limit: 100, worker: `hand.${process}` })
    yield* Effect.forEach(claimed, ({ lease }) => JobQueue.complete(lease, "tidied"))
    const { jobs } = yield* JobQueue.list({ limit: 100, status: "running" })
    for (const job of jobs) {
      if (job.kind === foreignKind) continue
      const { behaviour } = job.payload as { readonly behaviour: Behaviour }
      if (behaviour === "hang") yield* JobQueue.cancel(job.id)
    }
  })
