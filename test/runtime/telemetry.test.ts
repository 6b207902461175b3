import { SqlClient } from "@effect/sql"
import { assert, describe, it } from "@effect/vitest"
import { Cause, Effect, Exit, Layer, LogLevel, Metric, Schedule, Schema, TestClock, Tracer } from "effect"
import type { Scope } from "effect"
import { CurrentJob } from "../../src/domain/CurrentJob.ts"
import * as Job from "../../src/domain/Job.ts"
import { neverRetry, snooze } from "../../src/domain/Verdict.ts"
import { metrics } from "../../src/runtime/telemetry/metrics.ts"
import { JobQueue } from "../../src/runtime/JobQueue.ts"
import { failing, StoreFaults } from "../../src/testing.ts"
import { counted, inHoldfast, linesSaying, Logs, settled, work } from "./harness.ts"

const Failing = Job.make("telemetry.failing", { payload: Schema.Void })

/** What no line of a log may show. */
const secret = "xyzzy-31337"

describe("the log of a job", () => {
  const ends: Readonly<
    Record<
      string,
      {
        readonly handler: () => Effect.Effect<string, unknown, Scope.Scope>
        readonly line: string
        readonly level: string
      }
    >
  > = {
    "succeeds": { handler: () => Effect.succeed(secret), line: "Job succeeded", level: "INFO" },
    "fails": { handler: () => Effect.fail(new Error(secret)), line: "Job failed, will be retried", level: "INFO" },
    "dies": { handler: () => Effect.die(new TypeError(secret)), line: "Job failed, will be retried", level: "INFO" },
    "dies of a mere string": { handler: () => Effect.die(secret), line: "Job failed, will be retried", level: "INFO" },
    "succeeds with a finalizer that dies": {
      handler: () => Effect.as(Effect.addFinalizer(() => Effect.die(new Error(secret))), "-"),
      line: "Job failed, will be retried",
      level: "INFO"
    },
    "says never again": { handler: () => neverRetry({ message: secret }), line: "Job failed", level: "ERROR" },
    "snoozes": { handler: () => snooze("1 hour"), line: "Job snoozed", level: "INFO" },
    "gives what does not encode": {
      handler: () => Effect.succeed(secret.repeat(10)),
      line: "Job failed",
      level: "ERROR"
    }
  }
  const Told = Job.make("telemetry.told", {
    payload: { secret: Schema.String },
    success: Schema.String.pipe(Schema.maxLength(20))
  })

  for (const [end, { handler, level, line }] of Object.entries(ends)) {
    it.effect(`of one whose handler ${end} is one line for its claim and one for its end, and shows no secret`, () =>
      Effect.gen(function*() {
        yield* work({ jobs: [Told] })
        const { id } = yield* JobQueue.enqueue(Told, { secret })
        yield* settled
        const lines = (yield* Logs).filter(({ annotations }) => annotations["jobId"] === id)
        assert.deepStrictEqual(lines.map((one) => [one.level, one.message]), [["DEBUG", "Job claimed"], [level, line]])
        for (const { annotations } of lines) {
          assert.strictEqual(annotations["kind"], "telemetry.told")
          assert.strictEqual(annotations["attempt"], 1)
          assert.match(String(annotations["worker"]), /^.+:\d+:[0-9a-f]{32}$/)
        }
        for (const { whole } of yield* Logs) assert.notInclude(whole, secret)
      }).pipe(inHoldfast(Told.toLayer(handler))))
  }

  it.effect("has the errors of fibers that a handler has forked, as everywhere in Effect", () =>
    Effect.gen(function*() {
      yield* work({ jobs: [Told] })
      yield* JobQueue.enqueue(Told, { secret: "-" })
      yield* settled
      const line = (yield* Logs).find(({ whole }) => whole.includes("of a fiber of its own"))
      assert.strictEqual(line?.level, "DEBUG")
    }).pipe(
      inHoldfast(Told.toLayer(() => Effect.as(Effect.forkDaemon(Effect.fail("of a fiber of its own")), "-")))
    ))

  it.effect("shows the text of an error to an app that says its errors may be logged, and only there", () =>
    Effect.gen(function*() {
      yield* work({ jobs: [Failing], logErrors: true })
      yield* JobQueue.enqueue(Failing, undefined)
      yield* settled
      const [line] = yield* linesSaying("Job failed, will be retried")
      assert.strictEqual(line?.annotations["error"], "Error")
      assert.match(String(line?.annotations["message"]), /^Error: outer\n[^]*\[cause\]: Error: inner/)
    }).pipe(inHoldfast(Failing.toLayer(() => Effect.fail(new Error("outer", { cause: new Error("inner") }))))))

  it.effect("has no line of Holdfast's below the worker's level, and every one of the handler's", () =>
    Effect.gen(function*() {
      yield* work({ jobs: [Told], logLevel: LogLevel.Warning })
      yield* JobQueue.enqueue(Told, { secret: "-" })
      yield* settled
      const lines = (yield* Logs).filter(({ annotations }) => annotations["attempt"] !== undefined)
      assert.deepStrictEqual(lines.map(({ level, message }) => [level, message]), [
        ["INFO", "from the handler"],
        ["ERROR", "Job failed"]
      ])
    }).pipe(inHoldfast(Told.toLayer(() => Effect.zipRight(Effect.logInfo("from the handler"), neverRetry("no"))))))

  it.effect("shows no secret of a payload in the table that does not decode", () =>
    Effect.gen(function*() {
      const sql = yield* SqlClient.SqlClient
      yield* JobQueue.enqueue(Told, { secret })
      yield* sql`UPDATE holdfast_jobs SET payload = ${JSON.stringify({ secret: [secret] })}`
      yield* work({ jobs: [Told] })
      assert.strictEqual((yield* linesSaying("Job failed, will be retried")).length, 1)
      for (const { whole } of yield* Logs) assert.notInclude(whole, secret)
    }).pipe(inHoldfast(Told.toLayer(() => Effect.succeed("")))))

  it.effect("shows no secret of what is refused, reported, cancelled, timed out, or cannot be settled", () => {
    const Slow = Job.make("telemetry.slow", { payload: Schema.String, success: Schema.String, timeout: "1 minute" })
    const report = Effect.flatMap(CurrentJob, ({ progress }) => progress({ secret }))
    return Effect.gen(function*() {
      const { inject } = yield* StoreFaults
      yield* Effect.flip(JobQueue.enqueue(Slow, `${secret}${"x".repeat(1024 * 1024)}`))
      yield* inject("extend", failing)
      yield* inject("complete", failing)
      yield* work({ jobs: [Slow], leaseFor: "2 minutes" })
      yield* JobQueue.enqueueMany(Slow, [{ payload: `never ${secret}` }, { payload: `done ${secret}` }])
      const { id } = yield* JobQueue.enqueue(Slow, `never ${secret}`)
      yield* settled
      yield* JobQueue.cancel(id)
      yield* TestClock.adjust("3 minutes")
      assert.strictEqual((yield* linesSaying("Job cancelled")).length, 1)
      assert.strictEqual((yield* linesSaying("Job failed, will be retried"))[0]?.annotations["error"], "Timeout")
      assert.strictEqual((yield* linesSaying("Settling was given up; the lease will run out")).length, 1)
      for (const { whole } of yield* Logs) assert.notInclude(whole, secret)
    }).pipe(
      inHoldfast(
        Slow.toLayer((payload) =>
          Effect.zipRight(report, payload.startsWith("done") ? Effect.succeed(secret) : Effect.never)
        )
      )
    )
  })

  it.effect("names the error of a failed attempt by its tag, and when it will be tried again", () => {
    class MailboxFull extends Schema.TaggedError<MailboxFull>()("MailboxFull", { owner: Schema.String }) {}
    return Effect.gen(function*() {
      yield* work({ jobs: [Told] })
      yield* JobQueue.enqueue(Told, { secret })
      yield* settled
      const [line] = yield* linesSaying("Job failed, will be retried")
      assert.strictEqual(line?.annotations["error"], "MailboxFull")
      assert.strictEqual(line?.annotations["retryIn"], "1m")
    }).pipe(inHoldfast(Told.toLayer(() => Effect.fail(new MailboxFull({ owner: secret })))))
  })

  it.effect("says of what was enqueued how many, and of what was claimed from where and after how many failures", () =>
    Effect.gen(function*() {
      yield* work({ jobs: [Failing] })
      yield* JobQueue.enqueueMany(Failing, [{ payload: undefined, queue: "slow" }])
      yield* TestClock.adjust("1 minute")
      const [enqueued] = yield* linesSaying("Jobs enqueued")
      assert.deepStrictEqual(enqueued?.annotations, { kind: "telemetry.failing", jobs: 1 })
      const claims = yield* linesSaying("Job claimed")
      assert.deepStrictEqual(claims.map(({ annotations: { failures, queue } }) => [queue, failures]), [
        ["slow", 0],
        ["slow", 1]
      ])
    }).pipe(inHoldfast(Failing.toLayer(() => Effect.fail("no")))))

  const Long = Job.make("telemetry.long", { payload: Schema.Void, leaseFor: "1 minute" })
  const stops = {
    Cancelled: { level: "INFO", cause: (id: string) => JobQueue.cancel(id) },
    LeaseLost: {
      level: "WARN",
      cause: () => Effect.flatMap(SqlClient.SqlClient, (sql) => sql`UPDATE holdfast_jobs SET locked_by = 'bob'`)
    },
    DeadlinePassed: { level: "WARN", cause: () => StoreFaults.inject("extend", failing) }
  }
  for (const [reason, { cause, level }] of Object.entries(stops)) {
    it.effect(`says why a handler is told to stop: ${level} and ${reason}`, () =>
      Effect.gen(function*() {
        yield* work({ jobs: [Long], heartbeatInterval: "20 seconds" })
        const { id } = yield* JobQueue.enqueue(Long, undefined)
        yield* settled
        yield* Effect.asVoid<unknown, unknown, JobQueue | SqlClient.SqlClient | StoreFaults>(cause(id))
        yield* TestClock.adjust("50 seconds")
        const lines = yield* linesSaying("Stopping the handler")
        assert.deepStrictEqual(lines.map((line) => [line.level, line.annotations["reason"]]), [[level, reason]])
        for (const { annotations } of yield* linesSaying("Heartbeat failed, trying again")) {
          assert.include(String(annotations["error"]), "The job store failed in extend")
        }
      }).pipe(inHoldfast(Long.toLayer(() => Effect.never))))
  }

  it.effect("begins and ends with the worker's own lines, which name it", () =>
    Effect.gen(function*() {
      yield* Effect.scoped(work({ jobs: [Told] }))
      const [started] = yield* linesSaying("Worker started")
      const [stopped] = yield* linesSaying("Worker stopped")
      assert.strictEqual(started?.annotations["kinds"], "telemetry.told")
      assert.isString(started?.annotations["worker"])
      assert.strictEqual(stopped?.annotations["worker"], started?.annotations["worker"])
    }).pipe(inHoldfast(Told.toLayer(() => Effect.succeed("")))))

  it.effect("two workers in one process are told apart", () =>
    Effect.gen(function*() {
      yield* work({ jobs: [Told] })
      yield* work({ jobs: [Told] })
      const names = (yield* linesSaying("Worker started")).map(({ annotations }) => annotations["worker"])
      assert.strictEqual(new Set(names).size, 2)
    }).pipe(inHoldfast(Told.toLayer(() => Effect.succeed("")))))
})

describe("metrics", () => {
  it.effect("count what was enqueued, claimed, and settled by outcome", () => {
    const kind = "telemetry.counted"
    const Counted = Job.make(kind, { payload: Schema.String })
    const handlers = Counted.toLayer((end) => {
      switch (end) {
        case "succeed":
          return Effect.void
        case "snooze":
          return snooze("1 day")
        case "never again":
          return neverRetry("no")
        case "go on":
          return Effect.never
        default:
          return Effect.fail("no")
      }
    })
    return Effect.gen(function*() {
      yield* Effect.scoped(Effect.gen(function*() {
        yield* work({ jobs: [Counted] })
        const ends = ["succeed", "succeed", "snooze", "never again", "fail", "go on"]
        yield* JobQueue.enqueueMany(Counted, ends.map((payload) => ({ payload })))
        yield* JobQueue.enqueue(Counted, "succeed", { uniqueKey: "one", delay: "1 day" })
        yield* JobQueue.enqueue(Counted, "succeed", { uniqueKey: "one", delay: "1 day" })
        const { id } = yield* JobQueue.enqueue(Counted, "go on")
        yield* settled
        yield* JobQueue.cancel(id)
        yield* settled
      }))
      assert.strictEqual(yield* counted(metrics.enqueued, { kind }), 8)
      assert.strictEqual(yield* counted(metrics.claimed, { kind }), 7)
      const settledAs = (outcome: string) => counted(metrics.settled, { kind, outcome })
      assert.strictEqual(yield* settledAs("succeeded"), 2)
      assert.strictEqual(yield* settledAs("snoozed"), 1)
      assert.strictEqual(yield* settledAs("failed"), 1)
      assert.strictEqual(yield* settledAs("retrying"), 1)
      assert.strictEqual(yield* settledAs("released"), 1)
      assert.strictEqual(yield* settledAs("cancelled"), 1)
    }).pipe(inHoldfast(handlers))
  })

  it.effect("measure how long a job waited, and how long it took", () => {
    const kind = "telemetry.measured"
    const Measured = Job.make(kind, { payload: Schema.Void })
    return Effect.gen(function*() {
      yield* JobQueue.enqueue(Measured, undefined, { delay: "1 second" })
      yield* TestClock.adjust("5 seconds")
      yield* work({ jobs: [Measured] })
      yield* TestClock.adjust("7 seconds")
      assert.strictEqual((yield* Metric.value(Metric.tagged(metrics.queueDelay, "kind", kind))).sum, 4)
      assert.strictEqual((yield* Metric.value(Metric.tagged(metrics.jobDuration, "kind", kind))).sum, 7)
    }).pipe(inHoldfast(Measured.toLayer(() => Effect.sleep("7 seconds"))))
  })

  it.effect("count the heartbeats that did not get through", () => {
    const kind = "telemetry.beating"
    const Beating = Job.make(kind, { payload: Schema.Void, leaseFor: "10 minutes" })
    return Effect.gen(function*() {
      yield* StoreFaults.inject("extend", failing, 2)
      yield* work({ jobs: [Beating] })
      yield* JobQueue.enqueue(Beating, undefined)
      yield* TestClock.adjust("2 minutes")
      assert.strictEqual(yield* counted(metrics.heartbeatFailures, { kind }), 2)
    }).pipe(inHoldfast(Beating.toLayer(() => Effect.never)))
  })
})

describe("traces", () => {
  const Traced = Job.make("telemetry.traced", { payload: Schema.Void })

  /** Runs the test under a tracer that keeps every span it makes. */
  const traced = <A, E, R>(test: (spans: ReadonlyArray<Tracer.Span>) => Effect.Effect<A, E, R>) =>
    Effect.flatMap(Effect.tracer, (tracer) => {
      const spans: Array<Tracer.Span> = []
      const keeping = Tracer.make({
        span: (...options) => {
          const span = tracer.span(...options)
          spans.push(span)
          return span
        },
        context: (execution, fiber) => tracer.context(execution, fiber)
      })
      return Effect.provide(test(spans), Layer.setTracer(keeping))
    })

  it.effect("a job has a span of its own, whose parent is the span that enqueued it", () =>
    traced((spans) =>
      Effect.gen(function*() {
        const named = (name: string) => {
          const span = spans.find((one) => one.name === name)
          assert(span !== undefined)
          return span
        }
        const { id } = yield* Effect.withSpan(JobQueue.enqueue(Traced, undefined, { queue: "slow" }), "request")
        yield* Effect.withSpan(work({ jobs: [Traced] }), "worker")
        const enqueued = named("JobQueue.enqueue")
        assert.strictEqual(enqueued.traceId, named("request").traceId)
        const job = named("process telemetry.traced")
        assert.strictEqual(job.traceId, enqueued.traceId)
        assert(job.parent._tag === "Some")
        assert.strictEqual(job.parent.value.spanId, enqueued.spanId)
        assert.strictEqual(job.kind, "consumer")
        const { "messaging.client.id": worker, ...attributes } = Object.fromEntries(job.attributes)
        assert.deepStrictEqual(attributes, {
          "messaging.system": "holdfast",
          "messaging.operation.name": "process",
          "messaging.operation.type": "process",
          "messaging.destination.name": "slow",
          "messaging.message.id": id,
          "holdfast.job.kind": "telemetry.traced",
          "holdfast.job.attempt": 1,
          "holdfast.job.outcome": "succeeded"
        })
        assert.strictEqual(worker, (yield* linesSaying("Worker started"))[0]?.annotations["worker"])
        assert(job.status._tag === "Ended" && Exit.isSuccess(job.status.exit))
      }).pipe(inHoldfast(Traced.toLayer(() => Effect.void)))
    ))

  it.effect("the span of an attempt says how it ended, and reads as failed when it was, without the error's text", () =>
    traced((spans) =>
      Effect.gen(function*() {
        yield* work({ jobs: [Failing] })
        yield* JobQueue.enqueue(Failing, undefined)
        yield* settled
        const span = spans.find(({ name }) => name === "process telemetry.failing")
        assert(span?.status._tag === "Ended")
        assert.strictEqual(span.attributes.get("holdfast.job.outcome"), "retrying")
        assert.strictEqual(span.attributes.get("error.type"), "TypeError")
        assert(Exit.isFailure(span.status.exit))
        const told = Cause.pretty(span.status.exit.cause)
        assert.include(told, "TypeError")
        assert.notInclude(told, secret)
      }).pipe(inHoldfast(Failing.toLayer(() => Effect.die(new TypeError(secret)))))
    ))

  it.effect("what a handler does is told under its job's span", () =>
    traced((spans) =>
      Effect.gen(function*() {
        yield* JobQueue.enqueue(Traced, undefined)
        yield* work({ jobs: [Traced] })
        const inner = spans.find(({ name }) => name === "send")
        assert(inner?.parent._tag === "Some" && inner.parent.value._tag === "Span")
        assert.strictEqual(inner.parent.value.name, "process telemetry.traced")
      }).pipe(inHoldfast(Traced.toLayer(() => Effect.withSpan(Effect.void, "send"))))
    ))

  const linked = (name: string) =>
    it.effect(`${name} begins a trace of its own, with a link to the span that enqueued it`, () =>
      traced((spans) =>
        Effect.gen(function*() {
          const isDelayed = name === "a job that waited"
          const { id } = yield* Effect.withSpan(
            JobQueue.enqueue(Again, undefined, isDelayed ? { delay: "2 minutes" } : {}),
            "request"
          )
          yield* work({ jobs: [Again] })
          yield* TestClock.adjust("3 minutes")
          const enqueued = spans.find((span) => span.name === "JobQueue.enqueue")
          const attempts = spans.filter((span) => span.name === "process telemetry.again")
          const attempt = attempts[isDelayed ? 0 : 1]
          assert(enqueued !== undefined && attempt !== undefined)
          assert.strictEqual(attempt.attributes.get("messaging.message.id"), id)
          assert.strictEqual(attempt.parent._tag, "None")
          assert.notStrictEqual(attempt.traceId, enqueued.traceId)
          assert.deepStrictEqual(attempt.links.map(({ span }) => [span.traceId, span.spanId]), [
            [enqueued.traceId, enqueued.spanId]
          ])
          assert.strictEqual(attempts[0]?.parent._tag, isDelayed ? "None" : "Some")
        }).pipe(inHoldfast(Again.toLayer(() => Effect.fail("again"))))
      ))
  const Again = Job.make("telemetry.again", { payload: Schema.Void, backoff: Schedule.spaced("1 minute") })
  linked("a job that waited")
  linked("a retry")

  it.effect("a job whose trace context cannot be read begins a trace of its own", () =>
    traced((spans) =>
      Effect.gen(function*() {
        const sql = yield* SqlClient.SqlClient
        yield* JobQueue.enqueue(Traced, undefined)
        yield* sql`UPDATE holdfast_jobs SET trace_context = 'nonsense'`
        yield* Effect.withSpan(work({ jobs: [Traced] }), "worker")
        const job = spans.find(({ name }) => name === "process telemetry.traced")
        assert.strictEqual(job?.parent._tag, "None")
      }).pipe(inHoldfast(Traced.toLayer(() => Effect.void)))
    ))
})
