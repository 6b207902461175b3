import { assert, describe, it } from "@effect/vitest"
import { Effect, Layer, Option, Schema } from "effect"
import { Job, JobQueue, Worker } from "holdfast"
import { Store } from "holdfast/store"
import * as Testing from "holdfast/testing"
import { onFreshDatabase } from "./freshDatabase.ts"

class Broken extends Schema.TaggedError<Broken>()("Broken", { text: Schema.String }) {}

const Say = Job.make("say", { payload: { fails: Schema.Boolean }, success: Schema.String, error: Broken })

const Plain = Job.make("plain", { payload: { text: Schema.String }, success: Schema.Unknown })

const nul = "a\0b"
const half = "a\uD83D"

const layer = Say.toLayer(({ fails }) => fails ? new Broken({ text: nul }) : Effect.succeed(nul))

const on = (database: "PostgreSQL" | "SQLite") => {
  const store = database === "SQLite"
    ? Store.fromUrl("sqlite::memory:")
    : onFreshDatabase((url) => Store.fromUrl(url))
  return Effect.provide(layer.pipe(Layer.provideMerge(JobQueue.layer), Layer.provideMerge(store)))
}

const once = Worker.run({ jobs: [Say], once: true })

describe("text that PostgreSQL cannot hold", () => {
  it.live("is refused in a payload by name, with nothing enqueued; SQLite takes it and gives it back", () =>
    Effect.gen(function*() {
      for (const text of [nul, half]) {
        const refusal = yield* Effect.flip(
          JobQueue.enqueueMany(Plain, [{ payload: { text: "good" } }, { payload: { text } }])
        )
        assert(refusal._tag === "InvalidJob")
        assert.match(refusal.message, /^Job "plain", payload: expected text without U\+0000.* at text$/)
      }
      assert.deepStrictEqual((yield* JobQueue.list()).jobs, [])
      yield* JobQueue.enqueue(Plain, { text: nul }).pipe(
        Effect.flatMap(({ id }) => JobQueue.get(id)),
        Effect.tap(({ payload }) => Effect.sync(() => assert.deepStrictEqual(payload, { text: nul }))),
        on("SQLite")
      )
      // The same letters behind a backslash are a text like any other.
      const { id } = yield* JobQueue.enqueue(Plain, { text: "\\u0000 \\ud83d 😀" })
      assert.deepStrictEqual((yield* JobQueue.get(id)).payload, { text: "\\u0000 \\ud83d 😀" })
    }).pipe(on("PostgreSQL")))

  it.live("is refused behind the faults of a test as well", () =>
    Effect.gen(function*() {
      const refusal = yield* Effect.flip(JobQueue.enqueue(Plain, { text: nul }))
      assert.strictEqual(refusal._tag, "InvalidJob")
    }).pipe(
      Effect.provide(Testing.layer.pipe(
        Layer.provide(onFreshDatabase((url) => Store.fromUrl(url)))
      ))
    ))

  it.live("fails a job for good where it is the result, since its work is done", () =>
    Effect.gen(function*() {
      const { id } = yield* JobQueue.enqueue(Say, { fails: false })
      yield* once
      const { attempts, lastError, status } = yield* JobQueue.get(id)
      assert.deepStrictEqual([status, attempts], ["failed", 1])
      assert.match(lastError ?? "", /Job "say", result: expected text without U\+0000.* at the top/)
      yield* Effect.gen(function*() {
        const { id } = yield* JobQueue.enqueue(Say, { fails: false })
        yield* once
        assert.strictEqual((yield* JobQueue.get(id)).result, nul)
      }).pipe(on("SQLite"))
    }).pipe(on("PostgreSQL")))

  it.live("is refused in a progress and in a result that is given by hand, and the lease stays", () =>
    Effect.gen(function*() {
      yield* JobQueue.enqueue(Plain, { text: "" })
      const [job] = yield* JobQueue.claim({ jobs: [Plain] })
      assert(job !== undefined)
      for (const write of [JobQueue.progress(job.lease, [half]), JobQueue.complete(job.lease, { [nul]: 1 })]) {
        const refusal = yield* Effect.flip(write)
        assert.strictEqual(refusal._tag, "InvalidJob")
      }
      assert.isTrue(yield* JobQueue.complete(job.lease, "good"))
    }).pipe(on("PostgreSQL")))

  it.live("is left out of a typed error, and marked in its text", () =>
    Effect.gen(function*() {
      const { id } = yield* JobQueue.enqueue(Say, { fails: true }, { maxAttempts: 1 })
      yield* once
      const { errors, lastErrorValue, status } = yield* JobQueue.get(id)
      assert.strictEqual(status, "failed")
      assert.isTrue(Option.isNone(Option.fromNullable(lastErrorValue)))
      assert.match(errors[0]?.message ?? "", /Broken/)
    }).pipe(on("PostgreSQL")))

  for (const database of ["PostgreSQL", "SQLite"] as const) {
    it.live(`and an id that is none are no job on ${database}`, () =>
      Effect.gen(function*() {
        const { id } = yield* JobQueue.enqueue(Plain, { text: "" })
        for (const odd of ["job-1", "", nul, id.toUpperCase(), `{${id}}`]) {
          for (const call of [JobQueue.get(odd), JobQueue.cancel(odd), JobQueue.retry(odd)]) {
            assert.strictEqual((yield* Effect.flip(call))._tag, "JobNotFound", odd)
          }
        }
        const options = { partitionKey: nul }
        for (const call of [JobQueue.get(id, options), JobQueue.cancel(id, options), JobQueue.retry(id, options)]) {
          assert.strictEqual((yield* Effect.flip(call))._tag, "JobNotFound")
        }
        for (const filter of [{ kind: nul }, { queue: nul }, { partitionKey: nul }]) {
          assert.deepStrictEqual(yield* JobQueue.list(filter), { jobs: [], cursor: null })
        }
      }).pipe(on(database)))

    it.live(`is refused in a name or a key on ${database}`, () =>
      Effect.gen(function*() {
        const refusal = yield* Effect.flip(JobQueue.enqueue(Plain, { text: "" }, { queue: nul }))
        assert(refusal._tag === "InvalidJob")
        assert.include(
          refusal.message,
          `queue: got "a\\u0000b"; expected well-formed text of 1 to 255 characters without U+0000`
        )
        assert.throws(() => Job.make(nul), /without U\+0000/)
      }).pipe(on(database)))
  }
})
