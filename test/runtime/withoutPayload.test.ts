import { SqlClient } from "@effect/sql"
import { assert, it } from "@effect/vitest"
import { Effect, Layer, Schema } from "effect"
import { CurrentJob } from "../../src/domain/CurrentJob.ts"
import * as Job from "../../src/domain/Job.ts"
import { JobQueue } from "../../src/runtime/JobQueue.ts"
import * as Testing from "../../src/testing.ts"
import { inHoldfast } from "./harness.ts"

const Nightly = Job.make("withoutPayload.nightly", { success: Schema.String })
const NightlyLive = Nightly.toLayer((payload) => Effect.succeed(`ran with ${String(payload)}`))

/** The same kind in a later release, which has given it a payload. */
const Later = Job.make("withoutPayload.nightly", {
  payload: {
    region: Schema.optionalWith(Schema.String, { default: () => "all" }),
    limit: Schema.optional(Schema.Number)
  },
  success: Schema.String
})
const LaterLive = Later.toLayer(({ region }) => Effect.succeed(`ran for ${region}`))

it.effect("a job without a payload is enqueued without one, with options or without, and run", () =>
  Effect.gen(function*() {
    const { id } = yield* JobQueue.enqueue(Nightly)
    const later = yield* JobQueue.enqueue(Nightly, { priority: 7, uniqueKey: "once" })
    const [third, fourth] = yield* JobQueue.enqueueMany(Nightly, [{}, { queue: "slow" }])
    assert.deepStrictEqual((yield* Testing.runDue({ jobs: [Nightly] })).map(({ ended }) => ended), [
      "succeeded",
      "succeeded",
      "succeeded",
      "succeeded"
    ])
    const jobs = yield* Effect.forEach([id, later.id, third?.id, fourth?.id], (id) => JobQueue.get(String(id)))
    assert.deepStrictEqual(
      jobs.map(({ payload, priority, queue, result, uniqueKey }) => [payload, priority, uniqueKey, queue, result]),
      [
        [{}, 0, null, "default", "ran with undefined"],
        [{}, 7, "once", "default", "ran with undefined"],
        [{}, 0, null, "default", "ran with undefined"],
        [{}, 0, null, "slow", "ran with undefined"]
      ]
    )
  }).pipe(inHoldfast(NightlyLive)))

it.effect("code for any definition gives it undefined in place of the payload", () =>
  Effect.gen(function*() {
    const enqueueAny = <J extends Job.Any>(job: J, payload: Job.Payload<J>) =>
      JobQueue.enqueue(job, payload, { priority: 3 })
    const { id } = yield* enqueueAny(Nightly, undefined)
    const { payload, priority } = yield* JobQueue.get(id)
    assert.deepStrictEqual([payload, priority], [{}, 3])
  }).pipe(inHoldfast()))

it.effect("a later release that gives the kind a payload of optional fields runs the jobs that wait", () =>
  Effect.gen(function*() {
    const { id } = yield* JobQueue.enqueue(Nightly)
    yield* Testing.runDue({ jobs: [Later] })
    assert.strictEqual((yield* JobQueue.get(id)).result, "ran for all")
  }).pipe(inHoldfast(LaterLive)))

it.effect("and this release runs the jobs of that one, and those that hold any other JSON", () =>
  Effect.gen(function*() {
    const sql = yield* SqlClient.SqlClient
    yield* JobQueue.enqueue(Later, { region: "north" })
    for (const payload of ["null", "[1]", "\"text\""]) {
      const { id } = yield* JobQueue.enqueue(Nightly)
      yield* sql`UPDATE holdfast_jobs SET payload = ${payload} WHERE id = ${id}`
    }
    const attempts = yield* Testing.runDue({ jobs: [Nightly] })
    assert.deepStrictEqual(attempts.map(({ ended }) => ended), ["succeeded", "succeeded", "succeeded", "succeeded"])
  }).pipe(inHoldfast(NightlyLive)))

it.effect("the testing kit takes such a job without a payload, too", () =>
  Effect.gen(function*() {
    assert.strictEqual(yield* Testing.perform(Nightly), "ran with undefined")
    yield* JobQueue.enqueue(Nightly, { delay: "1 hour" })
    const { payload } = yield* Testing.assertEnqueued(Nightly, undefined, { delay: "1 hour" })
    assert.isUndefined(payload)
  }).pipe(inHoldfast(NightlyLive)))

it.effect("what performs one may set the circumstances in place of the payload", () => {
  const Counting = Job.make("withoutPayload.counting", { success: Schema.Number })
  return Effect.gen(function*() {
    assert.strictEqual(yield* Testing.perform(Counting, { attempt: 4 }), 4)
    assert.strictEqual(yield* Testing.perform(Counting, undefined, { attempt: 5 }), 5)
  }).pipe(Effect.provide(Layer.mergeAll(Counting.toLayer(() => Effect.map(CurrentJob, ({ attempt }) => attempt)))))
})
