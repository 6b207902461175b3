import { SqlClient } from "@effect/sql"
import { assert, describe, it } from "@effect/vitest"
import { Effect, TestClock } from "effect"
import type { Lease } from "../../src/domain/Lease.ts"
import type { NewJob } from "../../src/store/JobStore.ts"
import { JobStore } from "../../src/store/JobStore.ts"
import {
  allRows,
  cancel,
  claim,
  claimOne,
  complete,
  enqueue,
  fail,
  get,
  job,
  jobId,
  leaseFor,
  memory,
  release,
  releaseStale,
  retry,
  running
} from "./someJobs.ts"

const uniqueKey = "brand"
const keyed = (number: number, options: Partial<NewJob> = {}) => job(number, { uniqueKey, ...options })
const mutex = { uniqueKey, uniqueScope: "unfinished" } as const

const outcomes = (...jobs: ReadonlyArray<NewJob>) =>
  Effect.map(
    enqueue(...jobs),
    (answers) => answers.map(({ id, outcome }) => `${outcome} ${Number.parseInt(id.slice(-4), 16)}`)
  )

/** Which jobs hold the key, of those that are there. */
const holders = Effect.flatMap(
  JobStore,
  (store) =>
    Effect.map(
      store.list({ limit: 100 }),
      ({ jobs }) =>
        jobs.filter(({ holdsKey }) => holdsKey).map(({ id }) => Number.parseInt(id.slice(-4), 16)).toReversed()
    )
)

const test = (
  name: string,
  effect: () => Effect.Effect<void, unknown, Effect.Effect.Context<typeof allRows> | JobStore>
) => it.effect(name, () => Effect.provide(effect(), memory))

describe("a unique key of scope pending", () => {
  test("is given up by the claim, so that what is enqueued while the job runs is run after it", () =>
    Effect.gen(function*() {
      const first = yield* running(1, { uniqueKey })
      assert.deepStrictEqual(yield* outcomes(keyed(2)), ["enqueued 2"])
      assert.deepStrictEqual(yield* outcomes(keyed(3)), ["kept 2"])
      assert.deepStrictEqual(yield* holders, [2])
      yield* complete(first)
      assert.strictEqual((yield* claimOne()).jobId, jobId(2))
    }))

  const comesBack = {
    "fails and is tried again": (lease: Lease) => fail(lease, { retryAfter: 0 }),
    "is handed back": (lease: Lease) => release(lease),
    "is snoozed": (lease: Lease) => release(lease, 1000),
    "goes stale": () => Effect.zipRight(TestClock.adjust(leaseFor), releaseStale)
  }
  for (const [what, comeBack] of Object.entries(comesBack)) {
    test(`is taken again by a job that ${what}, if it is free`, () =>
      Effect.gen(function*() {
        yield* comeBack(yield* running(1, { uniqueKey }))
        assert.deepStrictEqual(yield* holders, [1])
        assert.deepStrictEqual(yield* outcomes(keyed(2)), ["kept 1"])
      }))

    test(`is left to the job that has it by one that ${what} meanwhile, and both run`, () =>
      Effect.gen(function*() {
        const lease = yield* running(1, { uniqueKey })
        yield* enqueue(keyed(2, { available: { after: 2 * leaseFor } }))
        yield* comeBack(lease)
        assert.deepStrictEqual(yield* holders, [2])
        assert.strictEqual((yield* get(jobId(1))).status, "pending")
        yield* TestClock.adjust(2 * leaseFor)
        assert.lengthOf(yield* claim(), 2)
      }))

    test(`is the other kind's or partition's by itself for a job that ${what}`, () =>
      Effect.gen(function*() {
        const lease = yield* running(1, { uniqueKey, partitionKey: "acme" })
        yield* enqueue(keyed(2), keyed(3, { partitionKey: "corp" }), keyed(4, { kind: "crawl", partitionKey: "acme" }))
        yield* comeBack(lease)
        assert.deepStrictEqual(yield* holders, [1, 2, 3, 4])
      }))
  }

  const comeBackTogether = {
    "fail": (leases: ReadonlyArray<Lease>) =>
      Effect.flatMap(JobStore, (store) => store.fail(leases.map((lease) => ({ lease, error: "boom", retryAfter: 0 })))),
    "are handed back": (leases: ReadonlyArray<Lease>) =>
      Effect.flatMap(JobStore, (store) => store.release(leases.map((lease) => ({ lease, delay: 0 })))),
    "go stale": () => Effect.zipRight(TestClock.adjust(leaseFor), releaseStale)
  }
  for (const [what, comeBack] of Object.entries(comeBackTogether)) {
    test(`is taken by the first of several jobs that ${what} together, and the others go without`, () =>
      Effect.gen(function*() {
        const leases: Array<Lease> = []
        for (const number of [3, 1, 2]) leases.push(yield* running(number, { uniqueKey }))
        yield* comeBack(leases)
        assert.deepStrictEqual(yield* holders, [1])
        assert.lengthOf(yield* claim(), 3)
      }))

    test(`is each kind's and partition's own for jobs that ${what} together`, () =>
      Effect.gen(function*() {
        yield* enqueue(keyed(1), keyed(2, { kind: "crawl" }), keyed(3, { partitionKey: "acme" }))
        const kinds = ["email", "crawl"].map((kind) => ({ kind, leaseFor }))
        yield* comeBack((yield* claim({ kinds })).map(({ lease }) => lease))
        assert.deepStrictEqual(yield* holders, [1, 2, 3])
      }))
  }

  test("is not left free for one of several that fail together which has ended, or is another's by now", () =>
    Effect.gen(function*() {
      const store = yield* JobStore
      const leases: Array<Lease> = []
      for (const number of [1, 2, 3, 4]) {
        leases.push(yield* running(number, { uniqueKey, maxAttempts: number === 2 ? 1 : 3 }))
      }
      yield* complete(leases[0] as Lease)
      yield* cancel(jobId(3))
      yield* store.fail(leases.map((lease) => ({ lease, error: "boom", retryAfter: 0 })))
      const statuses = yield* Effect.forEach([1, 2, 3, 4], (number) => get(jobId(number)))
      assert.deepStrictEqual(statuses.map(({ status }) => status), ["succeeded", "failed", "cancelled", "pending"])
      assert.deepStrictEqual(yield* holders, [4])
    }))

  test("is not held any more by a job that has ended", () =>
    Effect.gen(function*() {
      const ends = [
        (lease: Lease) => complete(lease),
        (lease: Lease) => fail(lease, { retryAfter: null }),
        (lease: Lease) => Effect.zipRight(cancel(lease.jobId), release(lease))
      ]
      for (const [index, end] of ends.entries()) yield* end(yield* running(index, { uniqueKey }))
      yield* enqueue(keyed(9))
      yield* cancel(jobId(9))
      assert.deepStrictEqual(yield* holders, [])
    }))
})

describe("a unique key of scope unfinished", () => {
  test("is held while the job runs and while it waits for a retry, until it has ended", () =>
    Effect.gen(function*() {
      const first = yield* running(1, mutex)
      assert.deepStrictEqual(yield* outcomes(keyed(2, mutex)), ["kept 1"])
      yield* fail(first, { retryAfter: 0 })
      assert.deepStrictEqual(yield* outcomes(keyed(2, mutex)), ["kept 1"])
      const second = yield* claimOne()
      assert.deepStrictEqual(yield* outcomes(keyed(2, mutex), keyed(3)), ["kept 1", "kept 1"])
      assert.deepStrictEqual(yield* holders, [1])
      yield* complete(second)
      assert.deepStrictEqual(yield* outcomes(keyed(2, mutex)), ["enqueued 2"])
    }))

  test("is held on by a job that is handed back or goes stale", () =>
    Effect.gen(function*() {
      yield* release(yield* running(1, mutex))
      assert.deepStrictEqual(yield* holders, [1])
      yield* claimOne()
      yield* TestClock.adjust(leaseFor)
      yield* releaseStale
      assert.deepStrictEqual(yield* holders, [1])
    }))

  test("is not given to another whose attempt fails beside its holder's", () =>
    Effect.gen(function*() {
      const store = yield* JobStore
      const without = yield* running(1, { uniqueKey })
      const holder = yield* running(2, mutex)
      yield* store.fail([without, holder].map((lease) => ({ lease, error: "boom", retryAfter: 0 })))
      assert.deepStrictEqual(yield* holders, [2])
    }))

  test("is kept by a running job, whatever an enqueue would do to a pending one", () =>
    Effect.gen(function*() {
      yield* running(1, mutex)
      const before = yield* allRows
      assert.deepStrictEqual(
        yield* outcomes(
          keyed(2, { ...mutex, onConflict: "replace" }),
          keyed(3, { ...mutex, onConflict: "move", available: { after: 1000 } })
        ),
        ["kept 1", "kept 1"]
      )
      assert.deepStrictEqual(yield* allRows, before)
    }))
})

describe("a retry by a person", () => {
  test("is refused while another job holds the key, and not for one that runs without it", () =>
    Effect.gen(function*() {
      yield* fail(yield* running(1, { uniqueKey }), { retryAfter: null })
      yield* running(2, { uniqueKey })
      yield* retry(jobId(1))
      assert.deepStrictEqual(yield* holders, [1])
      yield* cancel(jobId(1))
      yield* enqueue(keyed(3))
      const taken = yield* Effect.flip(retry(jobId(1)))
      assert(taken._tag === "UniqueKeyTaken")
      assert.strictEqual(taken.heldBy, jobId(3))
    }))
})

describe("an enqueue whose unique key a pending job holds", () => {
  test("replaces its payload, and leaves all else as it is", () =>
    Effect.gen(function*() {
      yield* enqueue(keyed(1, { priority: 3, available: { after: 5000 } }))
      yield* TestClock.adjust(1000)
      const replacing = keyed(2, {
        payload: `{"new":true}`,
        onConflict: "replace",
        priority: 9,
        traceContext: "00-trace"
      })
      assert.deepStrictEqual(yield* outcomes(replacing), ["replaced 1"])
      const replaced = yield* get(jobId(1))
      assert.deepStrictEqual(replaced.payload, { new: true })
      assert.deepStrictEqual([replaced.priority, replaced.availableAt, replaced.updatedAt], [3, 5000, 1000])
      yield* TestClock.adjust(4000)
      const [claimed] = yield* claim()
      assert.deepStrictEqual([claimed?.payload, claimed?.traceContext], [{ new: true }, "00-trace"])
    }))

  test("repeats the holder's own id after its payload was replaced, and is still the same job", () =>
    Effect.gen(function*() {
      const first = keyed(1)
      yield* enqueue(first)
      for (const number of [2, 3]) yield* enqueue(keyed(number, { onConflict: "replace" }))
      assert.deepStrictEqual(yield* outcomes(first), ["kept 1"])
      const another = yield* Effect.flip(enqueue({ ...first, payload: `{"number":3}` }))
      assert.strictEqual(another._tag, "JobIdConflict")
      assert.deepStrictEqual((yield* get(jobId(1))).payload, { number: 3 })
    }))

  test("moves its due time, and not past the longest wait since it was created", () =>
    Effect.gen(function*() {
      const move = (number: number) =>
        keyed(number, { onConflict: "move", maxWait: 12_000, available: { after: 5000 } })
      assert.deepStrictEqual(yield* outcomes(move(1)), ["enqueued 1"])
      const due: Array<number> = []
      for (const number of [2, 3, 4]) {
        yield* TestClock.adjust(4000)
        assert.deepStrictEqual(yield* outcomes(move(number)), ["moved 1"])
        due.push((yield* get(jobId(1))).availableAt)
      }
      assert.deepStrictEqual(due, [9000, 12_000, 12_000])
      assert.deepStrictEqual(yield* outcomes(keyed(5, { onConflict: "move", available: { after: 5000 } })), ["moved 1"])
      assert.strictEqual((yield* get(jobId(1))).availableAt, 17_000)
      assert.deepStrictEqual(yield* outcomes(keyed(6, { onConflict: "move", available: { at: 14_000 } })), ["moved 1"])
      assert.strictEqual((yield* get(jobId(1))).availableAt, 14_000)
    }))

  test("does not move a job to before its backoff or its snooze is over", () =>
    Effect.gen(function*() {
      yield* fail(yield* running(1, { uniqueKey }), { retryAfter: 60_000 })
      const move = (number: number, after: number) => keyed(number, { onConflict: "move", available: { after } })
      assert.deepStrictEqual(yield* outcomes(move(2, 5000)), ["kept 1"])
      assert.deepStrictEqual(yield* outcomes(move(3, 90_000), move(4, 70_000)), ["moved 1", "kept 1"])
      assert.strictEqual((yield* get(jobId(1))).availableAt, 90_000)
    }))

  test("may add a job when it is repeated after the holder was claimed", () =>
    Effect.gen(function*() {
      yield* enqueue(keyed(1))
      const replacing = keyed(2, { onConflict: "replace" })
      assert.deepStrictEqual(yield* outcomes(replacing), ["replaced 1"])
      yield* claimOne()
      assert.deepStrictEqual(yield* outcomes(replacing), ["enqueued 2"])
    }))

  test("does what it does in one call as one after the other would", () =>
    Effect.gen(function*() {
      const calls = (first: number) => [
        keyed(first, { available: { after: 1000 } }),
        keyed(first + 1, { onConflict: "replace", payload: "1" }),
        keyed(first + 2, { onConflict: "move", available: { after: 7000 }, maxWait: 6000 }),
        keyed(first + 3),
        keyed(first + 4, { onConflict: "replace", payload: "2", traceContext: "t" }),
        keyed(first + 5, { onConflict: "move", available: { after: 3000 } })
      ]
      const together = yield* Effect.provide(
        Effect.zip(outcomes(...calls(1)), allRows),
        memory
      )
      const inTurn = yield* Effect.provide(
        Effect.zip(Effect.map(Effect.forEach(calls(1), (one) => outcomes(one)), (all) => all.flat()), allRows),
        memory
      )
      assert.deepStrictEqual(together, inTurn)
      assert.deepStrictEqual(together[0], ["enqueued 1", "replaced 1", "moved 1", "kept 1", "replaced 1", "moved 1"])
    }))

  test("changes nothing when another of its call has an id that is taken, also in a transaction that goes on", () =>
    Effect.gen(function*() {
      const sql = yield* SqlClient.SqlClient
      yield* enqueue(keyed(1), job(7))
      const before = yield* allRows
      const refused = yield* sql.withTransaction(
        Effect.flip(enqueue(keyed(2, { onConflict: "replace" }), job(3), job(7, { payload: "{}" })))
      )
      assert.strictEqual(refused._tag, "JobIdConflict")
      assert.deepStrictEqual(yield* allRows, before)
    }))

  test("is refused for an id that is taken before it writes to the holder, whose row may refuse that", () =>
    Effect.gen(function*() {
      const sql = yield* SqlClient.SqlClient
      yield* enqueue(keyed(1), job(7))
      yield* sql`CREATE TRIGGER app BEFORE UPDATE ON holdfast_jobs BEGIN SELECT RAISE(ABORT, 'not this one'); END`
      const replacing = keyed(2, { onConflict: "replace" })
      assert.strictEqual((yield* Effect.flip(enqueue(replacing, job(7, { payload: "{}" }))))._tag, "JobIdConflict")
      assert.strictEqual((yield* Effect.flip(enqueue(replacing)))._tag, "StoreError")
    }))
})
