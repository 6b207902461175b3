import { assert, describe, it } from "@effect/vitest"
import { Effect, Layer, Schema } from "effect"
import { CurrentJob } from "../../src/domain/CurrentJob.ts"
import * as Job from "../../src/domain/Job.ts"
import { JobQueue } from "../../src/runtime/JobQueue.ts"
import { inHoldfast, work } from "./harness.ts"

const Score = Job.make("changedValues.score", {
  payload: Schema.NullOr(Schema.Number),
  success: Schema.Unknown
})
const Noting = Job.make("changedValues.noting", { payload: Schema.Void })

const refused: Array<string> = []

const handlers = Layer.merge(
  Score.toLayer((score) => Effect.succeed({ score, at: new Date(0) })),
  Noting.toLayer(() =>
    Effect.gen(function*() {
      const { progress } = yield* CurrentJob
      const error = yield* Effect.flip(progress({ done: [1, NaN] }))
      refused.push(error.message)
      yield* progress({ done: [1, 2] })
    })
  )
)

describe("a value that JSON would change", () => {
  it.effect("is refused when it is enqueued, and nothing is", () =>
    Effect.gen(function*() {
      const error = yield* Effect.flip(JobQueue.enqueue(Score, NaN))
      assert.strictEqual(
        error.message,
        `Job "changedValues.score", payload: expected a finite number at the top`
      )
      assert.deepStrictEqual((yield* JobQueue.list()).jobs, [])
    }).pipe(inHoldfast()))

  it.effect("fails the job for good as its result, since what it did is done", () =>
    Effect.gen(function*() {
      const { id } = yield* JobQueue.enqueue(Score, 1)
      yield* work({ jobs: [Score] })
      const { attempts, lastError, status } = yield* JobQueue.get(id)
      assert.deepStrictEqual([status, attempts], ["failed", 1])
      assert.strictEqual(
        lastError,
        `Job "changedValues.score", result: expected a plain object or another value that JSON can hold at at`
      )
    }).pipe(inHoldfast(handlers)))

  it.effect("is refused as progress, and the handler may go on", () =>
    Effect.gen(function*() {
      const { id } = yield* JobQueue.enqueue(Noting, undefined)
      yield* work({ jobs: [Noting] })
      assert.deepStrictEqual(refused, [
        `Job "changedValues.noting", progress: expected a finite number at done.1`
      ])
      const { progress, status } = yield* JobQueue.get(id)
      assert.deepStrictEqual([status, progress], ["succeeded", { done: [1, 2] }])
    }).pipe(inHoldfast(handlers)))

  it.effect("is refused in a settle by hand, and the lease can be settled with another", () =>
    Effect.gen(function*() {
      yield* JobQueue.enqueue(Score, 1)
      const [claimed] = yield* JobQueue.claim({ jobs: [Score] })
      assert(claimed !== undefined)
      const error = yield* Effect.flip(JobQueue.complete(claimed.lease, new Map()))
      assert.strictEqual(error._tag, "InvalidJob")
      assert.isTrue(yield* JobQueue.complete(claimed.lease, {}))
    }).pipe(inHoldfast()))
})
