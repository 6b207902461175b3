import { assert, describe, it } from "@effect/vitest"
import { Effect, Schema, TestClock } from "effect"
import { SqlClient } from "@effect/sql"
import { Job, JobQueue } from "holdfast"
import { failing, StoreFaults } from "../../src/testing.ts"
import { calm, inHoldfast, linesSaying, settled, work } from "./harness.ts"

const Mail = Job.make("pause.mail", { payload: Schema.Void, queue: "mail" })

const Other = Job.make("pause.other", { payload: Schema.Void })

const statusOf = (id: string) => Effect.map(JobQueue.get(id), ({ status }) => status)

const noted = () => {
  let runs = 0
  return { runs: () => runs, layer: Mail.toLayer(() => Effect.sync(() => void runs++)) }
}

describe("a paused queue or kind", () => {
  for (const target of [{ queue: "mail" }, { kind: "pause.mail" }]) {
    it.effect(`keeps its jobs waiting: ${JSON.stringify(target)}`, () => {
      const { layer, runs } = noted()
      return Effect.gen(function*() {
        yield* JobQueue.pause(target)
        yield* work({ jobs: [Mail] })
        const { id } = yield* JobQueue.enqueue(Mail, undefined)
        yield* TestClock.adjust("10 minutes")
        assert.strictEqual(yield* statusOf(id), "pending")
        assert.strictEqual(runs(), 0)
        assert.isTrue(yield* JobQueue.resume(target))
        yield* settled
        assert.strictEqual(yield* statusOf(id), "succeeded")
      }).pipe(inHoldfast(layer))
    })
  }

  it.effect("is worked on at once when it is resumed, and not at the next poll", () => {
    const { layer, runs } = noted()
    return Effect.gen(function*() {
      yield* JobQueue.pause({ queue: "mail" })
      yield* work({ jobs: [Mail], ...calm })
      yield* JobQueue.enqueue(Mail, undefined)
      yield* TestClock.adjust("1 second")
      yield* JobQueue.resume({ queue: "mail" })
      yield* TestClock.adjust("1 millis")
      assert.strictEqual(runs(), 1)
    }).pipe(inHoldfast(layer))
  })

  it.effect("does not stop the job that runs, nor hide how it ended", () =>
    Effect.gen(function*() {
      yield* work({ jobs: [Mail] })
      const { id } = yield* JobQueue.enqueue(Mail, undefined)
      yield* TestClock.adjust("1 second")
      yield* JobQueue.pause({ queue: "mail" })
      yield* TestClock.adjust("20 minutes")
      assert.strictEqual(yield* statusOf(id), "running")
      yield* TestClock.adjust("20 minutes")
      assert.strictEqual(yield* statusOf(id), "succeeded")
    }).pipe(inHoldfast(Mail.toLayer(() => Effect.sleep("30 minutes")))))

  it.effect("is not looked at again and again although its jobs are due", () =>
    Effect.gen(function*() {
      yield* JobQueue.pause({ queue: "mail" })
      yield* work({ jobs: [Mail], pollInterval: "1 minute" })
      yield* JobQueue.enqueue(Mail, undefined)
      yield* TestClock.adjust("1 second")
      const looks = yield* StoreFaults.calls("nextDue")
      yield* TestClock.adjust("10 minutes")
      assert.isAtMost((yield* StoreFaults.calls("nextDue")) - looks, 11)
    }).pipe(inHoldfast(noted().layer)))

  it.effect("is not told of as work that nobody takes", () =>
    Effect.gen(function*() {
      yield* JobQueue.pause({ queue: "mail" })
      yield* JobQueue.enqueue(Mail, undefined)
      yield* JobQueue.enqueue(Job.make("pause.stray"))
      yield* work({ jobs: [Other], staleCheckInterval: "1 minute" })
      yield* TestClock.adjust("10 minutes")
      const lines = yield* linesSaying(
        "Due jobs wait and no worker claims them: is one running that takes this queue and kind?"
      )
      assert.deepStrictEqual(lines.map(({ annotations }) => annotations.kind), ["pause.stray"])
    }).pipe(inHoldfast(Other.toLayer(() => Effect.void))))

  it.effect("is paused only if the transaction that pauses it commits", () =>
    Effect.gen(function*() {
      const sql = yield* SqlClient.SqlClient
      yield* Effect.ignore(sql.withTransaction(Effect.zipRight(JobQueue.pause({ queue: "mail" }), Effect.fail("no"))))
      assert.deepStrictEqual(yield* JobQueue.pauses, [])
      yield* sql.withTransaction(JobQueue.pause({ queue: "mail" }, { by: "a deploy" }))
      assert.deepStrictEqual(yield* JobQueue.pauses, [
        { scope: "queue", name: "mail", pausedAt: 0, pausedBy: "a deploy" }
      ])
    }).pipe(inHoldfast()))
})

describe("a pause is refused", () => {
  it.effect("for a name that no queue or kind can have, and for an empty `by`, with an error that says why", () =>
    Effect.gen(function*() {
      const refused = (effect: Effect.Effect<unknown, { readonly message: string }, JobQueue>) =>
        Effect.map(Effect.flip(effect), ({ message }) => message)
      assert.include(
        yield* refused(JobQueue.pause({ queue: "" })),
        "queue: got \"\"; expected well-formed text of 1 to 255"
      )
      assert.include(yield* refused(JobQueue.pause({ kind: " " })), "kind: got \" \"; expected a name")
      const both = { queue: "mail", kind: "pause.mail" } as never
      assert.strictEqual(yield* refused(JobQueue.pause(both)), "queue and kind: got both; expected one of the two")
      assert.strictEqual(
        yield* refused(JobQueue.pause({} as never)),
        "queue and kind: got neither; expected one of the two"
      )
      assert.include(yield* refused(JobQueue.resume({ queue: "a\0" })), "queue: got")
      assert.include(yield* refused(JobQueue.pause({ queue: "mail" }, { by: "" })), "by: got \"\"")
      assert.deepStrictEqual(yield* JobQueue.pauses, [])
    }).pipe(inHoldfast()))

  it.effect("where the store fails, and can be repeated", () =>
    Effect.gen(function*() {
      yield* StoreFaults.inject("pause", failing, 1)
      assert.strictEqual((yield* Effect.flip(JobQueue.pause({ queue: "mail" })))._tag, "StoreError")
      yield* JobQueue.pause({ queue: "mail" })
      assert.lengthOf(yield* JobQueue.pauses, 1)
    }).pipe(inHoldfast()))
})
