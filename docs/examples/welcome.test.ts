import { assert, it } from "@effect/vitest"
import { Effect, Layer, Ref, Schema, TestClock } from "effect"
import { Job, JobQueue, SqliteStore, Worker } from "holdfast"

const Welcome = Job.make("email.welcome", { payload: { userId: Schema.String } })

it.effect("a welcome goes out five minutes after it was asked for", () =>
  Effect.gen(function*() {
    const sent = yield* Ref.make(0)
    const AppTest = Worker.layer({ jobs: [Welcome] }).pipe(
      Layer.provide(Welcome.toLayer(() => Ref.update(sent, (count) => count + 1))),
      Layer.provideMerge(JobQueue.layer),
      Layer.provideMerge(SqliteStore.layer({ filename: ":memory:" }))
    )
    yield* Effect.gen(function*() {
      yield* JobQueue.enqueue(Welcome, { userId: "ada" }, { delay: "5 minutes" })
      yield* TestClock.adjust("4 minutes")
      assert.strictEqual(yield* sent, 0)
      yield* TestClock.adjust("1 minute")
      assert.strictEqual(yield* sent, 1)
    }).pipe(Effect.provide(AppTest))
  }))
