import { SqlClient } from "@effect/sql"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Layer, Option, Schema, TestClock } from "effect"
import { CurrentJob } from "../../src/domain/CurrentJob.ts"
import * as Job from "../../src/domain/Job.ts"
import { JobQueue } from "../../src/runtime/JobQueue.ts"
import * as Worker from "../../src/runtime/Worker.ts"
import { inHoldfast, settled, work } from "./harness.ts"

const Task = Job.make("current.task", { payload: Schema.Void })

describe("the job a handler is working on", () => {
  it.effect("tells it which job it is, and which attempt; the fencing token rises with each", () => {
    const seen: Array<Omit<typeof CurrentJob.Service, "lease" | "deadline" | "progress">> = []
    const look = Effect.gen(function*() {
      const { deadline: _deadline, lease, progress: _progress, ...rest } = yield* CurrentJob
      seen.push(rest)
      assert.strictEqual(lease.jobId, rest.id)
      return yield* Effect.fail("again")
    })
    return Effect.gen(function*() {
      yield* work({ jobs: [Task] })
      const { id } = yield* JobQueue.enqueue(Task, undefined, { queue: "slow", partitionKey: "acme" })
      yield* TestClock.adjust("1 minute")
      const job = { id, kind: "current.task", queue: "slow", partitionKey: "acme" }
      assert.deepStrictEqual(seen, [
        { ...job, attempt: 1, fencingToken: 1 },
        { ...job, attempt: 2, fencingToken: 2 }
      ])
    }).pipe(inHoldfast(Task.toLayer(() => look)))
  })

  it.effect("keeps the progress it reports, which outlives the attempt", () =>
    Effect.gen(function*() {
      yield* work({ jobs: [Task] })
      const { id } = yield* JobQueue.enqueue(Task, undefined)
      yield* settled
      const job = yield* JobQueue.get(id)
      assert.strictEqual(job.status, "pending")
      assert.deepStrictEqual(job.progress, { pages: 3 })
    }).pipe(inHoldfast(Task.toLayer(() =>
      Effect.gen(function*() {
        const { progress } = yield* CurrentJob
        yield* progress({ pages: 3 })
        return yield* Effect.fail("no")
      })
    ))))

  for (const [what, value] of [["of more than 1 MiB", "x".repeat(1024 * 1024)], ["that is no JSON", 1n]] as const) {
    it.effect(`refuses a progress ${what}, and the job goes on`, () => {
      const answers: Array<string> = []
      return Effect.gen(function*() {
        yield* work({ jobs: [Task] })
        const { id } = yield* JobQueue.enqueue(Task, undefined)
        yield* settled
        assert.deepStrictEqual(answers, ["InvalidJob of current.task's progress"])
        const job = yield* JobQueue.get(id)
        assert.strictEqual(job.status, "succeeded")
        assert.strictEqual(job.progress, null)
      }).pipe(inHoldfast(Task.toLayer(() =>
        Effect.gen(function*() {
          const { progress } = yield* CurrentJob
          const error = yield* Effect.flip(progress(value))
          answers.push(error._tag === "InvalidJob" ? `InvalidJob of ${error.kind}'s ${error.field}` : error._tag)
        }).pipe(Effect.orDie)
      )))
    })
  }

  it.effect("is in no span of another's, though its worker was started in one, and its layer built in one", () => {
    const seen: Array<string> = []
    const TaskLive = Task.toLayer(() =>
      Effect.map(Effect.option(Effect.currentSpan), (span) => {
        seen.push(Option.match(span, { onNone: () => "none", onSome: ({ name }) => name }))
      })
    )
    return Effect.gen(function*() {
      yield* Effect.provide(
        work({ jobs: [Task] }),
        Layer.span("handlers").pipe((span) => Layer.provide(TaskLive, span))
      )
        .pipe(Effect.withSpan("worker"))
      yield* JobQueue.enqueue(Task, undefined)
      yield* settled
      assert.deepStrictEqual(seen, ["none"])
    }).pipe(inHoldfast(Layer.empty))
  })

  it.effect("is in no transaction, though its layer was built in one", () => {
    const seen: Array<boolean> = []
    const TaskLive = Task.toLayer(() =>
      Effect.map(Effect.serviceOption(SqlClient.TransactionConnection), (transaction) => {
        seen.push(Option.isSome(transaction))
      })
    )
    return Effect.gen(function*() {
      const sql = yield* SqlClient.SqlClient
      yield* sql.withTransaction(Layer.build(Layer.provideMerge(Worker.layer({ jobs: [Task] }), TaskLive)))
      yield* JobQueue.enqueue(Task, undefined)
      yield* settled
      assert.deepStrictEqual(seen, [false])
    }).pipe(Effect.scoped, inHoldfast(Layer.empty))
  })
})
