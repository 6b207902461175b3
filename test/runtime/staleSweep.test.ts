import { SqlClient } from "@effect/sql"
import { assert, describe, it } from "@effect/vitest"
import { Duration, Effect, Layer, Schema, TestClock } from "effect"
import * as Job from "../../src/domain/Job.ts"
import { Lease } from "../../src/domain/Lease.ts"
import { EventLoop } from "../../src/platform/EventLoop.ts"
import { HeldLeases, makeHeldLeases } from "../../src/runtime/lease/HeldLeases.ts"
import { JobQueue } from "../../src/runtime/JobQueue.ts"
import { look, nextLookAt, noSuspects, sweepOnce } from "../../src/runtime/maintenance/staleSweep.ts"
import * as Worker from "../../src/runtime/Worker.ts"
import type { JobStore, StaleLease } from "../../src/store/JobStore.ts"
import { failing, StoreFaults } from "../../src/testing.ts"
import { jobId } from "../store/someJobs.ts"
import { wallClock } from "../store/wallClock.ts"
import { calm, inHoldfast, linesSaying, settled, work } from "./harness.ts"

const Task = Job.make("staleSweep.task", { payload: Schema.Void, leaseFor: "2 minutes" })
const Idle = Job.make("staleSweep.idle", { payload: Schema.Void })

/** Runs a task for ever and counts how often one was begun. */
const running = () => {
  let begun = 0
  return {
    begun: () => begun,
    handlers: Layer.mergeAll(
      Task.toLayer(() => Effect.zipRight(Effect.sync(() => void begun++), Effect.never)),
      Idle.toLayer(() => Effect.void)
    )
  }
}

/** Looks every minute, and keeps its leases every 25 s. */
const keen = { ...calm, heartbeatInterval: "25 seconds", staleCheckInterval: "1 minute" } as const

type By = Effect.Effect.Success<typeof wallClock>["by"]

/** Runs a worker until the test's scope closes, on this clock, and as part of a process of its own or of the test's. */
const workOn = <const Jobs extends ReadonlyArray<Job.Any>>(
  by: By,
  options: Worker.Options<Jobs>,
  process = makeHeldLeases()
) =>
  Effect.zipLeft(
    Effect.forkScoped(by(Effect.provideService(Worker.run({ ...keen, ...options }), HeldLeases, process))),
    settled
  )

/** A task that some other process has claimed, for 90 s from now, and will not be heard of again. */
const abandoned = Effect.gen(function*() {
  const { id } = yield* JobQueue.enqueue(Task, undefined)
  yield* JobQueue.claim({ jobs: [Task], worker: "bob", leaseFor: "90 seconds" })
  return id
})

const statusOf = (id: string) => Effect.map(JobQueue.get(id), ({ status }) => status)

/** By how much the wall clock of these tests jumps: by more than any lease. */
const jump = 3_600_000

describe("a worker whose wall clock jumps past the end of leases", () => {
  it.effect("goes on with its own job, which nobody runs a second time", () => {
    const { begun, handlers } = running()
    return Effect.gen(function*() {
      const { by, set } = yield* wallClock
      yield* workOn(by, { jobs: [Task] })
      const { id } = yield* JobQueue.enqueue(Task, undefined)
      yield* settled
      // Its beats are at 25, 50 and 75 s, its checks at 0, 60 and 120 s.
      yield* TestClock.adjust("55 seconds")
      yield* set(jump)
      yield* TestClock.adjust("65 seconds")
      assert.strictEqual(begun(), 1)
      assert.strictEqual((yield* JobQueue.get(id)).failures, 0)
      assert.deepStrictEqual(yield* linesSaying("Released a stale lock"), [])
    }).pipe(inHoldfast(handlers))
  })

  it.effect("leaves alone what another worker of its process runs, also one whose beats do not get through", () => {
    const { begun, handlers } = running()
    return Effect.gen(function*() {
      const { by, set } = yield* wallClock
      const process = makeHeldLeases()
      yield* workOn(by, { jobs: [Task] }, process)
      yield* workOn(by, { jobs: [Idle] }, process)
      const { id } = yield* JobQueue.enqueue(Task, undefined)
      yield* settled
      yield* StoreFaults.inject("extend", failing)
      yield* set(jump)
      // Until 90 s, which is its deadline, it may not be taken for dead.
      yield* TestClock.adjust("89 seconds")
      assert.strictEqual(yield* statusOf(id), "running")
      assert.deepStrictEqual(yield* linesSaying("Released a stale lock"), [])
      // From the check at 120 s on it looks like any other.
      yield* TestClock.adjust("55 seconds")
      assert.strictEqual(yield* statusOf(id), "running")
      yield* TestClock.adjust("1 seconds")
      assert.lengthOf(yield* linesSaying("Released a stale lock"), 1)
      assert.strictEqual(begun(), 1)
    }).pipe(inHoldfast(handlers))
  })

  it.effect("leaves alone what another process runs and goes on extending", () => {
    const { begun, handlers } = running()
    return Effect.gen(function*() {
      const { by, set } = yield* wallClock
      yield* workOn(by, { jobs: [Task] })
      yield* workOn(by, { jobs: [Idle] })
      const { id } = yield* JobQueue.enqueue(Task, undefined)
      yield* settled
      yield* TestClock.adjust("55 seconds")
      yield* set(jump)
      yield* TestClock.adjust("3 minutes")
      assert.strictEqual(begun(), 1)
      assert.strictEqual((yield* JobQueue.get(id)).failures, 0)
      assert.deepStrictEqual(yield* linesSaying("Released a stale lock"), [])
    }).pipe(inHoldfast(handlers))
  })

  const claims = {
    "by hand": <A, E, R>(claim: Effect.Effect<A, E, R>) => claim,
    "by hand in a transaction": <A, E, R>(claim: Effect.Effect<A, E, R>) =>
      Effect.flatMap(SqlClient.SqlClient, (sql) => sql.withTransaction(claim))
  }
  for (const [how, claiming] of Object.entries(claims)) {
    it.effect(`leaves alone what its process has claimed ${how}, until the time that it claimed it for is over`, () => {
      const { handlers } = running()
      return Effect.gen(function*() {
        const { by, set } = yield* wallClock
        const process = makeHeldLeases()
        yield* Effect.gen(function*() {
          const queue = yield* JobQueue
          const { id } = yield* queue.enqueue(Task, undefined)
          const [job] = yield* by(claiming(queue.claim({ jobs: [Task], leaseFor: "100 seconds" })))
          assert(job)
          yield* workOn(by, { jobs: [Idle] }, process)
          yield* set(jump)
          yield* TestClock.adjust("90 seconds")
          assert.strictEqual(yield* statusOf(id), "running")
          yield* set(0)
          assert.isTrue(yield* by(queue.extendLock(job.lease, "100 seconds")))
          yield* set(jump)
          yield* TestClock.adjust("99 seconds")
          assert.strictEqual(yield* statusOf(id), "running")
          // The next check is at 240 s.
          yield* TestClock.adjust("76 seconds")
          assert.strictEqual(yield* statusOf(id), "pending")
        }).pipe(Effect.provide(JobQueue.layer), Effect.provideService(HeldLeases, process))
      }).pipe(inHoldfast(handlers))
    })
  }

  it.effect("leaves that alone for as long as it was claimed for, and not at all what was claimed in another's name", () => {
    const { handlers } = running()
    return Effect.gen(function*() {
      const { by, set } = yield* wallClock
      const process = makeHeldLeases()
      yield* TestClock.adjust("1 hour")
      yield* Effect.gen(function*() {
        const queue = yield* JobQueue
        const own = yield* queue.enqueue(Task, undefined)
        yield* by(queue.claim({ jobs: [Task], leaseFor: "100 seconds" }))
        const others = yield* queue.enqueue(Task, undefined)
        yield* by(queue.claim({ jobs: [Task], leaseFor: "100 seconds", worker: "bob" }))
        yield* workOn(by, { jobs: [Idle] }, process)
        yield* set(jump)
        yield* TestClock.adjust("90 seconds")
        assert.deepStrictEqual([yield* statusOf(own.id), yield* statusOf(others.id)], ["running", "pending"])
        // The check at 120 s finds it over, and another look 25 s later, too.
        yield* TestClock.adjust("55 seconds")
        assert.strictEqual(yield* statusOf(own.id), "pending")
      }).pipe(Effect.provide(JobQueue.layer), Effect.provideService(HeldLeases, process))
    }).pipe(inHoldfast(handlers))
  })
})

/** A store in which these leases are over, and what was asked of it. */
const storeOf = (leases: ReadonlyArray<StaleLease>) => {
  let over = leases
  const asked = { reads: 0, released: [] as Array<ReadonlyArray<string>> }
  const store = {
    staleLeases: ({ after, limit }: { readonly limit: number; readonly after?: StaleLease | undefined }) =>
      Effect.sync(() => {
        asked.reads++
        const from = after === undefined ? 0 : over.indexOf(after) + 1
        return over.slice(from, from + limit)
      }),
    releaseStale: ({ leases }: { readonly leases: ReadonlyArray<StaleLease> }) =>
      Effect.sync(() => {
        asked.released.push(leases.map(({ id }) => id))
        return []
      }),
    events: { publishAll: () => Effect.void }
  } as never as typeof JobStore.Service
  return { store, asked, become: (leases: ReadonlyArray<StaleLease>) => void (over = leases) }
}

const overLease: StaleLease = { id: jobId(1), attempt: 1, lockedBy: "bob", lockedUntil: 0 }

describe("two looks at the leases that are over", () => {
  const seconds = Duration.seconds(25)
  const changes: Readonly<Record<string, Partial<StaleLease>>> = {
    "unchanged": {},
    "of another attempt": { attempt: 2 },
    "of another worker": { lockedBy: "eve" },
    "until another instant": { lockedUntil: 1 }
  }
  for (const [what, change] of Object.entries(changes)) {
    const isFreed = what === "unchanged"
    it.effect(`free ${isFreed ? "a lease" : "no lease"} that the second finds ${what}`, () =>
      Effect.gen(function*() {
        const { asked, become, store } = storeOf([overLease])
        const suspects = yield* look(store, noSuspects, seconds)
        become([{ ...overLease, ...change }])
        yield* TestClock.adjust(seconds)
        assert.strictEqual((yield* look(store, suspects, seconds)).size, isFreed ? 0 : 1)
        assert.deepStrictEqual(asked.released, isFreed ? [[overLease.id]] : [])
      }))
  }

  it("are followed by the first that is due, whichever lease it is for, and by none that is overdue", () => {
    const suspects = new Map([7, 10, 20].map((seenAt) => [String(seenAt), { lease: overLease, seenAt }]))
    assert.strictEqual(nextLookAt(suspects, seconds, 25_007), 25_010)
    assert.strictEqual(nextLookAt(suspects, seconds, 25_020), Infinity)
  })

  it.effect("ask for nothing to be freed that their process holds by then", () =>
    Effect.gen(function*() {
      const { asked, store } = storeOf([overLease])
      const process = makeHeldLeases()
      const { attempt, id, lockedBy: worker } = overLease
      process.hold(
        new Lease({ jobId: id, worker, attempt, failures: 0, lockedAt: 0, lockedUntil: 0 }),
        () => Infinity,
        0
      )
      yield* Effect.provideService(sweepOnce(store), HeldLeases, process)
      assert.deepStrictEqual(asked, { reads: 1, released: [] })
    }))

  it.effect("or one, of a worker that may end before a second, pass over those that are not freed", () =>
    Effect.gen(function*() {
      const { asked, store } = storeOf(
        Array.from({ length: 250 }, (_, number) => ({ ...overLease, id: jobId(number) }))
      )
      yield* sweepOnce(store)
      assert.deepStrictEqual(asked.released.map((ids) => ids.length), [100, 100, 50])
    }))

  it.effect("read five hundred at a time, with a turn of the event loop between, and ten thousand at most", () =>
    Effect.gen(function*() {
      const lookAt = (count: number) =>
        Effect.gen(function*() {
          let turns = 0
          const { asked, store } = storeOf(
            Array.from({ length: count }, (_, number) => ({ ...overLease, id: jobId(number) }))
          )
          const { size } = yield* Effect.provideService(look(store, noSuspects, seconds), EventLoop, {
            turn: Effect.sync(() => void turns++),
            overdue: () => false
          })
          return { size, reads: asked.reads, turns }
        })
      assert.deepStrictEqual(yield* lookAt(499), { size: 499, reads: 1, turns: 0 })
      assert.deepStrictEqual(yield* lookAt(501), { size: 501, reads: 2, turns: 1 })
      assert.deepStrictEqual(yield* lookAt(12_000), { size: 10_000, reads: 20, turns: 20 })
    }))
})

describe("a stale job", () => {
  it.effect("is released one heartbeat after the check that found it, not at the next check", () => {
    const { handlers } = running()
    return Effect.gen(function*() {
      const id = yield* abandoned
      yield* work({ ...keen, jobs: [Idle], heartbeatInterval: "25 seconds" })
      // Over at 90 s, first seen at 120 s.
      yield* TestClock.adjust(144_999)
      assert.strictEqual(yield* statusOf(id), "running")
      yield* TestClock.adjust(1)
      assert.strictEqual(yield* statusOf(id), "pending")
    }).pipe(inHoldfast(handlers))
  })

  it.effect("is released within a check and a heartbeat also where checks are more frequent than heartbeats", () => {
    const { handlers } = running()
    return Effect.gen(function*() {
      const [first] = [yield* abandoned, yield* TestClock.adjust("7 seconds")]
      const second = yield* abandoned
      yield* work({ ...keen, jobs: [Idle], heartbeatInterval: "25 seconds", staleCheckInterval: "5 seconds" })
      // Over at 90 and 97 s; the checks are at 7, 12 and so on, thus at 92 and 97 s.
      yield* TestClock.adjust(109_999)
      assert.strictEqual(yield* statusOf(first), "running")
      yield* TestClock.adjust(1)
      assert.strictEqual(yield* statusOf(first), "pending")
      yield* TestClock.adjust(4_999)
      assert.strictEqual(yield* statusOf(second), "running")
      yield* TestClock.adjust(1)
      assert.strictEqual(yield* statusOf(second), "pending")
    }).pipe(inHoldfast(handlers))
  })

  it.effect("whose holder extends it between the two looks, although it stays over, is taken for alive", () => {
    const { handlers } = running()
    return Effect.gen(function*() {
      const { by, set } = yield* wallClock
      const { id } = yield* JobQueue.enqueue(Task, undefined)
      const [job] = yield* JobQueue.claim({ jobs: [Task], worker: "bob", leaseFor: "1 minute" })
      assert(job)
      yield* set(jump)
      yield* workOn(by, { jobs: [Idle] })
      // The other's clock did not jump, so its extensions look over to us as soon as they are made.
      for (let beat = 0; beat < 8; beat++) {
        yield* TestClock.adjust("24 seconds")
        assert.isTrue(yield* JobQueue.extendLock(job.lease, "1 minute"))
      }
      assert.strictEqual(yield* statusOf(id), "running")
      yield* TestClock.adjust("85 seconds")
      assert.strictEqual(yield* statusOf(id), "pending")
    }).pipe(inHoldfast(handlers))
  })

  it.effect("is looked at again at the next check when its second look fails, and no sooner", () => {
    const { handlers } = running()
    return Effect.gen(function*() {
      const id = yield* abandoned
      yield* TestClock.adjust("90 seconds")
      yield* work({ ...keen, jobs: [Idle], heartbeatInterval: "25 seconds" })
      yield* StoreFaults.inject("releaseStale", failing, 1)
      yield* TestClock.adjust("25 seconds")
      assert.strictEqual(yield* StoreFaults.calls("staleLeases"), 2)
      yield* TestClock.adjust("34 seconds")
      assert.strictEqual(yield* StoreFaults.calls("staleLeases"), 2)
      assert.strictEqual(yield* statusOf(id), "running")
      yield* TestClock.adjust("1 seconds")
      assert.strictEqual(yield* statusOf(id), "pending")
    }).pipe(inHoldfast(handlers))
  })

  it.effect("is one read a check where there is none", () => {
    const { handlers } = running()
    return Effect.gen(function*() {
      yield* work({ ...keen, jobs: [Idle] })
      yield* TestClock.adjust("10 minutes")
      assert.strictEqual(yield* StoreFaults.calls("staleLeases"), 11)
      assert.strictEqual(yield* StoreFaults.calls("releaseStale"), 0)
    }).pipe(inHoldfast(handlers))
  })

  it.effect("of very many is released with the others, a hundred at a time", () => {
    const { handlers } = running()
    return Effect.gen(function*() {
      yield* JobQueue.enqueueMany(Task, Array.from({ length: 600 }, () => ({ payload: undefined })))
      yield* JobQueue.claim({ jobs: [Task], worker: "bob", leaseFor: "1 minute", limit: 1000 })
      yield* TestClock.adjust("1 minute")
      yield* work({ ...keen, jobs: [Idle], heartbeatInterval: "25 seconds" })
      yield* TestClock.adjust("25 seconds")
      assert.deepStrictEqual((yield* JobQueue.list({ status: "running" })).jobs, [])
      assert.lengthOf(yield* linesSaying("Released a stale lock"), 600)
      assert.strictEqual(yield* StoreFaults.calls("releaseStale"), 6)
    }).pipe(inHoldfast(handlers))
  })
})
