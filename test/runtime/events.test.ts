import { SqlClient } from "@effect/sql"
import { SqliteClient } from "@effect/sql-sqlite-node"
import { assert, describe, it } from "@effect/vitest"
import {
  Deferred,
  Duration,
  Effect,
  Either,
  Exit,
  Fiber,
  Inspectable,
  Layer,
  Option,
  Schema,
  Scope,
  Stream,
  TestClock
} from "effect"
import { StoreError } from "../../src/domain/errors.ts"
import { Lease } from "../../src/domain/Lease.ts"
import type { JobEvent } from "../../src/index.ts"
import { CurrentJob, Job, JobQueue, JobStore, metrics, Worker } from "../../src/index.ts"
import { settlesByHand } from "../../src/runtime/settlesByHand.ts"
import { SqliteStore, SqlJobStore } from "../../src/sqlite.ts"
import { answerLost, failing, StoreFaults } from "../../src/testing.ts"
import * as Testing from "../../src/testing.ts"
import { jobId } from "../store/someJobs.ts"
import { calm, counted, inHoldfast, linesSaying, settled, work } from "./harness.ts"

/** A kind of its own for each test, since metrics are the process's. */
const jobOf = (kind: string) => Job.make(kind, { payload: Schema.Void })

/** The events from now on, until the scope of the test closes. */
const watching = Effect.gen(function*() {
  const told: Array<JobEvent> = []
  yield* Effect.forkScoped(Stream.runForEach(JobQueue.events, (event) => Effect.sync(() => void told.push(event))))
  yield* settled
  return told
})

const tagsOf = (events: ReadonlyArray<JobEvent>) =>
  events.map((event) => event._tag === "Settled" ? `Settled ${event.ended}` : event._tag)

const someLease = (number: number) =>
  new Lease({ jobId: jobId(number), worker: "bob", attempt: 1, failures: 0, lockedAt: 0, lockedUntil: 60_000 })

const claimOne = (job: Job.Any) =>
  Effect.flatMap(
    JobQueue.claim({ jobs: [job] }),
    ([claimed]) => claimed === undefined ? Effect.dieMessage("nothing to claim") : Effect.succeed(claimed.lease)
  )

describe("the events of a job", () => {
  it.effect("tell each step of its life once, in order", () => {
    const Life = jobOf("events.life")
    return Effect.gen(function*() {
      const told = yield* watching
      yield* work({ jobs: [Life], heartbeatInterval: "20 seconds" })
      const { id } = yield* JobQueue.enqueue(Life, undefined)
      yield* TestClock.adjust("30 seconds")
      yield* settled
      assert.deepStrictEqual(tagsOf(told), ["Enqueued", "Claimed", "Extended", "Settled succeeded"])
      const [enqueued, claimed, , ended] = told
      assert(enqueued?._tag === "Enqueued" && claimed?._tag === "Claimed" && ended?._tag === "Settled")
      assert.deepStrictEqual(enqueued.jobIds, [id])
      assert.deepStrictEqual([claimed.jobId, claimed.kind, claimed.attempt, claimed.queue], [
        id,
        Life.kind,
        1,
        "default"
      ])
      assert.deepStrictEqual([ended.jobId, ended.worker, ended.attempt], [id, claimed.worker, 1])
      assert.strictEqual(Option.getOrNull(ended.took), 30_000)
    }).pipe(inHoldfast(Life.toLayer(() => Effect.sleep("30 seconds"))))
  })

  it.effect("name an error, and show its text only to who asks for it", () => {
    const Failing = jobOf("events.failing")
    return Effect.gen(function*() {
      const told = yield* watching
      yield* work({ jobs: [Failing] })
      yield* JobQueue.enqueue(Failing, undefined)
      yield* settled
      const ended = told.at(-1)
      assert(ended?._tag === "Settled" && ended.ended === "retrying" && Option.isSome(ended.failedWith))
      assert.strictEqual(ended.failedWith.value.name, "TypeError")
      assert.isTrue(Option.isSome(ended.retryIn))
      assert.notInclude(Inspectable.toStringUnknown(told), "xyzzy-31337")
    }).pipe(inHoldfast(Failing.toLayer(() => Effect.die(new TypeError("xyzzy-31337")))))
  })

  it.effect("tell of a cancel and a retry by a person", () => {
    const Asked = jobOf("events.asked")
    return Effect.gen(function*() {
      const told = yield* watching
      const { id } = yield* JobQueue.enqueue(Asked, undefined)
      yield* JobQueue.cancel(id)
      yield* JobQueue.retry(id)
      yield* settled
      assert.deepStrictEqual(tagsOf(told), ["Enqueued", "CancelRequested", "Retried"])
    }).pipe(inHoldfast())
  })

  it.effect("tell of a settle once whose first answer was lost", () => {
    const Lost = jobOf("events.lost")
    return Effect.gen(function*() {
      const told = yield* watching
      yield* StoreFaults.inject("complete", answerLost, 1)
      yield* work({ jobs: [Lost] })
      yield* JobQueue.enqueue(Lost, undefined)
      yield* TestClock.adjust("1 second")
      assert.deepStrictEqual(tagsOf(told), ["Enqueued", "Claimed", "Settled succeeded"])
      assert.strictEqual(yield* counted(metrics.settled, { kind: Lost.kind, outcome: "succeeded" }), 1)
    }).pipe(inHoldfast(Lost.toLayer(() => Effect.void)))
  })

  it.effect("end with the store", () =>
    Effect.gen(function*() {
      const scope = yield* Scope.make()
      const context = yield* Layer.buildWithScope(SqliteStore.layer({ filename: ":memory:" }), scope)
      const reader = yield* Effect.fork(Stream.runDrain(Stream.provideContext(Worker.events, context)))
      yield* settled
      yield* Scope.close(scope, Exit.void)
      assert.isTrue(Exit.isSuccess(yield* Fiber.await(reader)))
    }))
})

describe("a transaction", () => {
  const clients = {
    "of SqliteStore": SqliteStore.layer({ filename: ":memory:" }),
    "of the app's own client": SqlJobStore.layer().pipe(
      Layer.provideMerge(Layer.orDie(SqliteClient.layer({ filename: ":memory:" })))
    )
  }
  for (const [whose, store] of Object.entries(clients)) {
    const inStore = <A, E, R>(test: Effect.Effect<A, E, R>) =>
      test.pipe(Effect.scoped, Effect.provide(Testing.layer.pipe(Layer.provideMerge(store))))
    const transaction = <A, E, R>(effect: Effect.Effect<A, E, R>) =>
      Effect.flatMap(SqlClient.SqlClient, (sql) => sql.withTransaction(effect))

    it.effect(`${whose} that is rolled back tells and counts nothing`, () => {
      const Undone = jobOf(`events.undone.${whose}`)
      return Effect.gen(function*() {
        const told = yield* watching
        yield* Effect.exit(transaction(Effect.zipRight(JobQueue.enqueue(Undone, undefined), Effect.fail("no"))))
        yield* settled
        assert.deepStrictEqual(told, [])
        assert.strictEqual(yield* counted(metrics.enqueued, { kind: Undone.kind }), 0)
      }).pipe(inStore)
    })

    it.effect(`${whose} tells of what it has enqueued after its commit, not before`, () => {
      const Done = jobOf(`events.done.${whose}`)
      return Effect.gen(function*() {
        const told = yield* watching
        yield* transaction(Effect.gen(function*() {
          yield* JobQueue.enqueue(Done, undefined)
          yield* JobQueue.enqueueMany(Done, [{ payload: undefined }, { payload: undefined }])
          yield* settled
          assert.deepStrictEqual(told, [])
          assert.strictEqual(yield* counted(metrics.enqueued, { kind: Done.kind }), 0)
        }))
        yield* settled
        assert.deepStrictEqual(tagsOf(told), ["Enqueued", "Enqueued"])
        assert.strictEqual(yield* counted(metrics.enqueued, { kind: Done.kind }), 3)
      }).pipe(inStore)
    })

    it.effect(`${whose} tells nothing of a part that was rolled back, and the rest once`, () => {
      const Part = jobOf(`events.part.${whose}`)
      return Effect.gen(function*() {
        const told = yield* watching
        const kept = yield* transaction(Effect.gen(function*() {
          yield* Effect.exit(transaction(Effect.zipRight(JobQueue.enqueue(Part, undefined), Effect.fail("no"))))
          return yield* transaction(JobQueue.enqueue(Part, undefined))
        }))
        yield* settled
        assert.deepStrictEqual(told.flatMap((event) => event._tag === "Enqueued" ? event.jobIds : []), [kept.id])
        assert.strictEqual(yield* counted(metrics.enqueued, { kind: Part.kind }), 1)
      }).pipe(inStore)
    })

    it.effect(`${whose} tells of a claim and a settle in it only if it commits`, () => {
      const Held = jobOf(`events.held.${whose}`)
      return Effect.gen(function*() {
        yield* JobQueue.enqueue(Held, undefined)
        const told = yield* watching
        const takeAndEnd = Effect.flatMap(claimOne(Held), (lease) => JobQueue.complete(lease))
        yield* Effect.exit(transaction(Effect.zipRight(takeAndEnd, Effect.fail("no"))))
        yield* settled
        assert.deepStrictEqual(told, [])
        yield* transaction(takeAndEnd)
        yield* settled
        assert.deepStrictEqual(tagsOf(told), ["Claimed", "Settled succeeded"])
        assert.strictEqual(yield* counted(metrics.claimed, { kind: Held.kind }), 1)
        assert.strictEqual(yield* counted(metrics.settled, { kind: Held.kind, outcome: "succeeded" }), 1)
      }).pipe(inStore)
    })
  }
})

describe("what is done by hand", () => {
  it.effect("is counted and logged like a worker's work", () => {
    const Hand = jobOf("events.hand")
    return Effect.gen(function*() {
      const told = yield* watching
      yield* JobQueue.enqueueMany(Hand, [{ payload: undefined }, { payload: undefined }, { payload: undefined }])
      yield* JobQueue.complete(yield* claimOne(Hand))
      yield* JobQueue.fail(yield* claimOne(Hand), new RangeError("no"))
      const left = yield* claimOne(Hand)
      yield* JobQueue.extendLock(left, "20 minutes")
      yield* TestClock.adjust("20 minutes")
      assert.strictEqual(yield* JobQueue.releaseStale, 1)
      yield* settled
      assert.deepStrictEqual(tagsOf(told), [
        "Enqueued",
        "Claimed",
        "Settled succeeded",
        "Claimed",
        "Settled retrying",
        "Claimed",
        "Extended",
        "StaleReleased"
      ])
      const { kind } = Hand
      assert.strictEqual(yield* counted(metrics.claimed, { kind }), 3)
      assert.strictEqual(yield* counted(metrics.settled, { kind, outcome: "succeeded" }), 1)
      assert.strictEqual(yield* counted(metrics.settled, { kind, outcome: "retrying" }), 1)
      assert.strictEqual(yield* counted(metrics.staleReleased, { kind, status: "pending" }), 1)
      const [line] = yield* linesSaying("Job failed, will be retried")
      assert.strictEqual(line?.annotations["error"], "RangeError")
      assert.strictEqual(line?.annotations["kind"], kind)
    }).pipe(inHoldfast())
  })

  it.effect("is told once, however often it is repeated", () => {
    const Again = jobOf("events.again")
    return Effect.gen(function*() {
      yield* JobQueue.enqueue(Again, undefined)
      const lease = yield* claimOne(Again)
      const told = yield* watching
      assert.isTrue(yield* JobQueue.complete(lease))
      assert.isTrue(yield* JobQueue.complete(lease))
      yield* settled
      assert.deepStrictEqual(tagsOf(told), ["Settled succeeded"])
    }).pipe(inHoldfast())
  })

  it.effect("tells of a failure after what time it is tried again, and nothing of that where it is not", () => {
    const Twice = Job.make("events.twice", { payload: Schema.Void, maxAttempts: 2 })
    return Effect.gen(function*() {
      yield* JobQueue.enqueue(Twice, undefined)
      const told = yield* watching
      yield* JobQueue.fail(yield* claimOne(Twice), "no")
      yield* TestClock.adjust("1 minute")
      yield* JobQueue.fail(yield* claimOne(Twice), "no")
      yield* settled
      assert.deepStrictEqual(
        told.flatMap((event) => event._tag === "Settled" ? [[event.ended, Option.getOrNull(event.retryIn)]] : []),
        [["retrying", Duration.minutes(1)], ["failed", null]]
      )
    }).pipe(inHoldfast())
  })

  it.effect("is told when a repetition answers what the first did not", () => {
    const Unheard = jobOf("events.unheard")
    return Effect.gen(function*() {
      yield* JobQueue.enqueueMany(Unheard, [{ payload: undefined }, { payload: undefined }])
      const lease = yield* claimOne(Unheard)
      const heard = yield* claimOne(Unheard)
      yield* JobQueue.complete(heard)
      yield* settled
      const told = yield* watching
      yield* StoreFaults.inject("complete", answerLost, 1)
      assert.isTrue(Exit.isFailure(yield* Effect.exit(JobQueue.complete(lease))))
      assert.isTrue(yield* JobQueue.complete(heard))
      assert.isTrue(yield* JobQueue.complete(lease))
      assert.isTrue(yield* JobQueue.complete(lease))
      yield* settled
      assert.deepStrictEqual(tagsOf(told), ["Settled succeeded"])
    }).pipe(inHoldfast())
  })

  it.effect("is told late for the last thousand that were not answered", () =>
    Effect.gen(function*() {
      let told = 0
      const settle = settlesByHand((call, eventsOf) =>
        Effect.map(call, (answer) => {
          told += eventsOf(answer).length
          return answer
        })
      )
      const leases = Array.from({ length: 1001 }, (_, number) => someLease(number))
      const lost = Effect.fail(new StoreError({ operation: "complete", cause: new Error("away") }))
      for (const lease of leases) yield* Effect.flip(settle(lease, lost, () => "succeeded"))
      const repeated = Effect.succeed([
        Either.right({ status: "succeeded", kind: "events.late", isRepeat: true } as const)
      ])
      for (const lease of leases) yield* settle(lease, repeated, () => "succeeded")
      assert.strictEqual(told, 1000)
    }))

  it.effect("by a handler is told once, and not again by its worker", () => {
    const Own = jobOf("events.own")
    const handler = Own.toLayer(() =>
      Effect.gen(function*() {
        const { lease } = yield* CurrentJob
        yield* Effect.orDie(JobQueue.complete(lease))
      })
    )
    return Effect.gen(function*() {
      const told = yield* watching
      yield* work({ jobs: [Own] })
      yield* JobQueue.enqueue(Own, undefined)
      yield* settled
      assert.deepStrictEqual(tagsOf(told), ["Enqueued", "Claimed", "Settled succeeded"])
      assert.strictEqual(yield* counted(metrics.settled, { kind: Own.kind, outcome: "succeeded" }), 1)
    }).pipe(inHoldfast(handler))
  })
})

describe("a subscriber", () => {
  it.effect("that is slow stops no worker, and misses the oldest events", () => {
    const Many = jobOf("events.many")
    const jobs = 1500
    return Effect.gen(function*() {
      const gate = yield* Deferred.make<void>()
      const told: Array<JobEvent> = []
      yield* Effect.forkScoped(
        Stream.runForEach(JobQueue.events, (event) =>
          Effect.zipRight(
            Effect.sync(() => void told.push(event)),
            Deferred.await(gate)
          ))
      )
      yield* settled
      yield* JobQueue.enqueue(Many, undefined)
      yield* settled
      for (let number = 1; number < jobs; number++) yield* JobQueue.enqueue(Many, undefined)
      assert.lengthOf(told, 1)
      yield* Deferred.succeed(gate, undefined)
      yield* settled
      assert.lengthOf(told, 1 + 1024)
      const { jobs: [newest] } = yield* JobQueue.list({ limit: 1 })
      const last = told.at(-1)
      assert(last?._tag === "Enqueued" && newest !== undefined)
      assert.deepStrictEqual(last.jobIds, [newest.id])
    }).pipe(inHoldfast())
  })

  it.effect("that dies, and a listener that throws, stop neither a worker nor each other", () => {
    const Brave = jobOf("events.brave")
    return Effect.gen(function*() {
      const { events } = yield* JobStore
      events.listen("test of the app", () => {
        throw new Error("write EPIPE")
      })
      events.listen("another", () => Effect.die(new Error("write EPIPE")))
      const dead = yield* Effect.fork(Stream.runForEach(JobQueue.events, () => Effect.die("no")))
      const told = yield* watching
      yield* work({ jobs: [Brave] })
      const before = yield* counted(metrics.telemetryFailures, { source: "listener" })
      const { id } = yield* JobQueue.enqueue(Brave, undefined)
      yield* settled
      assert.strictEqual((yield* JobQueue.get(id)).status, "succeeded")
      assert.isTrue(Exit.isFailure(yield* Fiber.await(dead)))
      assert.deepStrictEqual(tagsOf(told), ["Enqueued", "Claimed", "Settled succeeded"])
      assert.strictEqual((yield* counted(metrics.telemetryFailures, { source: "listener" })) - before, 6)
    }).pipe(inHoldfast(Brave.toLayer(() => Effect.void)))
  })

  it.effect("hears of the jobs of its own database only", () => {
    const Mine = jobOf("events.mine")
    const database = () => Testing.layerMemory
    return Effect.gen(function*() {
      const first = yield* Layer.build(Layer.fresh(database()))
      const second = yield* Layer.build(Layer.fresh(database()))
      const told = yield* Effect.provide(watching, first)
      yield* Effect.provide(JobQueue.enqueue(Mine, undefined), second)
      yield* settled
      assert.deepStrictEqual(told, [])
      yield* Effect.provide(JobQueue.enqueue(Mine, undefined), first)
      yield* settled
      assert.deepStrictEqual(tagsOf(told), ["Enqueued"])
    }).pipe(Effect.scoped)
  })

  it.effect("hears of heartbeats that fail, and of a lease that is lost", () => {
    const Long = Job.make("events.long", { payload: Schema.Void, leaseFor: "1 minute" })
    return Effect.gen(function*() {
      const told = yield* watching
      yield* Effect.forkScoped(Worker.run({ ...calm, jobs: [Long], heartbeatInterval: "20 seconds" }))
      yield* JobQueue.enqueue(Long, undefined)
      yield* settled
      yield* StoreFaults.inject("extend", failing)
      yield* TestClock.adjust("50 seconds")
      const tags = tagsOf(told)
      assert.include(tags, "HeartbeatFailed")
      assert.deepStrictEqual(tags.slice(-2), ["Stopping", "LeaseLost"])
    }).pipe(inHoldfast(Long.toLayer(() => Effect.never)))
  })
})
