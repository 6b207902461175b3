import { assert, it } from "@effect/vitest"
import { Effect, Schema, TestClock } from "effect"
import * as Job from "../../src/domain/Job.ts"
import type { Lease } from "../../src/domain/Lease.ts"
import { JobQueue } from "../../src/runtime/JobQueue.ts"
import { HeldLeases, makeHeldLeases } from "../../src/runtime/lease/HeldLeases.ts"
import type { ClaimedJob } from "../../src/store/JobStore.ts"
import type { Fault } from "../../src/testing.ts"
import { StoreFaults } from "../../src/testing.ts"
import { inHoldfast, linesSaying, settled, work } from "./harness.ts"

const Task = Job.make("deadAttempt.task", { payload: Schema.Void, leaseFor: "1 minute" })

/** A store with a bug: the jobs it gives are of a kind that nobody asked for, and no attempt can be made of them. */
const ofAnotherKind: Fault = (call) =>
  Effect.map(call, (jobs) => (jobs as ReadonlyArray<ClaimedJob>).map((job) => ({ ...job, kind: "other" })) as never)

it.effect("an attempt that dies is in the log, its slot is free again, and its job is run once its lease is over", () => {
  const ran: Array<string> = []
  return Effect.gen(function*() {
    yield* work({
      jobs: [Task],
      concurrency: 1,
      heartbeatInterval: "20 seconds",
      staleCheckInterval: "10 seconds",
      pollInterval: "10 seconds"
    })
    yield* StoreFaults.inject("claim", ofAnotherKind, 1)
    const { id } = yield* JobQueue.enqueue(Task, undefined)
    yield* settled
    const [line] = yield* linesSaying("The attempt died; its lease will run out")
    assert.strictEqual(line?.level, "FATAL")
    assert.strictEqual(line?.annotations["jobId"], id)

    yield* JobQueue.enqueue(Task, undefined)
    yield* settled
    assert.lengthOf(ran, 1)
    yield* TestClock.adjust("90 seconds")
    const { attempts, failures, status } = yield* JobQueue.get(id)
    assert.deepStrictEqual([status, attempts, failures], ["succeeded", 2, 1])
  }).pipe(inHoldfast(Task.toLayer(() => Effect.sync(() => void ran.push("ran")))))
})

it.effect("an attempt that dies keeps no other job of its claim from running", () => {
  const ran: Array<string> = []
  return Effect.gen(function*() {
    yield* JobQueue.enqueue(Task, undefined)
    yield* JobQueue.enqueue(Task, undefined)
    yield* StoreFaults.inject(
      "claim",
      (call) =>
        Effect.map(
          call,
          (jobs) =>
            (jobs as ReadonlyArray<ClaimedJob>).map((job, index) =>
              index === 0 ? { ...job, kind: "other" } : job
            ) as never
        ),
      1
    )
    yield* work({ jobs: [Task], concurrency: 2, heartbeatInterval: "20 seconds" })
    yield* settled
    assert.lengthOf(yield* linesSaying("The attempt died; its lease will run out"), 1)
    assert.lengthOf(ran, 1)
  }).pipe(inHoldfast(Task.toLayer(() => Effect.sync(() => void ran.push("ran")))))
})

it.effect("one that dies as it begins has no heart left, and its worker no longer counts its lease as held", () =>
  Effect.gen(function*() {
    const registry = makeHeldLeases()
    const leases: Array<Lease> = []
    const dying: typeof registry = {
      ...registry,
      hold: (lease, ...until) => {
        leases.push(lease)
        registry.hold(lease, ...until)
        throw new Error("a bug")
      }
    }
    yield* Effect.provideService(
      work({ jobs: [Task], heartbeatInterval: "20 seconds" }),
      HeldLeases,
      dying
    )
    const { id } = yield* JobQueue.enqueue(Task, undefined)
    yield* settled
    assert.lengthOf(yield* linesSaying("The attempt died; its lease will run out"), 1)
    assert.strictEqual((yield* JobQueue.get(id)).status, "running")
    const left = leases.map(({ attempt, lockedUntil, worker }) => ({ id, attempt, lockedBy: worker, lockedUntil }))
    assert.strictEqual((yield* registry.notHeld(left)).length, 1)
    yield* TestClock.adjust("59 seconds")
    assert.strictEqual(yield* StoreFaults.calls("extend"), 0)
  }).pipe(inHoldfast(Task.toLayer(() => Effect.void))))
