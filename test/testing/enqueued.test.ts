import { assert, describe, it } from "@effect/vitest"
import { SqlClient } from "@effect/sql"
import { DateTime, Effect, Layer, Option, Schema, TestClock } from "effect"
import { Job, JobQueue } from "../../src/index.ts"
import { advance, assertEnqueued, assertNotEnqueued, enqueued, layerMemory, runDue } from "../../src/testing.ts"

const Letter = Job.make("enqueued.letter", {
  payload: {
    to: Schema.Struct({ name: Schema.String, town: Schema.String }),
    sentAt: Schema.DateTimeUtc,
    copies: Schema.Option(Schema.Number),
    tags: Schema.Array(Schema.String)
  }
})
const Tick = Job.make("enqueued.tick", { payload: Schema.Void })
const Count = Job.make("enqueued.count", { payload: Schema.Number })

const sentAt = DateTime.unsafeMake("2026-01-02T03:04:05Z")

const letterTo = (name: string) => ({
  to: { name, town: "London" },
  sentAt,
  copies: Option.some(2),
  tags: ["slow", "blue"]
})

describe("enqueued", () => {
  it.effect("answers the pending jobs of one kind with their payloads decoded, in the order of their enqueues", () =>
    Effect.gen(function*() {
      yield* JobQueue.enqueue(Letter, letterTo("ada"))
      yield* JobQueue.enqueue(Tick, undefined)
      yield* JobQueue.enqueue(Letter, letterTo("bob"), { delay: "1 hour", queue: "slow" })
      const [ada, bob, ...more] = yield* enqueued(Letter)
      assert.deepStrictEqual(ada?.payload, letterTo("ada"))
      assert.deepInclude(bob, { payload: letterTo("bob"), queue: "slow", availableAt: 3_600_000 })
      assert.deepStrictEqual(more, [])
      assert.strictEqual((yield* enqueued(Tick)).length, 1)
    }).pipe(Effect.provide(layerMemory)))

  it.effect("a job that was run is not enqueued any more", () =>
    Effect.gen(function*() {
      yield* JobQueue.enqueue(Tick, undefined)
      yield* runDue({ jobs: [Tick] })
      assert.deepStrictEqual(yield* enqueued(Tick), [])
      yield* assertNotEnqueued(Tick)
    }).pipe(Effect.provide(Layer.provideMerge(Tick.toLayer(() => Effect.void), layerMemory))))

  it.effect("answers more jobs than a page has", () =>
    Effect.gen(function*() {
      yield* JobQueue.enqueueMany(Count, Array.from({ length: 250 }, (_, payload) => ({ payload })))
      assert.deepStrictEqual(
        (yield* enqueued(Count)).map(({ payload }) => payload),
        Array.from({ length: 250 }, (_, payload) => payload)
      )
    }).pipe(Effect.provide(layerMemory)))

  it.effect("a payload that its definition does not decode is an error that says where, and shows no value", () =>
    Effect.gen(function*() {
      yield* JobQueue.enqueue(Letter, letterTo("ada"))
      const sql = yield* SqlClient.SqlClient
      yield* sql`UPDATE holdfast_jobs SET payload = json_set(payload, '$.to.town', 31337)`
      const error = yield* Effect.flip(enqueued(Letter))
      assert(error._tag === "InvalidJob")
      assert.include(error.message, "string at to.town")
      assert.notInclude(error.message, "31337")
    }).pipe(Effect.provide(layerMemory)))
})

describe("assertEnqueued", () => {
  it.effect("finds the job that is as expected, by some of its payload's fields", () =>
    Effect.gen(function*() {
      yield* JobQueue.enqueue(Letter, letterTo("ada"))
      const { id } = yield* JobQueue.enqueue(Letter, letterTo("bob"))
      const expectations = [
        { to: { name: "bob", town: "London" } },
        letterTo("bob"),
        ({ to }: { readonly to: { readonly name: string } }) => to.name === "bob"
      ]
      for (const expected of expectations) assert.strictEqual((yield* assertEnqueued(Letter, expected)).id, id)
      yield* assertEnqueued(Letter, { sentAt: DateTime.unsafeMake("2026-01-02T03:04:05Z"), copies: Option.some(2) })
      yield* assertEnqueued(Letter, {})
      yield* assertEnqueued(Letter)
    }).pipe(Effect.provide(layerMemory)))

  it.effect("compares a payload that has no fields as a whole", () =>
    Effect.gen(function*() {
      yield* JobQueue.enqueue(Count, 3)
      yield* assertEnqueued(Count, 3)
      assert.strictEqual((yield* Effect.flip(assertEnqueued(Count, 4)))._tag, "NotEnqueued")
    }).pipe(Effect.provide(layerMemory)))

  const options = {
    delay: "1 hour",
    priority: 5,
    queue: "slow",
    maxAttempts: 7,
    uniqueKey: "ada",
    uniqueScope: "unfinished",
    partitionKey: "acme",
    id: "01890a5d-ac96-774b-bcce-b302099a8057"
  } as const
  const others = {
    delay: "61 minutes",
    priority: 4,
    queue: "default",
    maxAttempts: 3,
    uniqueKey: "bob",
    uniqueScope: "pending",
    partitionKey: "corp",
    id: "01890a5d-ac96-774b-bcce-b302099a8058"
  } as const
  for (const option of Object.keys(options) as ReadonlyArray<keyof typeof options>) {
    it.effect(`compares ${option}, when it is given`, () =>
      Effect.gen(function*() {
        yield* TestClock.setTime(1000)
        yield* JobQueue.enqueue(Count, 1, options)
        yield* assertEnqueued(Count, 1, { [option]: options[option] })
        const error = yield* Effect.flip(assertEnqueued(Count, 1, { [option]: others[option] }))
        assert(error._tag === "NotEnqueued")
        assert.match(error.instead.join(), new RegExp(`with ${option}: expected .+, got .+$`))
        yield* assertNotEnqueued(Count, 1, { [option]: others[option] })
      }).pipe(Effect.provide(layerMemory)))
  }

  it.effect("compares the instant at which a job is due, and a delay that counts from now", () =>
    Effect.gen(function*() {
      yield* JobQueue.enqueue(Count, 1, { at: 3_600_000 })
      yield* assertEnqueued(Count, 1, { at: "1970-01-01T01:00:00Z" })
      yield* assertEnqueued(Count, 1, { delay: "1 hour" })
      yield* advance("20 minutes")
      yield* assertEnqueued(Count, 1, { at: new Date(3_600_000) })
      yield* assertEnqueued(Count, 1, { delay: "40 minutes" })
      assert.strictEqual((yield* Effect.flip(assertEnqueued(Count, 1, { at: 3_600_001 })))._tag, "NotEnqueued")
    }).pipe(Effect.provide(layerMemory)))

  it.effect("says of each job of the kind where it differs", () =>
    Effect.gen(function*() {
      const { id } = yield* JobQueue.enqueue(Letter, letterTo("ada"))
      const expected = { to: { name: "bob", town: "London" }, copies: Option.none(), tags: ["slow", "red"] }
      const error = yield* Effect.flip(assertEnqueued(Letter, expected, { queue: "slow" }))
      assert(error._tag === "NotEnqueued")
      assert.deepStrictEqual(error.instead, [
        `job ${id} with payload.to.name: expected 'bob', got 'ada'; `
        + `payload.copies: expected { _id: 'Option', _tag: 'None' }, got { _id: 'Option', _tag: 'Some', value: 2 }; `
        + `payload.tags[1]: expected 'red', got 'blue'; queue: expected 'slow', got 'default'`
      ])
      assert.include(error.message, `"enqueued.letter"`)
      assert.include(error.message, "payload.to.name: expected 'bob', got 'ada'")
    }).pipe(Effect.provide(layerMemory)))

  it.effect("says which kinds there are, when there is none of this one", () =>
    Effect.gen(function*() {
      const nothing = yield* Effect.flip(assertEnqueued(Letter))
      assert(nothing._tag === "NotEnqueued")
      assert.deepStrictEqual(nothing.instead, ["no job at all"])

      yield* JobQueue.enqueueMany(Count, [{ payload: 1 }, { payload: 2 }])
      const { id } = yield* JobQueue.enqueue(Letter, letterTo("ada"))
      yield* JobQueue.cancel(id)
      const error = yield* Effect.flip(assertEnqueued(Letter))
      assert(error._tag === "NotEnqueued")
      assert.deepStrictEqual(error.instead, [`2 pending "enqueued.count"`, `1 cancelled "enqueued.letter"`])
    }).pipe(Effect.provide(layerMemory)))

  it.effect("an enqueue that was rolled back is not there", () =>
    Effect.gen(function*() {
      const sql = yield* SqlClient.SqlClient
      yield* Effect.flip(sql.withTransaction(Effect.zipRight(JobQueue.enqueue(Count, 1), Effect.fail("no"))))
      yield* assertNotEnqueued(Count)
    }).pipe(Effect.provide(layerMemory)))
})

describe("assertNotEnqueued", () => {
  it.effect("fails with the jobs that are there all the same", () =>
    Effect.gen(function*() {
      yield* JobQueue.enqueue(Count, 1)
      const { id } = yield* JobQueue.enqueue(Count, 2, { delay: "1 hour" })
      const error = yield* Effect.flip(assertNotEnqueued(Count, 2))
      assert(error._tag === "UnexpectedlyEnqueued")
      assert.deepStrictEqual(error.found, [`job ${id}, due at 1970-01-01T01:00:00.000Z, with 2`])
      assert.include(error.message, id)
      yield* assertNotEnqueued(Count, 3)
    }).pipe(Effect.provide(layerMemory)))
})
