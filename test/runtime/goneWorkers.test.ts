import { assert, describe, it } from "@effect/vitest"
import { Effect, Layer, Schema, TestClock } from "effect"
import * as Job from "../../src/domain/Job.ts"
import { JobQueue } from "../../src/runtime/JobQueue.ts"
import { releaseGone } from "../../src/runtime/maintenance/goneWorkers.ts"
import { JobStore } from "../../src/store/JobStore.ts"
import type { Presence } from "../../src/store/Presence.ts"
import { failing, StoreFaults } from "../../src/testing.ts"
import { statementsOf } from "../store/queryPlan.ts"
import { inHoldfast, linesSaying, settled, work } from "./harness.ts"

const Task = Job.make("goneWorkers.task", { payload: Schema.Void })

const handlers = Task.toLayer(() => Effect.void)

/** Jobs of a worker elsewhere, under leases of ten minutes. */
const claimedBy = (worker: string, jobs = 1) =>
  Effect.gen(function*() {
    const ids = yield* Effect.forEach(Array.from({ length: jobs }), () =>
      Effect.map(JobQueue.enqueue(Task, undefined), ({ id }) => id))
    yield* JobQueue.claim({ jobs: [Task], worker, limit: jobs, leaseFor: "10 minutes" })
    return ids
  })

/** A presence in which a test says who is gone. */
const makePresence = () => {
  const gone = new Set<string>()
  const shown: Array<string> = []
  const asked: Array<ReadonlyArray<string>> = []
  let tidied: ReadonlySet<string> = new Set()
  let changed: Effect.Effect<void> = Effect.void
  let onAsked = () => {}
  const presence: Presence = {
    show: (worker) =>
      Effect.sync(() => {
        shown.push(`shows ${worker}`)
        return Effect.sync(() => void shown.push(`hides ${worker}`))
      }),
    watch: (tell) => Effect.sync(() => void (changed = tell)),
    anyGone: Effect.sync(() => gone.size > 0),
    gone: (workers) =>
      Effect.sync(() => {
        asked.push(workers)
        const answer = workers.filter((worker) => gone.has(worker))
        onAsked()
        return answer
      }),
    tidy: (holders) => Effect.map(holders, ({ workers }) => void (tidied = workers))
  }
  return {
    gone,
    shown,
    asked,
    presence,
    tidied: () => tidied,
    dies: (worker: string) =>
      Effect.suspend(() => {
        gone.add(worker)
        return Effect.zipRight(changed, settled)
      }),
    /** Runs something each time after somebody was asked for. */
    whenAsked: (then: () => void) => void (onAsked = then),
    within: <A, E, R>(effect: Effect.Effect<A, E, R>) =>
      Effect.provideServiceEffect(effect, JobStore, Effect.map(JobStore, (store) => ({ ...store, presence })))
  }
}

const calm = { jobs: [Task], pollInterval: "1 hour", staleCheckInterval: "1 minute" } as const

describe("jobs of a worker whose process is gone", () => {
  it.effect("are freed as soon as that is known, long before their leases are over, and say why", () =>
    Effect.gen(function*() {
      const { dies, within } = makePresence()
      const [id = ""] = yield* claimedBy("dead")
      const [other = ""] = yield* claimedBy("alive")
      yield* within(work(calm))
      yield* settled
      assert.strictEqual((yield* JobQueue.get(id)).status, "running")
      yield* dies("dead")
      const job = yield* JobQueue.get(id)
      assert.deepStrictEqual([job.status, job.attempts, job.failures], ["succeeded", 2, 1])
      assert.match(String(job.lastError), /^Released from a dead worker \(was locked by dead since /)
      assert.strictEqual((yield* JobQueue.get(other)).lockedBy, "alive")
      const [line] = yield* linesSaying("Released a job of a worker whose process is gone")
      assert.strictEqual(line?.annotations["lockedBy"], "dead")
    }).pipe(inHoldfast(handlers)))

  it.effect("are found by the next check where nobody said a word, and by a worker that starts later", () =>
    Effect.gen(function*() {
      const { gone, within } = makePresence()
      const [first = ""] = yield* claimedBy("dead")
      yield* within(work(calm))
      yield* settled
      gone.add("dead")
      yield* TestClock.adjust("1 minute")
      assert.strictEqual((yield* JobQueue.get(first)).status, "succeeded")
    }).pipe(inHoldfast(handlers)))

  it.effect("are freed in batches, however many they are", () =>
    Effect.gen(function*() {
      const { dies, tidied, within } = makePresence()
      const ids = yield* claimedBy("dead", 250)
      yield* within(work({ ...calm, concurrency: 100 }))
      yield* settled
      yield* dies("dead")
      yield* settled
      const jobs = yield* Effect.forEach(ids, (id) => JobQueue.get(id))
      assert.isTrue(jobs.every(({ failures }) => failures === 1))
      assert.isFalse(tidied().has("dead"))
    }).pipe(inHoldfast(handlers)))

  it.effect("stay with a worker that is not gone once their leases were read: it may have been about to claim them", () =>
    Effect.gen(function*() {
      const { asked, gone, whenAsked, within } = makePresence()
      const [id = ""] = yield* claimedBy("starting")
      gone.add("starting")
      // It listens from now on.
      whenAsked(() => gone.delete("starting"))
      yield* within(work(calm))
      yield* settled
      assert.isAtLeast(asked.length, 2)
      assert.strictEqual((yield* JobQueue.get(id)).lockedBy, "starting")
    }).pipe(inHoldfast(handlers)))

  it.effect("cost no statement to look for where nothing is left of a dead worker", () =>
    Effect.gen(function*() {
      const { gone, presence } = makePresence()
      const ids = yield* claimedBy("dead", 3)
      const store = yield* JobStore
      assert.deepStrictEqual(yield* statementsOf(releaseGone(store, presence)), [])
      gone.add("dead")
      assert.isAbove((yield* statementsOf(releaseGone(store, presence))).length, 0)
      const jobs = yield* Effect.forEach(ids, (id) => JobQueue.get(id))
      assert.deepStrictEqual(jobs.map(({ failures }) => failures), [1, 1, 1])
    }).pipe(inHoldfast(handlers)))

  it.effect("wait for the next check where the store fails", () =>
    Effect.gen(function*() {
      const { dies, within } = makePresence()
      const { inject, mend } = yield* StoreFaults
      const [id = ""] = yield* claimedBy("dead")
      yield* within(work(calm))
      yield* settled
      yield* inject("releaseStale", failing)
      yield* dies("dead")
      assert.strictEqual((yield* JobQueue.get(id)).lockedBy, "dead")
      yield* mend("releaseStale")
      yield* TestClock.adjust("1 minute")
      assert.strictEqual((yield* JobQueue.get(id)).status, "succeeded")
    }).pipe(inHoldfast(handlers)))
})

describe("a worker", () => {
  it.effect("shows itself before its first claim, and hides once its last job has ended", () =>
    Effect.gen(function*() {
      const { shown, within } = makePresence()
      const Claims = Job.make("goneWorkers.notes", { payload: Schema.Void })
      const notes = Claims.toLayer(() => Effect.sync(() => void shown.push("runs")))
      yield* JobQueue.enqueue(Claims, undefined)
      yield* Effect.scoped(
        Effect.zipRight(within(work({ ...calm, jobs: [Claims] })), settled).pipe(Effect.provide(notes))
      )
      assert.deepStrictEqual(shown.map((word) => word.split(" ")[0]), ["shows", "runs", "hides"])
    }).pipe(inHoldfast(Layer.empty as never)))
})
