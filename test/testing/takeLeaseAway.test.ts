import { assert, describe, it } from "@effect/vitest"
import { Effect, Schema } from "effect"
import { CurrentJob, Job, JobQueue, Worker } from "../../src/index.ts"
import { advance, failing, layerMemory, StoreFaults, takeLeaseAway } from "../../src/testing.ts"

const Work = Job.make("lease.work", { payload: Schema.Void })

/** Begins a job that is handled so, and then does what the test says. */
const whileItRuns = (
  handler: Effect.Effect<void, unknown, CurrentJob>,
  test: (id: string) => Effect.Effect<
    void,
    unknown,
    JobQueue | StoreFaults
  >
) =>
  Effect.gen(function*() {
    const { id } = yield* JobQueue.enqueue(Work, undefined)
    yield* advance(0)
    yield* test(id)
  }).pipe(
    Effect.provide(
      Worker.layer({ jobs: [Work], pollInterval: "1 hour", staleCheckInterval: "1 hour", shutdownGrace: 0 })
    ),
    Effect.provide(Work.toLayer(() => handler as Effect.Effect<void>)),
    Effect.provide(layerMemory)
  )

const standing = (id: string) =>
  Effect.map(JobQueue.get(id), ({ attempts, failures, status }) => ({ attempts, failures, status }))

const freed = { status: "pending", attempts: 1, failures: 1 }

/** As a job stands whose first attempt has written nothing, and whose next has begun. */
const runAgain = { status: "running", attempts: 2, failures: 1 }

describe("takeLeaseAway", () => {
  it.effect("frees the job as a stale one, and says who had it", () =>
    whileItRuns(Effect.never, (id) =>
      Effect.gen(function*() {
        const { lockedBy } = yield* JobQueue.get(id)
        yield* takeLeaseAway(id)
        assert.deepStrictEqual(yield* standing(id), freed)
        const { availableAt, errors } = yield* JobQueue.get(id)
        assert.strictEqual(availableAt, 0)
        assert.include(errors[0]?.message, `Released from stale lock (was locked by ${lockedBy}`)
      })))

  it.effect("its handler is interrupted at the next heartbeat", () => {
    let stopped = false
    return whileItRuns(
      Effect.onInterrupt(Effect.never, () => Effect.sync(() => stopped = true)),
      (id) =>
        Effect.gen(function*() {
          yield* takeLeaseAway(id)
          yield* advance(29_999)
          assert.isFalse(stopped)
          yield* advance(1)
          assert.isTrue(stopped)
          assert.deepStrictEqual(yield* standing(id), runAgain)
        })
    )
  })

  it.effect("what its handler comes to is not written", () =>
    whileItRuns(Effect.sleep("10 seconds"), (id) =>
      Effect.gen(function*() {
        yield* takeLeaseAway(id)
        yield* advance("10 seconds")
        assert.deepStrictEqual(yield* standing(id), runAgain)
      })))

  it.effect("its handler can report no progress any more", () => {
    const errors: Array<string> = []
    const handler = Effect.gen(function*() {
      yield* Effect.sleep("10 seconds")
      errors.push((yield* Effect.flip((yield* CurrentJob).progress(1)))._tag)
    })
    return whileItRuns(handler, (id) =>
      Effect.gen(function*() {
        yield* takeLeaseAway(id)
        yield* advance("10 seconds")
        assert.deepStrictEqual(errors, ["LeaseLost"])
      }))
  })

  it.effect("works while the store is cut off, since another process does it", () =>
    whileItRuns(Effect.never, (id) =>
      Effect.gen(function*() {
        yield* StoreFaults.inject("every", failing)
        yield* takeLeaseAway(id)
        yield* StoreFaults.mend()
        assert.deepStrictEqual(yield* standing(id), freed)
      })))

  it.effect("leaves other running jobs alone", () =>
    whileItRuns(Effect.never, (id) =>
      Effect.gen(function*() {
        const other = yield* JobQueue.enqueue(Work, undefined)
        yield* advance(0)
        yield* takeLeaseAway(id)
        assert.strictEqual((yield* JobQueue.get(other.id)).status, "running")
      })))

  it.effect("a job that is not running, or not there, has no lease", () =>
    Effect.gen(function*() {
      const { id } = yield* JobQueue.enqueue(Work, undefined)
      const error = yield* Effect.flip(takeLeaseAway(id))
      assert(error._tag === "JobNotRunning")
      assert.strictEqual(error.status, "pending")
      assert.include(error.message, `Job ${id} is pending`)
      assert.strictEqual((yield* Effect.flip(takeLeaseAway("no id")))._tag, "JobNotFound")
      assert.strictEqual(
        (yield* Effect.flip(takeLeaseAway("01890a5d-ac96-774b-bcce-b302099a8057")))._tag,
        "JobNotFound"
      )
    }).pipe(Effect.provide(layerMemory)))
})
