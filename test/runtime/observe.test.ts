import { assert, describe, it } from "@effect/vitest"
import { Effect, Schema } from "effect"
import * as Job from "../../src/domain/Job.ts"
import type { ListOptions } from "../../src/runtime/JobQueueService.ts"
import { JobQueue } from "../../src/runtime/JobQueue.ts"
import { inHoldfast } from "./harness.ts"

const Count = Job.make("observe.count", { payload: Schema.Number })
const Other = Job.make("observe.other", { payload: Schema.Void, queue: "slow" })

const enqueueMany = (count: number) =>
  JobQueue.enqueueMany(Count, Array.from({ length: count }, (_, index) => ({ payload: index })))

const idsOf = (options: ListOptions) => Effect.map(JobQueue.list(options), ({ jobs }) => jobs.map(({ id }) => id))

describe("pages of jobs", () => {
  it.effect("a page shows at most 100 jobs, the newest first", () =>
    Effect.gen(function*() {
      yield* enqueueMany(101)
      const page = yield* JobQueue.list()
      assert.strictEqual(page.jobs.length, 100)
      assert.strictEqual(page.jobs[0]?.payload, 100)
      assert.strictEqual(page.cursor, page.jobs[99]?.id ?? "")
    }).pipe(inHoldfast()))

  for (const limit of [0, 101, 2.5]) {
    it.effect(`a page of ${limit} jobs is refused`, () =>
      Effect.gen(function*() {
        const refused = yield* Effect.flip(JobQueue.list({ limit }))
        assert.strictEqual(refused.message, `limit: got ${limit}; expected a whole number from 1 to 100`)
      }).pipe(inHoldfast()))
  }

  it.effect("pages cover every job once, without gaps, whatever is enqueued in between", () =>
    Effect.gen(function*() {
      yield* enqueueMany(25)
      const seen: Array<unknown> = []
      let page = yield* JobQueue.list({ limit: 10 })
      while (true) {
        seen.push(...page.jobs.map(({ payload }) => payload))
        if (page.cursor === null) break
        yield* JobQueue.enqueue(Count, 1000)
        page = yield* JobQueue.list({ limit: 10, cursor: page.cursor })
      }
      assert.deepStrictEqual(seen, Array.from({ length: 25 }, (_, index) => 24 - index))
    }).pipe(inHoldfast()))

  it.effect("a page that is exactly full is the last one", () =>
    Effect.gen(function*() {
      yield* enqueueMany(10)
      assert.strictEqual((yield* JobQueue.list({ limit: 10 })).cursor, null)
    }).pipe(inHoldfast()))

  it.effect("a page that begins at what is no job's id is refused", () =>
    Effect.gen(function*() {
      const bogus = yield* Effect.flip(JobQueue.list({ status: "bogus" as "failed" }))
      assert.strictEqual(
        bogus.message,
        `status: got "bogus"; expected "waiting", "pending", "running", "succeeded", "failed" or "cancelled"`
      )
      const refused = yield* Effect.flip(JobQueue.list({ cursor: "page 2" }))
      assert.include(refused.message, `cursor: got "page 2"`)
    }).pipe(inHoldfast()))

  it.effect("jobs can be listed by status, kind, queue and partition, and by all of them", () =>
    Effect.gen(function*() {
      const mine = yield* JobQueue.enqueue(Count, 1, { partitionKey: "acme" })
      const gone = yield* JobQueue.enqueue(Count, 2)
      yield* JobQueue.cancel(gone.id)
      const slow = yield* JobQueue.enqueue(Other, undefined)
      assert.deepStrictEqual(yield* idsOf({ status: "cancelled" }), [gone.id])
      assert.deepStrictEqual(yield* idsOf({ status: "pending" }), [slow.id, mine.id])
      assert.deepStrictEqual(yield* idsOf({ kind: "observe.count" }), [gone.id, mine.id])
      assert.deepStrictEqual(yield* idsOf({ queue: "slow" }), [slow.id])
      assert.deepStrictEqual(yield* idsOf({ partitionKey: "acme" }), [mine.id])
      assert.deepStrictEqual(
        yield* idsOf({ status: "pending", kind: "observe.count", queue: "default", partitionKey: "acme" }),
        [mine.id]
      )
    }).pipe(inHoldfast()))
})

describe("another tenant's job does not exist", () => {
  const setUp = Effect.gen(function*() {
    const theirs = yield* JobQueue.enqueue(Count, 1, { partitionKey: "acme" })
    return { id: theirs.id, us: { partitionKey: "umbrella" } }
  })

  it.effect("to get, cancel and retry it answers exactly as a job that never was", () =>
    Effect.gen(function*() {
      const { id, us } = yield* setUp
      const never = "01890a5d-ac96-774b-bcce-b302099a8057"
      for (const ask of [JobQueue.get, JobQueue.cancel, JobQueue.retry]) {
        const hidden = yield* Effect.flip(Effect.asVoid(ask(id, us)))
        const missing = yield* Effect.flip(Effect.asVoid(ask(never, us)))
        assert.strictEqual(hidden._tag, "JobNotFound")
        assert.strictEqual(hidden.message.replace(id, never), missing.message)
      }
      assert.strictEqual((yield* JobQueue.get(id)).status, "pending")
    }).pipe(inHoldfast()))

  it.effect("not even a job that could be retried is found", () =>
    Effect.gen(function*() {
      const { id, us } = yield* setUp
      yield* JobQueue.cancel(id, { partitionKey: "acme" })
      assert.strictEqual((yield* Effect.flip(JobQueue.retry(id, us)))._tag, "JobNotFound")
      assert.strictEqual((yield* JobQueue.get(id)).status, "cancelled")
      yield* JobQueue.retry(id, { partitionKey: "acme" })
      assert.strictEqual((yield* JobQueue.get(id)).status, "pending")
    }).pipe(inHoldfast()))

  it.effect("its status is told to none of them, whatever it is", () =>
    Effect.gen(function*() {
      const { id, us } = yield* setUp
      const told = Effect.gen(function*() {
        for (const ask of [JobQueue.get, JobQueue.cancel, JobQueue.retry]) {
          assert.strictEqual((yield* Effect.flip(Effect.asVoid(ask(id, us))))._tag, "JobNotFound")
        }
        return (yield* JobQueue.get(id)).status
      })
      const [claimed] = yield* JobQueue.claim({ jobs: [Count] })
      assert(claimed)
      assert.strictEqual(yield* told, "running")
      yield* JobQueue.fail(claimed.lease, "no", { retry: false })
      assert.strictEqual(yield* told, "failed")
      yield* JobQueue.retry(id)
      const [again] = yield* JobQueue.claim({ jobs: [Count] })
      assert(again)
      yield* JobQueue.complete(again.lease, 1)
      assert.strictEqual(yield* told, "succeeded")
    }).pipe(inHoldfast()))

  it.effect("it is in none of our pages, and a job of no partition is not either", () =>
    Effect.gen(function*() {
      const { us } = yield* setUp
      yield* JobQueue.enqueue(Count, 2)
      assert.deepStrictEqual(yield* idsOf(us), [])
    }).pipe(inHoldfast()))

  it.effect("a job's status is told to its own partition and to those who name none", () =>
    Effect.gen(function*() {
      const { id } = yield* setUp
      assert.strictEqual((yield* JobQueue.get(id, { partitionKey: "acme" })).status, "pending")
      assert.strictEqual((yield* JobQueue.get(id)).status, "pending")
    }).pipe(inHoldfast()))

  it.effect("what cannot be an id is not found", () =>
    Effect.gen(function*() {
      for (const ask of [JobQueue.get, JobQueue.cancel, JobQueue.retry]) {
        assert.strictEqual((yield* Effect.flip(Effect.asVoid(ask("job-1"))))._tag, "JobNotFound")
      }
    }).pipe(inHoldfast()))
})

describe("a retry by a person", () => {
  it.effect("only a failed or cancelled job can be retried", () =>
    Effect.gen(function*() {
      const { id } = yield* JobQueue.enqueue(Count, 1)
      const refused = yield* Effect.flip(JobQueue.retry(id))
      assert(refused._tag === "JobNotRetryable")
      assert.strictEqual(refused.status, "pending")
    }).pipe(inHoldfast()))

  it.effect("a job whose unique key an unfinished one holds cannot be retried beside it", () =>
    Effect.gen(function*() {
      const first = yield* JobQueue.enqueue(Count, 1, { uniqueKey: "one" })
      yield* JobQueue.cancel(first.id)
      const second = yield* JobQueue.enqueue(Count, 1, { uniqueKey: "one" })
      const refused = yield* Effect.flip(JobQueue.retry(first.id))
      assert(refused._tag === "UniqueKeyTaken")
      assert.strictEqual(refused.heldBy, second.id)
    }).pipe(inHoldfast()))
})
