import { SqlClient } from "@effect/sql"
import { SqliteClient } from "@effect/sql-sqlite-node"
import { assert, describe, it } from "@effect/vitest"
import { DateTime, Duration, Effect, Layer, Schema, TestClock } from "effect"
import * as Job from "../../src/domain/Job.ts"
import { EventLoop } from "../../src/platform/EventLoop.ts"
import type { EnqueueOptions } from "../../src/runtime/JobQueueService.ts"
import { JobQueue } from "../../src/runtime/JobQueue.ts"
import { failing, StoreFaults } from "../../src/testing.ts"
import { inHoldfast, settled, work } from "./harness.ts"

const Greet = Job.make("enqueue.greet", { payload: { name: Schema.String } })

const Sign = Job.make("enqueue.sign", {
  payload: { user: Schema.Struct({ pin: Schema.String.pipe(Schema.length(4)) }) }
})

const Store = Job.make("enqueue.store", { payload: Schema.String })

const id = "01890a5d-ac96-774b-bcce-b302099a8057"

const everyJob = Effect.map(JobQueue.list(), ({ jobs }) => jobs)

/** A handler that notes the names it greeted, in order. */
const greeter = () => {
  const greeted: Array<string> = []
  return { greeted, live: Greet.toLayer(({ name }) => Effect.sync(() => void greeted.push(name))) }
}

describe("what cannot be enqueued", () => {
  it.effect("a payload that does not encode is refused by its path and what was expected there, without its value", () =>
    Effect.gen(function*() {
      const refused = yield* Effect.flip(JobQueue.enqueue(Sign, { user: { pin: "hunter2" } }))
      assert(refused._tag === "InvalidJob")
      assert.include(refused.message, "enqueue.sign")
      assert.include(refused.message, "user.pin")
      assert.include(refused.message, "length(4)")
      assert.notInclude(JSON.stringify(refused) + refused.message, "hunter2")
      assert.deepStrictEqual(yield* everyJob, [])
    }).pipe(inHoldfast()))

  it.effect("a payload takes at most 1 MiB of JSON", () =>
    Effect.gen(function*() {
      const withoutQuotes = 1024 * 1024 - 2
      const refused = yield* Effect.flip(JobQueue.enqueue(Store, "x".repeat(withoutQuotes + 1)))
      assert(refused._tag === "InvalidJob")
      assert.include(refused.message, "got 1048577 bytes of JSON; expected at most 1048576 bytes")
      assert.deepStrictEqual(yield* everyJob, [])
      assert.isTrue((yield* JobQueue.enqueue(Store, "x".repeat(withoutQuotes))).enqueued)
    }).pipe(inHoldfast()))

  const refusals: ReadonlyArray<readonly [what: string, options: EnqueueOptions, message: ReadonlyArray<string>]> = [
    ["an empty partition key", { partitionKey: "" }, ["partitionKey", `""`, "1 to 255 characters"]],
    ["a partition key of 256 characters", { partitionKey: "p".repeat(256) }, ["partitionKey", "1 to 255 characters"]],
    ["an empty unique key", { uniqueKey: "" }, ["uniqueKey", `""`, "1 to 255 characters"]],
    ["a scope without a unique key", { uniqueScope: "unfinished" }, [
      "uniqueScope",
      "unfinished",
      "unless uniqueKey is given"
    ]],
    ["a conflict without a unique key", { onConflict: "move" }, ["onConflict", "move", "unless uniqueKey is given"]],
    ["a longest wait without a unique key", { maxWait: 1000 }, ["maxWait", "1000", "unless uniqueKey is given"]],
    ["a scope that is none", { uniqueKey: "a", uniqueScope: "running" as never }, [
      "uniqueScope",
      "running",
      `"pending" or "unfinished"`
    ]],
    ["a way out of a conflict that is none", { uniqueKey: "a", onConflict: "drop" as never }, [
      "onConflict",
      "drop",
      `"keep", "replace" or "move"`
    ]],
    ["a longest wait of what is not moved", { uniqueKey: "a", onConflict: "replace", maxWait: 1000 }, [
      "maxWait",
      "1000",
      `unless onConflict is "move"`
    ]],
    ["a longest wait below zero", { uniqueKey: "a", onConflict: "move", maxWait: -1 }, [
      "maxWait",
      "-1",
      "from 0 to ten"
    ]],
    ["an endless longest wait", { uniqueKey: "a", onConflict: "move", maxWait: Duration.infinity }, [
      "maxWait",
      "from 0 to ten years"
    ]],
    ["an empty queue", { queue: "" }, ["queue", `""`, "1 to 255 characters"]],
    ["a priority above the limit", { priority: 1001 }, ["priority", "1001", "from -1000 to 1000"]],
    ["a priority between two integers", { priority: 0.5 }, ["priority", "0.5", "from -1000 to 1000"]],
    ["a budget of no attempts", { maxAttempts: 0 }, ["maxAttempts", "0", "1 or more"]],
    ["an id that is no UUID", { id: "job-1" }, ["id", `"job-1"`, "a UUID in lower case"]],
    ["an id in upper case", { id: id.toUpperCase() }, ["id", id.toUpperCase(), "a UUID in lower case"]],
    ["a delay and an instant together", { delay: "1 minute", at: 0 }, ["delay and at", "one of the two"]],
    ["an endless delay", { delay: Duration.infinity }, ["delay", "from 0 to ten years"]],
    ["a delay that is no duration", { delay: "soon" as never }, ["delay", "soon", "a duration"]],
    ["an instant that is none", { at: "never" }, [`at: got "never"`, "an instant"]]
  ]
  for (const [what, options, message] of refusals) {
    it.effect(`${what} is refused, and nothing is enqueued`, () =>
      Effect.gen(function*() {
        const refused = yield* Effect.flip(JobQueue.enqueue(Greet, { name: "Ada" }, options))
        assert(refused._tag === "InvalidJob")
        for (const part of message) assert.include(refused.message, part)
        assert.deepStrictEqual(yield* everyJob, [])
      }).pipe(inHoldfast()))
  }

  it.effect("a store that fails says so in a typed error", () =>
    Effect.gen(function*() {
      yield* StoreFaults.inject("enqueue", failing)
      assert.strictEqual((yield* Effect.flip(JobQueue.enqueue(Greet, { name: "Ada" })))._tag, "StoreError")
    }).pipe(inHoldfast()))
})

describe("enqueueing twice", () => {
  it.effect("an enqueue with the caller's own id may be repeated, also when the job is over", () => {
    const { greeted, live } = greeter()
    return Effect.gen(function*() {
      assert.deepStrictEqual(yield* JobQueue.enqueue(Greet, { name: "Ada" }, { id }), {
        id: id as never,
        enqueued: true,
        outcome: "enqueued"
      })
      assert.deepStrictEqual(yield* JobQueue.enqueue(Greet, { name: "Ada" }, { id }), {
        id: id as never,
        enqueued: false,
        outcome: "kept"
      })
      yield* work({ jobs: [Greet] })
      assert.isFalse((yield* JobQueue.enqueue(Greet, { name: "Ada" }, { id })).enqueued)
      yield* settled
      assert.deepStrictEqual(greeted, ["Ada"])
    }).pipe(inHoldfast(live))
  })

  it.effect("an id names one job until that is deleted: with another payload or kind it is refused", () =>
    Effect.gen(function*() {
      yield* JobQueue.enqueue(Greet, { name: "Ada" }, { id })
      assert.strictEqual((yield* Effect.flip(JobQueue.enqueue(Greet, { name: "Bob" }, { id })))._tag, "JobIdConflict")
      assert.strictEqual((yield* Effect.flip(JobQueue.enqueue(Store, "Ada", { id })))._tag, "JobIdConflict")
      assert.deepStrictEqual((yield* JobQueue.get(id)).payload, { name: "Ada" })
    }).pipe(inHoldfast()))

  it.effect("a pending job's unique key is answered with its id, for each partition by itself", () => {
    const { live } = greeter()
    return Effect.gen(function*() {
      const first = yield* JobQueue.enqueue(Greet, { name: "Ada" }, { uniqueKey: "ada" })
      const again = yield* JobQueue.enqueue(Greet, { name: "Ada again" }, { uniqueKey: "ada" })
      assert.deepStrictEqual(again, { id: first.id, enqueued: false, outcome: "kept" })
      const elsewhere = yield* JobQueue.enqueue(Greet, { name: "Ada" }, { uniqueKey: "ada", partitionKey: "acme" })
      assert.isTrue(elsewhere.enqueued)

      yield* work({ jobs: [Greet] })
      const after = yield* JobQueue.enqueue(Greet, { name: "Ada" }, { uniqueKey: "ada" })
      assert.isTrue(after.enqueued)
      assert.notStrictEqual(after.id, first.id)
    }).pipe(inHoldfast(live))
  })
})

describe("enqueueMany", () => {
  it.effect("the answers are in the order given", () =>
    Effect.gen(function*() {
      yield* JobQueue.enqueue(Greet, { name: "b" }, { id })
      const answers = yield* JobQueue.enqueueMany(Greet, [
        { payload: { name: "a" } },
        { payload: { name: "b" }, id },
        { payload: { name: "c" } }
      ])
      assert.deepStrictEqual(answers.map(({ enqueued }) => enqueued), [true, false, true])
      const names = yield* Effect.forEach(answers, (answer) => JobQueue.get(answer.id))
      assert.deepStrictEqual(names.map(({ payload }) => payload), [{ name: "a" }, { name: "b" }, { name: "c" }])
    }).pipe(inHoldfast()))

  it.effect("one payload that does not encode keeps all of them out", () =>
    Effect.gen(function*() {
      const refused = yield* Effect.flip(
        JobQueue.enqueueMany(Sign, [{ payload: { user: { pin: "1234" } } }, { payload: { user: { pin: "12345" } } }])
      )
      assert.strictEqual(refused._tag, "InvalidJob")
      assert.deepStrictEqual(yield* everyJob, [])
    }).pipe(inHoldfast()))

  it.effect("one id that is taken keeps all of them out, also in a transaction that goes on", () =>
    Effect.gen(function*() {
      const sql = yield* SqlClient.SqlClient
      yield* JobQueue.enqueue(Store, "taken", { id })
      const many = JobQueue.enqueueMany(Greet, [{ payload: { name: "Ada" } }, { payload: { name: "Bob" }, id }])
      assert.strictEqual((yield* Effect.flip(many))._tag, "JobIdConflict")
      yield* sql.withTransaction(Effect.flip(many))
      assert.deepStrictEqual((yield* everyJob).map((job) => job.id), [id as never])
    }).pipe(inHoldfast()))

  it.effect("many are encoded with a turn of the event loop whenever one is overdue", () =>
    Effect.gen(function*() {
      const encoded: Array<number> = []
      let began = 0
      let started = 0
      const Counted = Job.make("enqueue.counted", {
        payload: Schema.transform(Schema.Number, Schema.Number, { decode: (n) => n, encode: () => started++ })
      })
      // One that is overdue after 800 payloads.
      const overdue = () => started - began >= 800
      const turn = Effect.sync(() => void encoded.push(began = started))
      yield* JobQueue.enqueueMany(Counted, Array.from({ length: 2001 }, () => ({ payload: 1 }))).pipe(
        Effect.provideService(EventLoop, { turn, overdue })
      )
      assert.deepStrictEqual(encoded.slice(0, 2), [800, 1600])
    }).pipe(inHoldfast()))

  it.effect("no entries are no work", () =>
    Effect.gen(function*() {
      assert.deepStrictEqual(yield* JobQueue.enqueueMany(Greet, []), [])
    }).pipe(inHoldfast()))
})

describe("enqueueing in a transaction", () => {
  it.effect("a job is there exactly if the caller's transaction commits, and get sees it inside", () =>
    Effect.gen(function*() {
      const sql = yield* SqlClient.SqlClient
      const enqueueAndSee = Effect.gen(function*() {
        const { id } = yield* JobQueue.enqueue(Greet, { name: "Ada" })
        assert.strictEqual((yield* JobQueue.get(id)).status, "pending")
        return id
      })
      yield* sql.withTransaction(Effect.zipRight(enqueueAndSee, Effect.fail("changed my mind"))).pipe(Effect.flip)
      assert.deepStrictEqual(yield* everyJob, [])

      const kept = yield* sql.withTransaction(enqueueAndSee)
      assert.deepStrictEqual((yield* everyJob).map(({ id }) => id), [kept])
    }).pipe(inHoldfast()))

  it.effect("the workers of this process wake after the commit, and not before", () => {
    const { greeted, live } = greeter()
    return Effect.gen(function*() {
      const sql = yield* SqlClient.SqlClient
      yield* work({ jobs: [Greet] })
      const { calls } = yield* StoreFaults
      const looks = yield* calls("nextDue")
      yield* sql.withTransaction(Effect.gen(function*() {
        yield* JobQueue.enqueue(Greet, { name: "Ada" })
        yield* TestClock.adjust("1 minute")
        assert.strictEqual(yield* calls("nextDue"), looks)
      }))
      yield* settled
      assert.deepStrictEqual(greeted, ["Ada"])
    }).pipe(inHoldfast(live))
  })

  it.effect("out of nested transactions, the workers wake after the outermost", () => {
    const { greeted, live } = greeter()
    return Effect.gen(function*() {
      const sql = yield* SqlClient.SqlClient
      yield* work({ jobs: [Greet] })
      const { calls } = yield* StoreFaults
      const looks = yield* calls("nextDue")
      yield* sql.withTransaction(Effect.gen(function*() {
        yield* sql.withTransaction(JobQueue.enqueue(Greet, { name: "Ada" }))
        yield* settled
        assert.strictEqual(yield* calls("nextDue"), looks)
      }))
      yield* settled
      assert.deepStrictEqual(greeted, ["Ada"])
    }).pipe(inHoldfast(live))
  })

  it.effect("a nested transaction that is rolled back loses no wake-up of the one around it", () => {
    const { greeted, live } = greeter()
    return Effect.gen(function*() {
      const sql = yield* SqlClient.SqlClient
      yield* work({ jobs: [Greet] })
      yield* sql.withTransaction(Effect.gen(function*() {
        yield* JobQueue.enqueue(Greet, { name: "Ada" })
        yield* Effect.flip(
          sql.withTransaction(Effect.zipRight(JobQueue.enqueue(Greet, { name: "Eve" }), Effect.fail("no")))
        )
      }))
      yield* settled
      assert.deepStrictEqual(greeted, ["Ada"])
    }).pipe(inHoldfast(live))
  })

  it.effect("after a transaction that is rolled back the workers go on hearing of jobs", () => {
    const { greeted, live } = greeter()
    return Effect.gen(function*() {
      const sql = yield* SqlClient.SqlClient
      yield* work({ jobs: [Greet] })
      yield* Effect.flip(
        sql.withTransaction(Effect.zipRight(JobQueue.enqueue(Greet, { name: "Eve" }), Effect.fail("no")))
      )
      yield* settled
      yield* JobQueue.enqueue(Greet, { name: "Ada" })
      yield* settled
      assert.deepStrictEqual(greeted, ["Ada"])
    }).pipe(inHoldfast(live))
  })

  it.effect("a transaction of another client is refused, not waited for", () =>
    Effect.gen(function*() {
      const others = yield* Layer.build(SqliteClient.layer({ filename: ":memory:" }))
      const other = yield* Effect.provide(SqlClient.SqlClient, others)
      const refused = yield* other.withTransaction(Effect.flip(JobQueue.enqueue(Greet, { name: "Ada" })))
      assert.strictEqual(refused._tag, "ForeignTransaction")
      assert.include(String(refused), "another SqlClient")
      assert.deepStrictEqual(yield* everyJob, [])
    }).pipe(inHoldfast()))
})

describe("when and in which order", () => {
  it.effect("a delay counts from now, and an instant is taken as it is", () =>
    Effect.gen(function*() {
      yield* TestClock.setTime(1000)
      const dueAt = (options: EnqueueOptions) =>
        Effect.flatMap(
          JobQueue.enqueue(Greet, { name: "Ada" }, options),
          ({ id }) => Effect.map(JobQueue.get(id), ({ availableAt }) => availableAt)
        )
      assert.strictEqual(yield* dueAt({}), 1000)
      assert.strictEqual(yield* dueAt({ delay: "5 minutes" }), 301_000)
      assert.strictEqual(yield* dueAt({ at: 7000 }), 7000)
      assert.strictEqual(yield* dueAt({ at: new Date(8000) }), 8000)
      assert.strictEqual(yield* dueAt({ at: DateTime.unsafeMake(9000) }), 9000)
    }).pipe(inHoldfast()))

  it.effect("a worker runs the higher priority first, then the earlier due, then the earlier enqueued", () => {
    const { greeted, live } = greeter()
    return Effect.gen(function*() {
      yield* TestClock.setTime(10_000)
      yield* JobQueue.enqueueMany(Greet, [
        { payload: { name: "low" }, priority: -1 },
        { payload: { name: "plain, first enqueued" } },
        { payload: { name: "plain, second enqueued" } },
        { payload: { name: "plain, due since long" }, at: 5000 },
        { payload: { name: "high" }, priority: 10 },
        { payload: { name: "higher, but due later" }, priority: 1000, delay: "1 minute" }
      ])
      yield* work({ jobs: [Greet], concurrency: 1 })
      assert.deepStrictEqual(greeted, [
        "high",
        "plain, due since long",
        "plain, first enqueued",
        "plain, second enqueued",
        "low"
      ])
      yield* TestClock.adjust("1 minute")
      assert.strictEqual(greeted.at(-1), "higher, but due later")
    }).pipe(inHoldfast(live))
  })
})
