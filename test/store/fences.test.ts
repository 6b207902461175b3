import { assert, describe, it } from "@effect/vitest"
import { Effect, Either, TestClock } from "effect"
import type { LeaseLost } from "../../src/domain/errors.ts"
import { Lease } from "../../src/domain/Lease.ts"
import type { Fenced, StoreFailure } from "../../src/store/JobStore.ts"
import { JobStore } from "../../src/store/JobStore.ts"
import {
  allRows,
  cancel,
  claim,
  claimOne,
  complete,
  enqueue,
  extend,
  fail,
  get,
  job,
  jobId,
  leaseFor,
  memory,
  progress,
  release,
  releaseStale,
  retry,
  running
} from "./someJobs.ts"

const one = jobId(1)

type Write = (lease: Lease) => Effect.Effect<unknown, LeaseLost | StoreFailure, JobStore>

const writes = {
  extend,
  progress: (lease: Lease) => progress(lease, `{"step":1}`),
  complete: (lease: Lease) => complete(lease),
  fail: (lease: Lease) => fail(lease),
  release: (lease: Lease) => release(lease)
} satisfies Record<string, Write>

const other = (lease: Lease, change: Partial<Lease>) => new Lease(Object.assign({}, lease, change))

describe("fences", () => {
  for (const [name, write] of Object.entries<Write>(writes)) {
    const refused = (when: string, make: (lease: Lease) => Effect.Effect<Lease, unknown, JobStore>) =>
      it.effect(`${name} ${when} is LeaseLost and changes nothing`, () =>
        Effect.gen(function*() {
          const lease = yield* make(yield* running(1))
          yield* TestClock.adjust(1000)
          const before = yield* allRows
          const lost = yield* Effect.flip(write(lease))
          assert(lost._tag === "LeaseLost")
          assert.deepStrictEqual([lost.jobId, lost.attempt], [lease.jobId, lease.attempt])
          assert.deepStrictEqual(yield* allRows, before)
        }).pipe(Effect.provide(memory)))

    refused("by another worker", (lease) => Effect.succeed(other(lease, { worker: "other" })))

    refused(
      "for an older attempt",
      (lease) =>
        Effect.as(Effect.zipRight(TestClock.adjust(leaseFor), Effect.zipRight(releaseStale, claimOne())), lease)
    )

    refused("for an attempt that has not been", (lease) => Effect.succeed(other(lease, { attempt: lease.attempt + 1 })))

    refused("for no job at all", (lease) => Effect.succeed(other(lease, { jobId: jobId(99) })))

    refused(
      "once the job was released as stale",
      (lease) => Effect.as(Effect.zipRight(TestClock.adjust(leaseFor), releaseStale), lease)
    )

    refused(
      "once a person has retried the job",
      (lease) => Effect.as(Effect.zipRight(fail(lease, { retryAfter: null }), retry(one)), lease)
    )

    refused("once the job was pruned", (lease) =>
      Effect.gen(function*() {
        const store = yield* JobStore
        yield* complete(lease)
        yield* store.prune({ status: "succeeded", retention: 0, limit: 1 })
        return lease
      }))
  }

  for (const [name, write] of Object.entries<Write>({ extend: writes.extend, progress: writes.progress })) {
    it.effect(`${name} for a job that is not running is LeaseLost and changes nothing`, () =>
      Effect.gen(function*() {
        const leases = [yield* running(1), yield* running(2), yield* running(3)] as const
        yield* complete(leases[0])
        yield* fail(leases[1])
        yield* release(leases[2], 1000)
        const before = yield* allRows
        for (const lease of leases) assert.strictEqual((yield* Effect.flip(write(lease)))._tag, "LeaseLost")
        assert.deepStrictEqual(yield* allRows, before)
      }).pipe(Effect.provide(memory)))
  }

  it.effect("a released job belongs to the next attempt, and the first may not complete it", () =>
    Effect.gen(function*() {
      const first = yield* running(1)
      yield* TestClock.adjust(leaseFor)
      yield* releaseStale
      const second = yield* claimOne()
      assert.strictEqual(second.worker, first.worker)
      assert.strictEqual((yield* Effect.flip(complete(first)))._tag, "LeaseLost")
      assert.strictEqual((yield* complete(second)).status, "succeeded")
    }).pipe(Effect.provide(memory)))
})

describe("repeated settles", () => {
  const settles = {
    complete: (lease: Lease) => complete(lease),
    "fail with budget left": (lease: Lease) => fail(lease),
    "fail for good": (lease: Lease) => fail(lease, { retryAfter: null }),
    release: (lease: Lease) => release(lease),
    snooze: (lease: Lease) => release(lease, 1000)
  }
  const outcomeOf = (name: string) => name.split(" ")[0]?.replace("snooze", "release")

  // Two failures are two outcomes when one of them says never again.
  it.effect("a failure for good after one that is tried again is LeaseLost", () =>
    Effect.gen(function*() {
      const lease = yield* running(1)
      yield* fail(lease)
      assert.strictEqual((yield* Effect.flip(fail(lease, { retryAfter: null })))._tag, "LeaseLost")
      assert.strictEqual((yield* get(one)).status, "pending")
    }).pipe(Effect.provide(memory)))

  for (const [first, settle] of Object.entries(settles)) {
    for (const [second, repeat] of Object.entries(settles)) {
      if (first === second) {
        it.effect(`${first}, repeated because its answer was lost, is answered like the first, and changes nothing`, () =>
          Effect.gen(function*() {
            const lease = yield* running(1)
            const answered = yield* settle(lease)
            yield* TestClock.adjust(1000)
            const before = yield* allRows
            assert.deepStrictEqual(yield* repeat(lease), { ...answered, isRepeat: true })
            assert.deepStrictEqual(yield* repeat(lease), { ...answered, isRepeat: true })
            assert.deepStrictEqual(yield* allRows, before)
          }).pipe(Effect.provide(memory)))
      } else if (outcomeOf(first) !== outcomeOf(second)) {
        it.effect(`${second} after ${first} is LeaseLost, for it is another outcome, and changes nothing`, () =>
          Effect.gen(function*() {
            const lease = yield* running(1)
            yield* settle(lease)
            const before = yield* allRows
            assert.strictEqual((yield* Effect.flip(repeat(lease)))._tag, "LeaseLost")
            assert.deepStrictEqual(yield* allRows, before)
          }).pipe(Effect.provide(memory)))
      }
    }

    it.effect(`${first} repeated by another worker is LeaseLost`, () =>
      Effect.gen(function*() {
        const lease = yield* running(1)
        yield* settle(lease)
        assert.strictEqual((yield* Effect.flip(settle(other(lease, { worker: "other" }))))._tag, "LeaseLost")
      }).pipe(Effect.provide(memory)))

    it.effect(`${first} of a job asked to cancel, repeated, is answered like the first`, () =>
      Effect.gen(function*() {
        const lease = yield* running(1)
        yield* cancel(one)
        const answered = yield* settle(lease)
        assert.deepStrictEqual(yield* settle(lease), { ...answered, isRepeat: true })
      }).pipe(Effect.provide(memory)))
  }

  for (const first of ["fail with budget left", "release", "snooze"] as const) {
    const afterNextClaim = (then: Effect.Effect<unknown, unknown, JobStore>) =>
      Effect.gen(function*() {
        const lease = yield* running(1)
        const answered = yield* settles[first](lease)
        yield* TestClock.adjust(60_000)
        yield* claimOne("other")
        yield* then
        const before = yield* allRows
        assert.deepStrictEqual(yield* settles[first](lease), { ...answered, isRepeat: true })
        for (const [second, repeat] of Object.entries(settles)) {
          if (outcomeOf(first) === outcomeOf(second)) continue
          assert.strictEqual((yield* Effect.flip(repeat(lease)))._tag, "LeaseLost")
        }
        assert.deepStrictEqual(yield* allRows, before)
      }).pipe(Effect.provide(memory))

    it.effect(`${first} repeated after the next claim is answered like the first, and the next attempt keeps its job`, () =>
      afterNextClaim(Effect.void))

    it.effect(`${first} repeated after the next attempt went stale is answered like the first`, () =>
      afterNextClaim(Effect.zipRight(TestClock.adjust(leaseFor), releaseStale)))

    it.effect(`${first} repeated after the next attempt was asked to stop is answered like the first`, () =>
      afterNextClaim(cancel(one)))

    it.effect(`${first} repeated after the next attempt was settled is LeaseLost, and changes nothing`, () =>
      Effect.gen(function*() {
        const lease = yield* running(1)
        yield* settles[first](lease)
        yield* TestClock.adjust(60_000)
        yield* settles[first](yield* claimOne(lease.worker))
        const before = yield* allRows
        assert.strictEqual((yield* Effect.flip(settles[first](lease)))._tag, "LeaseLost")
        assert.deepStrictEqual(yield* allRows, before)
      }).pipe(Effect.provide(memory)))

    it.effect(`${first} repeated after a person cancelled the job is answered with what it had made of the job`, () =>
      Effect.gen(function*() {
        const lease = yield* running(1)
        yield* settles[first](lease)
        yield* cancel(one)
        assert.deepStrictEqual(yield* settles[first](lease), { status: "pending", kind: "email", isRepeat: true })
      }).pipe(Effect.provide(memory)))
  }

  it.effect("a failure repeated after a person's retry is LeaseLost", () =>
    Effect.gen(function*() {
      const lease = yield* running(1)
      yield* fail(lease, { retryAfter: null })
      yield* retry(one)
      assert.strictEqual((yield* Effect.flip(fail(lease, { retryAfter: null })))._tag, "LeaseLost")
      assert.strictEqual((yield* get(one)).failures, 0)
    }).pipe(Effect.provide(memory)))

  it.effect("a release after an earlier attempt that failed is still told from a failure", () =>
    Effect.gen(function*() {
      yield* fail(yield* running(1), { retryAfter: 0 })
      const second = yield* claimOne()
      yield* release(second)
      assert.strictEqual((yield* release(second)).status, "pending")
      assert.strictEqual((yield* Effect.flip(fail(second)))._tag, "LeaseLost")
    }).pipe(Effect.provide(memory)))
})

describe("many at once", () => {
  it.effect("a write of many leases answers for each, in the order given", () =>
    Effect.gen(function*() {
      const store = yield* JobStore
      yield* enqueue(...[1, 2, 3, 4, 5, 6].map((number) => job(number)))
      const leases = (yield* claim()).map(({ lease }) => lease)
      const gone = leases.map((lease, index) => index % 2 === 0 ? lease : other(lease, { worker: "other" }))
        .toReversed()
      const words = <A>(answers: ReadonlyArray<Fenced<A>>, word: (a: A) => string) =>
        answers.map((answer) => {
          if (Either.isRight(answer)) return word(answer.right)
          return answer.left._tag === "LeaseLost" ? `lost ${answer.left.jobId}` : answer.left.message
        })
      const expected = (word: (lease: Lease) => string) =>
        gone.map((lease) => lease.worker === "w" ? word(lease) : `lost ${lease.jobId}`)

      const extended = yield* store.extend(gone.map((lease) => ({ lease, leaseFor })))
      assert.deepStrictEqual(words(extended, ({ lease }) => lease.jobId), expected(({ jobId }) => jobId))
      const progressed = yield* store.progress(gone.map((lease) => ({ lease, progress: "1" })))
      assert.deepStrictEqual(words(progressed, () => "done"), expected(() => "done"))
      const [a, b, c] = [gone.slice(0, 2), gone.slice(2, 4), gone.slice(4)]
      const settled = [
        ...yield* store.complete(a.map((lease) => ({ lease, result: "null" }))),
        ...yield* store.fail(b.map((lease) => ({ lease, error: "boom", retryAfter: null }))),
        ...yield* store.release(c.map((lease) => ({ lease, delay: 0 })))
      ]
      assert.deepStrictEqual(words(settled, ({ status }) => status), [
        `lost ${jobId(6)}`,
        "succeeded",
        `lost ${jobId(4)}`,
        "failed",
        `lost ${jobId(2)}`,
        "pending"
      ])
    }).pipe(Effect.provide(memory)))

  it.effect("each lease of a call gets its own result, error and delay", () =>
    Effect.gen(function*() {
      const store = yield* JobStore
      yield* enqueue(...[1, 2, 3, 4, 5, 6].map((number) => job(number)))
      const leases = (yield* claim()).map(({ lease }) => lease)
      const number = (lease: Lease) => leases.indexOf(lease)
      yield* store.progress(leases.map((lease) => ({ lease, progress: String(number(lease)) })))
      yield* store.complete(leases.slice(0, 2).map((lease) => ({ lease, result: String(number(lease)) })))
      yield* store.fail(
        leases.slice(2, 4).map((lease) => ({ lease, error: `${number(lease)}`, retryAfter: number(lease) }))
      )
      yield* store.release(leases.slice(4).map((lease) => ({ lease, delay: number(lease) })))
      const records = yield* Effect.forEach(leases, ({ jobId }) => get(jobId))
      assert.deepStrictEqual(records.map((one) => one.progress), [0, 1, 2, 3, 4, 5])
      assert.deepStrictEqual(records.map((one) => one.result), [0, 1, null, null, null, null])
      assert.deepStrictEqual(records.map((one) => one.lastError), [null, null, "2", "3", null, null])
      assert.deepStrictEqual(records.slice(2).map((one) => one.availableAt), [2, 3, 4, 5])
    }).pipe(Effect.provide(memory)))

  it.effect("a lease given twice in one call is answered twice and written once", () =>
    Effect.gen(function*() {
      const store = yield* JobStore
      const lease = yield* running(1)
      const item = { lease, error: "boom", retryAfter: 1000 }
      assert.deepStrictEqual(yield* store.fail([item, item]), [
        Either.right({ status: "pending" as const, kind: "email", isRepeat: false }),
        Either.right({ status: "pending" as const, kind: "email", isRepeat: false })
      ])
      const { errors, failures } = yield* get(one)
      assert.deepStrictEqual([failures, errors.length], [1, 1])
    }).pipe(Effect.provide(memory)))

  it.effect("a call about nothing does nothing and answers nothing", () =>
    Effect.gen(function*() {
      const store = yield* JobStore
      assert.deepStrictEqual(yield* store.enqueue([]), [])
      assert.deepStrictEqual(yield* store.extend([]), [])
      assert.deepStrictEqual(yield* store.progress([]), [])
      assert.deepStrictEqual(yield* store.complete([]), [])
      assert.deepStrictEqual(yield* store.fail([]), [])
      assert.deepStrictEqual(yield* store.release([]), [])
      assert.deepStrictEqual(yield* claim({ kinds: [] }), [])
      assert.deepStrictEqual(yield* claim({ limit: 0 }), [])
    }).pipe(Effect.provide(memory)))
})
