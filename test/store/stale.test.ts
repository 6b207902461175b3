import { SqlClient } from "@effect/sql"
import { assert, describe, it } from "@effect/vitest"
import { Clock, Effect, Fiber, TestClock } from "effect"
import type { Lease } from "../../src/domain/Lease.ts"
import type { StaleJob, StaleLease } from "../../src/store/JobStore.ts"
import { JobStore } from "../../src/store/JobStore.ts"
import { sqliteDialect } from "../../src/store/sqlite/dialect.ts"
import { makeStale } from "../../src/store/statements/stale.ts"
import {
  claim,
  claimOne,
  enqueue,
  extend,
  get,
  job,
  jobId,
  leaseFor,
  memory,
  release,
  releaseSeen,
  releaseStale,
  running,
  staleLeases,
  start,
  startClock
} from "./someJobs.ts"

describe("a sweep", () => {
  it.effect("that frees one job leaves those alone whose lease goes on", () =>
    Effect.gen(function*() {
      yield* running(1)
      yield* TestClock.adjust(1)
      yield* running(2)
      yield* TestClock.adjust(leaseFor - 1)
      assert.deepStrictEqual((yield* releaseStale).map(({ id }) => id), [jobId(1)])
      assert.strictEqual((yield* get(jobId(2))).status, "running")
    }).pipe(Effect.provide(memory)))

  it.effect("frees no more than it answers for, also of jobs that were claimed in one", () =>
    Effect.gen(function*() {
      const store = yield* JobStore
      yield* enqueue(job(1), job(2))
      yield* claim()
      yield* TestClock.adjust(leaseFor)
      assert.deepStrictEqual((yield* store.releaseStale({ limit: 1 })).map(({ id }) => id), [jobId(1)])
      assert.strictEqual((yield* get(jobId(2))).status, "running")
    }).pipe(Effect.provide(memory)))
})

describe("a look at stale leases", () => {
  it.effect("finds those that are over, longest over first, and says whose they are", () =>
    Effect.gen(function*() {
      yield* startClock
      yield* running(2)
      yield* TestClock.adjust(1)
      yield* running(1)
      yield* TestClock.adjust(1)
      yield* running(3)
      yield* TestClock.adjust(leaseFor - 1)
      const found = (number: number, until: number) =>
        ({ id: jobId(number), attempt: 1, lockedBy: "w", lockedUntil: start + leaseFor + until }) as const
      assert.deepStrictEqual(yield* staleLeases, [found(2, 0), found(1, 1)])
    }).pipe(Effect.provide(memory)))

  it.effect("goes on behind the last of the look before, also where many ended at once", () =>
    Effect.gen(function*() {
      const store = yield* JobStore
      yield* enqueue(job(1), job(2), job(3), job(4))
      yield* claim({ limit: 3 })
      yield* TestClock.adjust(1)
      yield* claim()
      yield* TestClock.adjust(leaseFor)
      const seen: Array<string> = []
      let after: StaleLease | undefined
      do {
        const page: ReadonlyArray<StaleLease> = yield* store.staleLeases({ limit: 2, after })
        seen.push(...page.map(({ id }) => id))
        after = page[1]
      } while (after !== undefined)
      assert.deepStrictEqual(seen, [1, 2, 3, 4].map(jobId))
    }).pipe(Effect.provide(memory)))
})

describe("a release of leases that were seen", () => {
  it.effect("frees their jobs and leaves others alone, though their leases are over too", () =>
    Effect.gen(function*() {
      yield* enqueue(job(1), job(2))
      yield* claim()
      yield* TestClock.adjust(leaseFor)
      const [first] = yield* staleLeases
      assert(first)
      assert.deepStrictEqual((yield* releaseSeen([first])).map(({ id, status }) => [id, status]), [
        [jobId(1), "pending"]
      ])
      assert.strictEqual((yield* get(jobId(2))).status, "running")
    }).pipe(Effect.provide(memory)))

  const changes: Readonly<Record<string, (seen: StaleLease) => StaleLease>> = {
    "another attempt": (seen) => ({ ...seen, attempt: seen.attempt - 1 }),
    "another holder": (seen) => ({ ...seen, lockedBy: "someone else" }),
    "another end": (seen) => ({ ...seen, lockedUntil: seen.lockedUntil - 1 })
  }
  for (const [what, changed] of Object.entries(changes)) {
    it.effect(`frees no job whose lease has ${what} since`, () =>
      Effect.gen(function*() {
        yield* running(1)
        yield* TestClock.adjust(leaseFor)
        assert.deepStrictEqual(yield* releaseSeen((yield* staleLeases).map(changed)), [])
        assert.strictEqual((yield* get(jobId(1))).status, "running")
      }).pipe(Effect.provide(memory)))
  }

  it.effect("frees no job whose lease is not over any more, because the clock was set back", () =>
    Effect.gen(function*() {
      yield* startClock
      yield* running(1)
      yield* TestClock.adjust(leaseFor)
      const seen = yield* staleLeases
      yield* TestClock.setTime(start + leaseFor - 1)
      assert.deepStrictEqual(yield* releaseSeen(seen), [])
    }).pipe(Effect.provide(memory)))
})

describe("a release of jobs that were found stale", () => {
  /** Finds the stale jobs, lets something happen, and then answers which of them are freed. */
  const freedAfter = <E>(meanwhile: (lease: Lease) => Effect.Effect<unknown, E, JobStore>) =>
    Effect.gen(function*() {
      const sql = yield* SqlClient.SqlClient
      const { releaseStale, staleJobs } = makeStale(sqliteDialect(sql))
      const run = <A, E>(statement: Effect.Effect<A, E, SqlClient.TransactionConnection>) =>
        sql.withTransaction(statement as Effect.Effect<A, E>)
      yield* startClock
      const lease = yield* running(1)
      const found = yield* run(staleJobs({ limit: 9 }, sql`${start + leaseFor}`))
      assert.deepStrictEqual(found.map(({ id }) => id), [jobId(1)])
      yield* meanwhile(lease)
      return yield* run(releaseStale(found, sql`${start + leaseFor}`))
    })

  it.effect("frees them as they were found", () =>
    Effect.gen(function*() {
      assert.deepStrictEqual((yield* freedAfter(() => Effect.void)).map(({ id }) => id), [jobId(1)])
    }).pipe(Effect.provide(memory)))

  it.effect("frees none whose lease was extended since", () =>
    Effect.gen(function*() {
      const freed = freedAfter((lease) => Effect.zipRight(TestClock.adjust(1), extend(lease)))
      assert.deepStrictEqual(yield* freed, [])
    }).pipe(Effect.provide(memory)))

  it.effect("frees no newer attempt, though its lease ends at the same instant", () =>
    Effect.gen(function*() {
      const freed = freedAfter((lease) => Effect.zipRight(release(lease), claimOne()))
      assert.deepStrictEqual(yield* freed, [])
    }).pipe(Effect.provide(memory)))
})

/** A clock that stands at the instant at which the leases of these tests are over. */
const leasesAreOver = Object.assign(Clock.make(), {
  currentTimeMillis: Effect.succeed(start + leaseFor),
  unsafeCurrentTimeMillis: () => start + leaseFor
})

/**
 * Runs a sweep beside something else that happens to the one lease that is over,
 * both in one transaction of the app's, after each number of steps of the sweep.
 * What happens meanwhile finds the clock set back to `now` after the claim.
 */
const atEveryStep = <A, E>(
  now: number,
  meanwhile: (lease: Lease) => Effect.Effect<A, E, JobStore>,
  check: (result: A, swept: ReadonlyArray<StaleJob>) => void
) =>
  Effect.gen(function*() {
    const sql = yield* SqlClient.SqlClient
    for (let steps = 0; steps < 60; steps++) {
      yield* startClock
      const lease = yield* running(steps)
      yield* TestClock.setTime(start + now)
      yield* sql.withTransaction(Effect.gen(function*() {
        const sweep = yield* releaseStale.pipe(
          Effect.withClock(leasesAreOver),
          Effect.withMaxOpsBeforeYield(16),
          Effect.fork
        )
        for (let step = 0; step < steps; step++) yield* Effect.yieldNow()
        check(yield* meanwhile(lease), yield* Fiber.join(sweep))
      }))
      yield* sql`DELETE FROM holdfast_jobs`
    }
  }).pipe(Effect.provide(memory))

describe("a sweep in a transaction that other fibers share", () => {
  it.effect("leaves a job whose lease is extended while it looks", () => {
    const seen = new Set<string>()
    return atEveryStep(
      1,
      (lease) => Effect.option(extend(lease)),
      (extended, swept) => {
        assert.strictEqual(swept.length, extended._tag === "Some" ? 0 : 1)
        seen.add(extended._tag)
      }
    ).pipe(Effect.zipRight(Effect.sync(() => assert.deepStrictEqual([...seen], ["Some", "None"]))))
  })

  it.effect("frees no attempt that has ended while it looks, though the next one's lease ends at the same instant", () => {
    const seen = new Set<string>()
    return atEveryStep(
      0,
      (lease) =>
        Effect.gen(function*() {
          const released = yield* Effect.option(release(lease))
          if (released._tag === "Some") assert.strictEqual((yield* claimOne()).lockedUntil, lease.lockedUntil)
          return released._tag
        }),
      (released, swept) => {
        assert.strictEqual(swept.filter(({ attempt }) => attempt === 1).length, released === "Some" ? 0 : 1)
        seen.add(released)
      }
    ).pipe(Effect.zipRight(Effect.sync(() => assert.deepStrictEqual([...seen], ["Some", "None"]))))
  })
})
