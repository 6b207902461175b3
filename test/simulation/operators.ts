import { Effect, Random } from "effect"
import type { PauseTarget } from "../../src/domain/Pause.ts"
import { JobQueue } from "../../src/runtime/JobQueue.ts"
import type { ClientWorld } from "./work.ts"
import { oneOf, someJob, somePartition } from "./work.ts"

/*
 * What the people do who look after a queue: they change what waits, delete jobs,
 * and pause queues and kinds.
 */

/** Changes when a job is due or its priority, or deletes one. */
export const editOrDelete = (world: ClientWorld) =>
  Effect.gen(function*() {
    const partition = yield* somePartition
    const draw = yield* Random.next
    if (draw < 0.15) return yield* actOnSome(partition)
    if (draw < 0.6) {
      return yield* JobQueue.edit(yield* someJob(world), { ...partition, ...yield* someChanges })
    }
    const some = world.known.filter((id) => mayBeDeleted(world, id)).slice(-12)
    return some.length === 0 ? undefined : yield* JobQueue.delete(yield* oneOf(some), partition)
  })

/** Does one thing to some of the jobs of a filter. None is deleted by it that a client may still enqueue. */
const actOnSome = (partition: { readonly partitionKey?: string }) =>
  Effect.gen(function*() {
    const action = yield* oneOf(["cancel", "retry", "run-now"] as const)
    // Each names a kind, so that no row of another program's is among them.
    const filter = yield* oneOf(
      [
        { kind: "brief" },
        { kind: "steady" },
        { kind: "brief", error: "SCRIPTED", ...(action === "retry" ? { status: "failed" as const } : {}) },
        { kind: "steady", queue: "bulk" }
      ] as const
    )
    const due = action === "retry" && (yield* Random.next) < 0.5
      ? { delay: yield* Random.nextIntBetween(1, 60_000) }
      : {}
    yield* JobQueue.bulkPage({
      action,
      filter: { ...partition, ...filter },
      ...due,
      limit: yield* Random.nextIntBetween(1, 8)
    })
  })

const someChanges = Effect.gen(function*() {
  const draw = yield* Random.next
  const priority = yield* Random.nextIntBetween(-2, 3)
  if (draw < 0.3) return { priority }
  if (draw < 0.6) return { delay: 0 }
  const delay = yield* Random.nextIntBetween(0, 60_000)
  return draw < 0.8 ? { delay } : { delay, priority }
})

/**
 * True if nobody may still enqueue this job: its client has heard that it is there. One that is deleted under an enqueue
 * that is repeated would be added a second time, and its attempts begin anew.
 */
const mayBeDeleted = ({ history }: ClientWorld, id: string): boolean => history.acknowledged.has(id) && !mayBeTaken(id)

/** True if others may enqueue a job under this id, to be told that it is taken. */
export const mayBeTaken = (id: string): boolean => /[0-7]$/.test(id)

const someTarget = oneOf<PauseTarget>([
  { queue: "default" },
  { queue: "bulk" },
  { kind: "steady" },
  { kind: "brief" },
  { kind: "timed" },
  { kind: "manual" }
])

/** Pauses a queue or a kind for a while, or resumes all there is. A pause lasts on where its client dies. */
export const pauseOrResume = Effect.gen(function*() {
  if ((yield* Random.next) < 0.4) return void (yield* resumeAll)
  const target = yield* someTarget
  yield* JobQueue.pause(target, { by: "a person" })
  yield* Effect.sleep(yield* Random.nextIntBetween(1000, 90_000))
  yield* JobQueue.resume(target)
})

/** The same inside a transaction, in which nobody may wait. */
export const pauseBriefly = Effect.gen(function*() {
  const target = yield* someTarget
  yield* JobQueue.pause(target)
  yield* (yield* Random.next) < 0.7 ? JobQueue.resume(target) : Effect.void
})

/** Ends every pause. */
export const resumeAll = Effect.flatMap(
  JobQueue.pauses,
  Effect.forEach(({ name, scope }) => JobQueue.resume(scope === "queue" ? { queue: name } : { kind: name }))
)
