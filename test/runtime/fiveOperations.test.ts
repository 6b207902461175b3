import { assert, describe, it } from "@effect/vitest"
import { Effect, Schedule, Schema, TestClock } from "effect"
import * as Job from "../../src/domain/Job.ts"
import { Lease } from "../../src/domain/Lease.ts"
import type { ClaimOptions } from "../../src/runtime/JobQueueService.ts"
import { JobQueue } from "../../src/runtime/JobQueue.ts"
import { inHoldfast, linesSaying } from "./harness.ts"

/** What the system this one replaces says of its five operations, and checks. */

const Work = Job.make("operations.work", { payload: { n: Schema.Number } })

const start = 1_700_000_000_000

const claimBy = (worker: string) => JobQueue.claim({ jobs: [Work], worker, leaseFor: "1 minute" })

/** Claims the one job that is due. */
const claim = Effect.gen(function*() {
  const [job, ...more] = yield* claimBy("ada")
  assert(job !== undefined)
  assert.deepStrictEqual(more, [])
  return job.lease
})

const enqueueAndClaim = Effect.gen(function*() {
  yield* TestClock.setTime(start)
  yield* JobQueue.enqueue(Work, { n: 1 })
  return yield* claim
})

const leaseOfNoJob = new Lease({
  jobId: "01890a5d-ac96-774b-bcce-b302099a8057" as Lease["jobId"],
  worker: "ada",
  attempt: 1,
  failures: 0,
  lockedAt: start,
  lockedUntil: start + 60_000
})

/** A lease that nobody gave. */
const changed = (lease: Lease, by: Partial<Lease>) => new Lease(Object.assign({}, lease, by))

describe("enqueue", () => {
  it.effect("a new job is pending, with 0 attempts of at most 3", () =>
    Effect.gen(function*() {
      const { enqueued, id } = yield* JobQueue.enqueue(Work, { n: 1 })
      assert.isTrue(enqueued)
      const job = yield* JobQueue.get(id)
      assert.strictEqual(job.status, "pending")
      assert.strictEqual(job.attempts, 0)
      assert.strictEqual(job.failures, 0)
      assert.strictEqual(job.maxAttempts, 3)
    }).pipe(inHoldfast()))

  it.effect("a job keeps what it was enqueued with", () =>
    Effect.gen(function*() {
      yield* TestClock.setTime(start)
      const { id } = yield* JobQueue.enqueue(Work, { n: 7 }, {
        queue: "slow",
        priority: 5,
        maxAttempts: 8,
        partitionKey: "acme",
        uniqueKey: "seven",
        delay: "1 minute"
      })
      const job = yield* JobQueue.get(id)
      assert.strictEqual(job.kind, "operations.work")
      assert.deepStrictEqual(job.payload, { n: 7 })
      assert.strictEqual(job.queue, "slow")
      assert.strictEqual(job.priority, 5)
      assert.strictEqual(job.maxAttempts, 8)
      assert.strictEqual(job.partitionKey, "acme")
      assert.strictEqual(job.uniqueKey, "seven")
      assert.strictEqual(job.availableAt, start + 60_000)
      assert.strictEqual(job.createdAt, start)
    }).pipe(inHoldfast()))

  it.effect("a job's status is tied to its partition", () =>
    Effect.gen(function*() {
      const { id } = yield* JobQueue.enqueue(Work, { n: 1 }, { partitionKey: "acme" })
      assert.strictEqual((yield* JobQueue.get(id, { partitionKey: "acme" })).status, "pending")
      assert.strictEqual((yield* Effect.flip(JobQueue.get(id, { partitionKey: "umbrella" })))._tag, "JobNotFound")
    }).pipe(inHoldfast()))
})

describe("claim", () => {
  it.effect("an available job is claimed: running, with its worker, the instant and 1 attempt", () =>
    Effect.gen(function*() {
      const lease = yield* enqueueAndClaim
      const job = yield* JobQueue.get(lease.jobId)
      assert.strictEqual(job.status, "running")
      assert.strictEqual(job.lockedBy, "ada")
      assert.strictEqual(job.lockedAt, start)
      assert.strictEqual(job.lockedUntil, start + 60_000)
      assert.strictEqual(job.attempts, 1)
      assert.strictEqual(lease.attempt, 1)
    }).pipe(inHoldfast()))

  it.effect("where there is no job none is claimed", () =>
    Effect.gen(function*() {
      assert.deepStrictEqual(yield* claimBy("ada"), [])
    }).pipe(inHoldfast()))

  it.effect("a job is not claimed before it is available", () =>
    Effect.gen(function*() {
      yield* JobQueue.enqueue(Work, { n: 1 }, { delay: "1 minute" })
      yield* TestClock.adjust(59_999)
      assert.deepStrictEqual(yield* claimBy("ada"), [])
      yield* TestClock.adjust(1)
      assert.strictEqual((yield* claimBy("ada")).length, 1)
    }).pipe(inHoldfast()))

  it.effect("of two claims for one job one wins", () =>
    Effect.gen(function*() {
      yield* JobQueue.enqueue(Work, { n: 1 })
      const claims = yield* Effect.all([claimBy("ada"), claimBy("bob")], { concurrency: "unbounded" })
      assert.strictEqual(claims.flat().length, 1)
    }).pipe(inHoldfast()))

  it.effect("a running job cannot be claimed, not even when its lease is over", () =>
    Effect.gen(function*() {
      yield* enqueueAndClaim
      assert.deepStrictEqual(yield* claimBy("bob"), [])
      yield* TestClock.adjust("1 hour")
      assert.deepStrictEqual(yield* claimBy("bob"), [])
    }).pipe(inHoldfast()))

  it.effect("due shows what a claim would take, in its order, and changes nothing", () =>
    Effect.gen(function*() {
      const low = yield* JobQueue.enqueue(Work, { n: 1 })
      const high = yield* JobQueue.enqueue(Work, { n: 2 }, { priority: 1 })
      yield* JobQueue.enqueue(Work, { n: 3 }, { delay: "1 minute" })
      const shown = yield* JobQueue.due({ jobs: [Work], limit: 10 })
      assert.deepStrictEqual(shown.map(({ id }) => id), [high.id, low.id])
      assert.strictEqual((yield* JobQueue.get(high.id)).attempts, 0)
      const claimed = yield* JobQueue.claim({ jobs: [Work], limit: 10 })
      assert.deepStrictEqual(claimed.map(({ lease }) => lease.jobId), [high.id, low.id])
    }).pipe(inHoldfast()))

  it.effect("a claim keeps to the queues it names, and to its limit", () =>
    Effect.gen(function*() {
      yield* JobQueue.enqueueMany(Work, [1, 2, 3].map((n) => ({ payload: { n }, queue: n === 1 ? "slow" : "fast" })))
      const slow = yield* JobQueue.claim({ jobs: [Work], queues: ["slow"], limit: 10 })
      assert.deepStrictEqual(slow.map(({ payload }) => payload), [{ n: 1 }])
      assert.strictEqual((yield* JobQueue.claim({ jobs: [Work], limit: 1 })).length, 1)
      assert.include(
        String(yield* Effect.flip(JobQueue.claim({ jobs: [Work], limit: 1001 }))),
        "limit: got 1001; expected a whole number from 1 to 1000"
      )
      assert.include(
        String(yield* Effect.flip(JobQueue.claim({ jobs: [Work], leaseFor: 0 }))),
        "leaseFor: got 0; expected a duration from 1 ms"
      )
    }).pipe(inHoldfast()))
})

describe("what claim and due are asked for", () => {
  it.effect("two definitions of one kind are refused", () =>
    Effect.gen(function*() {
      for (const ask of [JobQueue.claim, JobQueue.due]) {
        const refused = yield* Effect.flip(
          Effect.asVoid<unknown, unknown, JobQueue>(ask({ jobs: [Work, Work], limit: 2 }))
        )
        assert.include(
          String(refused),
          `jobs: got two definitions of "operations.work"; expected one definition of each kind`
        )
      }
    }).pipe(inHoldfast()))

  const names = "expected well-formed text of 1 to 255 characters without U+0000"
  const refusals: ReadonlyArray<readonly [options: Partial<ClaimOptions>, message: string]> = [
    [{ limit: 0 }, "limit: got 0; expected a whole number from 1 to 1000"],
    [{ limit: 1001 }, "limit: got 1001; expected a whole number from 1 to 1000"],
    [{ leaseFor: 0 }, "leaseFor: got 0; expected a duration from 1 ms to 24 days, e.g. \"30 seconds\""],
    [{ worker: "" }, `worker: got ""; ${names}`],
    [{ queues: ["fast", ""] }, `queues: got ""; ${names}`],
    [{ queues: ["a\0b"] }, `queues: got "a\\u0000b"; ${names}`]
  ]
  for (const [options, message] of refusals) {
    it.effect(`${JSON.stringify(options)} is refused, and nothing is claimed`, () =>
      Effect.gen(function*() {
        const { id } = yield* JobQueue.enqueue(Work, { n: 1 })
        assert.strictEqual((yield* Effect.flip(JobQueue.claim({ jobs: [Work], ...options }))).message, message)
        assert.strictEqual((yield* Effect.flip(JobQueue.due({ jobs: [Work], ...options }))).message, message)
        assert.strictEqual((yield* JobQueue.get(id)).attempts, 0)
      }).pipe(inHoldfast()))
  }

  it.effect("at most 1000 jobs are claimed at once, one unless more are asked for", () =>
    Effect.gen(function*() {
      yield* JobQueue.enqueueMany(Work, Array.from({ length: 1001 }, (_, n) => ({ payload: { n } })))
      assert.strictEqual((yield* JobQueue.claim({ jobs: [Work] })).length, 1)
      assert.strictEqual((yield* JobQueue.claim({ jobs: [Work], limit: 1000 })).length, 1000)
    }).pipe(inHoldfast()))

  it.effect("who claims is this process unless another is named, and a queue named twice is one", () =>
    Effect.gen(function*() {
      yield* JobQueue.enqueueMany(Work, [{ payload: { n: 1 } }, { payload: { n: 2 } }])
      const [job, ...more] = yield* JobQueue.claim({ jobs: [Work], queues: ["default", "default"] })
      assert.deepStrictEqual(more, [])
      assert.match(job?.lease.worker ?? "", /^.+:\d+:[0-9a-f]{32}$/)
      const [next] = yield* JobQueue.claim({ jobs: [Work] })
      assert.strictEqual(next?.lease.worker, job?.lease.worker)
    }).pipe(inHoldfast()))
})

describe("complete", () => {
  it.effect("a running job succeeds: its result is kept, the end noted, the lock cleared", () =>
    Effect.gen(function*() {
      const lease = yield* enqueueAndClaim
      yield* TestClock.adjust("10 seconds")
      assert.isTrue(yield* JobQueue.complete(lease, { sent: true }))
      const job = yield* JobQueue.get(lease.jobId)
      assert.strictEqual(job.status, "succeeded")
      assert.strictEqual(job.finishedAt, start + 10_000)
      assert.deepStrictEqual(job.result, { sent: true })
      assert.strictEqual(job.lockedBy, null)
      assert.strictEqual(job.lockedAt, null)
      assert.strictEqual(job.lockedUntil, null)
    }).pipe(inHoldfast()))

  it.effect("completing a job that does not exist is false", () =>
    Effect.gen(function*() {
      assert.isFalse(yield* JobQueue.complete(leaseOfNoJob))
    }).pipe(inHoldfast()))

  it.effect("completing a job that is someone else's is false, and changes nothing", () =>
    Effect.gen(function*() {
      const lease = yield* enqueueAndClaim
      const before = yield* JobQueue.get(lease.jobId)
      assert.isFalse(yield* JobQueue.complete(changed(lease, { worker: "bob" })))
      assert.isFalse(yield* JobQueue.complete(changed(lease, { attempt: 2 })))
      assert.deepStrictEqual(yield* JobQueue.get(lease.jobId), before)
    }).pipe(inHoldfast()))

  it.effect("a repeated complete is told the truth, and a fail after it is told no", () =>
    Effect.gen(function*() {
      const lease = yield* enqueueAndClaim
      assert.isTrue(yield* JobQueue.complete(lease))
      assert.isTrue(yield* JobQueue.complete(lease))
      assert.isFalse(yield* JobQueue.fail(lease, "too late"))
      assert.strictEqual((yield* JobQueue.get(lease.jobId)).status, "succeeded")
    }).pipe(inHoldfast()))

  it.effect("a result that JSON cannot hold is refused, and the job goes on", () =>
    Effect.gen(function*() {
      const lease = yield* enqueueAndClaim
      const refused = yield* Effect.flip(JobQueue.complete(lease, { count: 1n }))
      assert.include(refused.message, `Job "${lease.jobId}", result: expected a value that JSON can hold`)
      assert.strictEqual((yield* JobQueue.get(lease.jobId)).status, "running")
    }).pipe(inHoldfast()))
})

describe("fail", () => {
  it.effect("with a schedule that throws falls back to the default one, as a handler's failure does", () =>
    Effect.gen(function*() {
      const lease = yield* enqueueAndClaim
      const backoff = Schedule.mapEffect(Schedule.forever, () => Effect.die("no idea"))
      assert.isTrue(yield* JobQueue.fail(lease, "no", { backoff }))
      const job = yield* JobQueue.get(lease.jobId)
      assert.deepStrictEqual([job.status, job.availableAt - job.updatedAt], ["pending", 60_000])
    }).pipe(inHoldfast()))

  it.effect("a failed job waits 60 s, then 120 s, with its error kept and its lock cleared", () =>
    Effect.gen(function*() {
      const first = yield* enqueueAndClaim
      assert.isTrue(yield* JobQueue.fail(first, new Error("no such mailbox")))
      const job = yield* JobQueue.get(first.jobId)
      assert.strictEqual(job.status, "pending")
      assert.strictEqual(job.availableAt, start + 60_000)
      assert.strictEqual(job.failures, 1)
      assert.include(job.lastError ?? "", "no such mailbox")
      assert.strictEqual(job.lockedBy, null)
      assert.strictEqual(job.lockedAt, null)

      yield* TestClock.adjust("60 seconds")
      const second = yield* claim
      assert.isTrue(yield* JobQueue.fail(second, "still none"))
      const again = yield* JobQueue.get(first.jobId)
      assert.strictEqual(again.availableAt, start + 60_000 + 120_000)
      assert.deepStrictEqual(again.errors.map(({ attempt, worker }) => [attempt, worker]), [[1, "ada"], [2, "ada"]])
    }).pipe(inHoldfast()))

  it.effect("a failure is final when the budget is spent", () =>
    Effect.gen(function*() {
      yield* JobQueue.enqueue(Work, { n: 1 }, { maxAttempts: 2 })
      const first = yield* claim
      yield* JobQueue.fail(first, "first")
      yield* TestClock.adjust("60 seconds")
      assert.isTrue(yield* JobQueue.fail(yield* claim, "second"))
      const job = yield* JobQueue.get(first.jobId)
      assert.strictEqual(job.status, "failed")
      assert.strictEqual(job.failures, 2)
      assert.strictEqual(job.finishedAt, 60_000)
      assert.include(job.lastError ?? "", "second")
    }).pipe(inHoldfast()))

  it.effect("a failure that shall not be retried is final at once", () =>
    Effect.gen(function*() {
      const lease = yield* enqueueAndClaim
      yield* JobQueue.fail(lease, "no", { retry: false })
      assert.strictEqual((yield* JobQueue.get(lease.jobId)).status, "failed")
    }).pipe(inHoldfast()))

  it.effect("a failure may bring its own backoff, and is final when that ends", () =>
    Effect.gen(function*() {
      const once = Schedule.spaced("1 second").pipe(Schedule.intersect(Schedule.recurs(1)))
      const first = yield* enqueueAndClaim
      yield* JobQueue.fail(first, "no", { backoff: once })
      assert.strictEqual((yield* JobQueue.get(first.jobId)).availableAt, start + 1000)
      yield* TestClock.adjust("1 second")
      yield* JobQueue.fail(yield* claim, "no", { backoff: once })
      assert.strictEqual((yield* JobQueue.get(first.jobId)).status, "failed")
    }).pipe(inHoldfast()))

  it.effect("failing a job that is not ours, not running or not there is false, and changes nothing", () =>
    Effect.gen(function*() {
      const lease = yield* enqueueAndClaim
      const before = yield* JobQueue.get(lease.jobId)
      assert.isFalse(yield* JobQueue.fail(changed(lease, { worker: "bob" }), "no"))
      assert.isFalse(yield* JobQueue.fail(leaseOfNoJob, "no"))
      assert.deepStrictEqual(yield* JobQueue.get(lease.jobId), before)
    }).pipe(inHoldfast()))
})

describe("extendLock", () => {
  it.effect("for the running job's owner it moves the lock, and nothing else", () =>
    Effect.gen(function*() {
      const lease = yield* enqueueAndClaim
      const before = yield* JobQueue.get(lease.jobId)
      yield* TestClock.adjust("30 seconds")
      assert.isTrue(yield* JobQueue.extendLock(lease, "1 minute"))
      const now = start + 30_000
      const moved = { lockedAt: now, lockedUntil: now + 60_000, updatedAt: now }
      assert.deepStrictEqual(yield* JobQueue.get(lease.jobId), Object.assign({}, before, moved))
    }).pipe(inHoldfast()))

  it.effect("for another worker it does nothing", () =>
    Effect.gen(function*() {
      const lease = yield* enqueueAndClaim
      const before = yield* JobQueue.get(lease.jobId)
      yield* TestClock.adjust("30 seconds")
      assert.isFalse(yield* JobQueue.extendLock(changed(lease, { worker: "bob" })))
      assert.deepStrictEqual(yield* JobQueue.get(lease.jobId), before)
    }).pipe(inHoldfast()))

  it.effect("for a job that is not running it does nothing", () =>
    Effect.gen(function*() {
      const lease = yield* enqueueAndClaim
      yield* JobQueue.complete(lease)
      const before = yield* JobQueue.get(lease.jobId)
      assert.isFalse(yield* JobQueue.extendLock(lease))
      assert.deepStrictEqual(yield* JobQueue.get(lease.jobId), before)
    }).pipe(inHoldfast()))

  it.effect("unless told for how long, it moves it to 10 minutes from now; no time at all is refused", () =>
    Effect.gen(function*() {
      const lease = yield* enqueueAndClaim
      yield* TestClock.adjust("30 seconds")
      assert.isTrue(yield* JobQueue.extendLock(lease))
      assert.strictEqual((yield* JobQueue.get(lease.jobId)).lockedUntil, start + 630_000)
      const refused = yield* Effect.flip(JobQueue.extendLock(lease, 0))
      assert.strictEqual(
        refused.message,
        "leaseFor: got 0; expected a duration from 1 ms to 24 days, e.g. \"30 seconds\""
      )
    }).pipe(inHoldfast()))

  it.effect("for no job it does nothing", () =>
    Effect.gen(function*() {
      assert.isFalse(yield* JobQueue.extendLock(leaseOfNoJob))
    }).pipe(inHoldfast()))
})

describe("releaseStale", () => {
  it.effect("a stale job is released for a retry, its error saying that it was a stale lock", () =>
    Effect.gen(function*() {
      const lease = yield* enqueueAndClaim
      yield* TestClock.adjust(59_999)
      assert.strictEqual(yield* JobQueue.releaseStale, 0)
      yield* TestClock.adjust(1)
      assert.strictEqual(yield* JobQueue.releaseStale, 1)
      const job = yield* JobQueue.get(lease.jobId)
      assert.strictEqual(job.status, "pending")
      assert.strictEqual(job.failures, 1)
      assert.strictEqual(job.lastError, "Released from stale lock (was locked by ada since 2023-11-14T22:13:20.000Z)")
      assert.strictEqual(job.lockedBy, null)
      assert.isFalse(yield* JobQueue.complete(lease))
      assert.strictEqual((yield* claimBy("bob"))[0]?.lease.attempt, 2)
    }).pipe(inHoldfast()))

  it.effect("a stale job whose budget is spent has failed", () =>
    Effect.gen(function*() {
      yield* JobQueue.enqueue(Work, { n: 1 }, { maxAttempts: 1 })
      const lease = yield* claim
      yield* TestClock.adjust("1 minute")
      assert.strictEqual(yield* JobQueue.releaseStale, 1)
      const job = yield* JobQueue.get(lease.jobId)
      assert.strictEqual(job.status, "failed")
      assert.include(job.lastError ?? "", "Stale lock after 1 attempts")
    }).pipe(inHoldfast()))

  it.effect("the log of a release names who held the lock, and since when, although the row is cleared", () =>
    Effect.gen(function*() {
      const lease = yield* enqueueAndClaim
      yield* TestClock.adjust("30 seconds")
      yield* JobQueue.extendLock(lease, "1 minute")
      yield* TestClock.adjust("1 minute")
      yield* JobQueue.releaseStale
      const [line, ...more] = yield* linesSaying("Released a stale lock")
      assert.deepStrictEqual(line?.annotations, {
        jobId: lease.jobId,
        kind: "operations.work",
        attempt: 1,
        lockedBy: "ada",
        lockedSince: "2023-11-14T22:13:50.000Z",
        status: "pending"
      })
      assert.deepStrictEqual(more, [])
    }).pipe(inHoldfast()))

  it.effect("more stale jobs than one batch takes are all released", () =>
    Effect.gen(function*() {
      yield* JobQueue.enqueueMany(Work, Array.from({ length: 250 }, (_, n) => ({ payload: { n } })))
      yield* JobQueue.claim({ jobs: [Work], limit: 250, leaseFor: "1 minute" })
      yield* TestClock.adjust("1 minute")
      assert.strictEqual(yield* JobQueue.releaseStale, 250)
    }).pipe(inHoldfast()))
})

describe("progress", () => {
  it.effect("the holder of the lease may say how far it is, and nobody else", () =>
    Effect.gen(function*() {
      const lease = yield* enqueueAndClaim
      yield* JobQueue.progress(lease, { pages: 3 })
      assert.deepStrictEqual((yield* JobQueue.get(lease.jobId)).progress, { pages: 3 })
      const refused = yield* Effect.flip(JobQueue.progress(changed(lease, { worker: "bob" }), { pages: 9 }))
      assert.strictEqual(refused._tag, "LeaseLost")
      assert.deepStrictEqual((yield* JobQueue.get(lease.jobId)).progress, { pages: 3 })
    }).pipe(inHoldfast()))

  it.effect("what JSON cannot hold is refused, and the progress before it kept", () =>
    Effect.gen(function*() {
      const lease = yield* enqueueAndClaim
      yield* JobQueue.progress(lease, { pages: 3 })
      const refused = yield* Effect.flip(JobQueue.progress(lease, { pages: 3n }))
      assert.include(refused.message, `Job "${lease.jobId}", progress: expected a value that JSON can hold`)
      assert.deepStrictEqual((yield* JobQueue.get(lease.jobId)).progress, { pages: 3 })
    }).pipe(inHoldfast()))
})
