import { assert, describe, it } from "@effect/vitest"
import { Duration, Effect, Layer, Schema } from "effect"
import * as Job from "../../src/domain/Job.ts"
import { JobQueue } from "../../src/runtime/JobQueue.ts"
import * as Worker from "../../src/runtime/Worker.ts"
import { StoreFaults } from "../../src/testing.ts"
import { inHoldfast, linesSaying } from "./harness.ts"

const Task = Job.make("options.task", { payload: Schema.Void })
const Brief = Job.make("options.brief", { payload: Schema.Void, leaseFor: "40 seconds" })
const Same = Job.make("options.task", { payload: Schema.Void })

const handlers = Layer.mergeAll(Task.toLayer(() => Effect.void), Brief.toLayer(() => Effect.void))

type Options = Omit<Worker.Options<[typeof Task]>, "jobs"> & Worker.Limits

const refusals: ReadonlyArray<readonly [what: string, options: Options, message: string]> = [
  ["a concurrency of 0", { concurrency: 0 }, "concurrency: got 0; expected a whole number from 1 to 1000"],
  ["a concurrency of 1001", { concurrency: 1001 }, "concurrency: got 1001; expected a whole number from 1 to 1000"],
  [
    "a concurrency of one and a half",
    { concurrency: 1.5 },
    "concurrency: got 1.5; expected a whole number from 1 to 1000"
  ],
  ["no queue at all", { queues: {} }, "queues: got none; expected one queue or more, or left out"],
  ["a queue without room", { queues: { slow: 0 } }, "queues.slow: got 0; expected a whole number from 1 to 1000"],
  [
    "a queue without room, as an option",
    { queues: { slow: { concurrency: 0 } } },
    "queues.slow.concurrency: got 0; expected a"
  ],
  ["a queue with another option", { queues: { slow: {} as never } }, "queues.slow: got {}; expected a whole number"],
  ["a queue without a name", { queues: { "": 1 } }, "queues: got \"\"; expected well-formed text"],
  ["no jobs to claim", { maxJobs: 0 }, "maxJobs: got 0; expected a whole number of 1 or more"],
  ["an endless lease", { leaseFor: Duration.infinity }, "leaseFor: got Infinity"],
  ["a lease of nothing", { leaseFor: 0 }, "leaseFor: got 0; expected a duration from 1 ms to 24 days"],
  ["a poll without pause", { pollInterval: 0 }, "pollInterval: got 0; expected a duration from 1 ms to 24 days"],
  [
    "a poll interval that is no duration",
    { pollInterval: "often" as never },
    "pollInterval: got \"often\"; expected a duration"
  ],
  [
    "a poll beyond what a timer can wait for",
    { pollInterval: "25 days" },
    "pollInterval: got \"25 days\"; expected a duration"
  ],
  ["a stale check without pause", { staleCheckInterval: 0 }, "staleCheckInterval: got 0; expected a duration"],
  ["an endless grace", { shutdownGrace: Duration.infinity }, "shutdownGrace: got "],
  ["a heartbeat without pause", { heartbeatInterval: 0 }, "heartbeatInterval: got 0; expected a duration"],
  [
    "a retention that is no duration",
    { retention: { failed: "long" as never } },
    "retention.failed: got \"long\"; expected a duration"
  ],
  [
    "a retention of NaN",
    { retention: { succeeded: NaN } },
    "retention.succeeded: got NaN; expected a duration of 0 or more"
  ],
  ["a retention below zero", { retention: { cancelled: -1 } }, "retention.cancelled: got -1; expected a duration"],
  ["a grace of NaN", { shutdownGrace: NaN }, "shutdownGrace: got NaN; expected a duration from 0 ms to 24 days"],
  [
    "a grace below zero",
    { shutdownGrace: "-5 seconds" },
    "shutdownGrace: got \"-5 seconds\"; expected a duration from 0 ms to 24 days"
  ],
  [
    "a heartbeat interval of half the lease",
    { heartbeatInterval: "20 seconds", leaseFor: "40 seconds" },
    "heartbeatInterval: got 20s; expected less than half the lease of \"options.task\", which is 40s"
  ]
]

describe("a worker's options", () => {
  for (const [what, options, message] of refusals) {
    it.effect(`${what} is refused, by its value and what is allowed`, () =>
      Effect.gen(function*() {
        const refused = yield* Effect.flip(Worker.run({ jobs: [Task], once: true, ...options }))
        assert.strictEqual(refused._tag, "InvalidOption")
        assert.include(refused.message, message)
      }).pipe(inHoldfast(handlers)))
  }

  it.effect("a heartbeat interval is checked against the lease of every job that is listed", () =>
    Effect.gen(function*() {
      const refused = yield* Effect.flip(Worker.run({ jobs: [Task, Brief], heartbeatInterval: "20 seconds" }))
      assert.strictEqual(
        refused.message,
        "heartbeatInterval: got 20s; expected less than half the lease of \"options.brief\", which is 40s"
      )
    }).pipe(inHoldfast(handlers)))

  it.effect("a heartbeat interval of just less than half the lease is taken", () =>
    Worker.run({ jobs: [Brief], heartbeatInterval: 19_999, once: true }).pipe(inHoldfast(handlers)))

  it.effect("a worker without jobs is refused", () =>
    Effect.gen(function*() {
      const refused = yield* Effect.flip(Worker.run({ jobs: [] }))
      assert.strictEqual(refused.message, "jobs: got none; expected one job or more")
    }).pipe(inHoldfast()))

  it.effect("two definitions of one kind are refused", () =>
    Effect.gen(function*() {
      const refused = yield* Effect.flip(Worker.run({ jobs: [Task, Same] }))
      assert.strictEqual(
        refused.message,
        "jobs: got two definitions of \"options.task\"; expected one definition of each kind"
      )
    }).pipe(inHoldfast(handlers)))

  it.effect("a handler that was made from another definition of the kind is refused", () =>
    Effect.gen(function*() {
      const refused = yield* Effect.flip(Worker.run({ jobs: [Same] }))
      assert.strictEqual(
        refused.message,
        "jobs: got \"options.task\", whose handler was made from another definition; expected one definition of each kind"
      )
    }).pipe(inHoldfast(handlers)))

  it.effect("the layer refuses what the effect refuses, before anything is claimed", () =>
    Effect.gen(function*() {
      yield* JobQueue.enqueue(Task, undefined)
      const refused = yield* Effect.flip(Layer.build(Worker.layer({ jobs: [Task], concurrency: 0 })))
      assert.strictEqual(refused._tag, "InvalidOption")
      assert.strictEqual(yield* StoreFaults.calls("claim"), 0)
      assert.deepStrictEqual(yield* linesSaying("Worker started"), [])
    }).pipe(inHoldfast(handlers)))

  it.effect("the layer refuses a handler of another definition too", () =>
    Effect.gen(function*() {
      const refused = yield* Effect.flip(Layer.build(Worker.layer({ jobs: [Same] })))
      assert.strictEqual(refused._tag, "InvalidOption")
    }).pipe(inHoldfast(handlers)))
})
