import { SqlClient } from "@effect/sql"
import { assert, describe, it } from "@effect/vitest"
import { Clock, Data, Duration, Effect, Option, Schedule, Schema, TestClock } from "effect"
import * as Job from "../../src/domain/Job.ts"
import type { Lease } from "../../src/domain/Lease.ts"
import { neverRetry, snooze } from "../../src/domain/Verdict.ts"
import { metrics } from "../../src/runtime/telemetry/metrics.ts"
import { JobQueue } from "../../src/runtime/JobQueue.ts"
import * as Worker from "../../src/runtime/Worker.ts"
import type { Fault } from "../../src/testing.ts"
import { answeredAfter, answerLost, dying, failing, hanging, StoreFaults } from "../../src/testing.ts"
import { wallClock } from "../store/wallClock.ts"
import { calm, counted, inHoldfast, linesSaying, settled, work } from "./harness.ts"

class MailboxFull extends Data.TaggedError("MailboxFull")<{ readonly quota: number }> {}

const Send = Job.make("settle.send", { payload: { to: Schema.String }, success: Schema.Number, leaseFor: "60 seconds" })

const someone = { to: "ada@example.com" }

/** Runs one job to the end of its first attempt, and answers it as it then stands. */
const runOnce = Effect.gen(function*() {
  yield* work({ jobs: [Send], heartbeatInterval: "20 seconds" })
  const { id } = yield* JobQueue.enqueue(Send, someone)
  yield* settled
  return yield* JobQueue.get(id)
})

/** How often a store was asked to settle something, in whichever way. */
const settles = Effect.gen(function*() {
  const { calls } = yield* StoreFaults
  return (yield* calls("complete")) + (yield* calls("fail")) + (yield* calls("release"))
})

describe("every end of a handler is exactly one outcome", () => {
  it.effect("a handler that succeeds: the job has succeeded, its encoded result is kept", () =>
    Effect.gen(function*() {
      const job = yield* runOnce
      assert.strictEqual(job.status, "succeeded")
      assert.strictEqual(job.result, 3)
      assert.strictEqual(job.finishedAt, 0)
      assert.strictEqual(job.failures, 0)
      assert.strictEqual(job.lastError, null)
      assert.strictEqual(yield* settles, 1)
    }).pipe(inHoldfast(Send.toLayer(() => Effect.succeed(3)))))

  const failures: Readonly<
    Record<string, { readonly handler: Parameters<typeof Send.toLayer>[0]; readonly error: string }>
  > = {
    "fails": { handler: () => Effect.fail(new MailboxFull({ quota: 3 })), error: "MailboxFull" },
    "dies": { handler: () => Effect.die(new TypeError("not a function")), error: "TypeError: not a function" },
    "throws before it makes an effect": {
      handler: () => {
        throw new RangeError("out of range")
      },
      error: "RangeError: out of range"
    },
    "interrupts itself": { handler: () => Effect.interrupt, error: "interrupted" },
    "fails in a finalizer of its scope": {
      handler: () => Effect.as(Effect.addFinalizer(() => Effect.die("cleanup failed")), 1),
      error: "cleanup failed"
    }
  }
  for (const [end, { error, handler }] of Object.entries(failures)) {
    it.effect(`a handler that ${end}: the job is retried after its backoff, the cause is kept`, () =>
      Effect.gen(function*() {
        const job = yield* runOnce
        assert.strictEqual(job.status, "pending")
        assert.strictEqual(job.availableAt, 60_000)
        assert.strictEqual(job.failures, 1)
        assert.strictEqual(job.attempts, 1)
        assert.include(job.lastError ?? "", error)
        assert.strictEqual(job.errors.length, 1)
        assert.strictEqual(job.lockedBy, null)
        assert.strictEqual(yield* settles, 1)
      }).pipe(inHoldfast(Send.toLayer(handler))))
  }

  it.effect("a handler that snoozes: the job waits, and nothing of its budget is spent", () =>
    Effect.gen(function*() {
      const job = yield* runOnce
      assert.strictEqual(job.status, "pending")
      assert.strictEqual(job.availableAt, 300_000)
      assert.strictEqual(job.failures, 0)
      assert.strictEqual(job.attempts, 1)
      assert.strictEqual(yield* settles, 1)
    }).pipe(inHoldfast(Send.toLayer(() => snooze("5 minutes")))))

  it.effect("a handler that says never again: the job has failed, whatever budget is left", () =>
    Effect.gen(function*() {
      const job = yield* runOnce
      assert.strictEqual(job.status, "failed")
      assert.strictEqual(job.failures, 1)
      assert.include(job.lastError ?? "", "MailboxFull")
      assert.strictEqual(yield* settles, 1)
    }).pipe(inHoldfast(Send.toLayer(() => neverRetry(new MailboxFull({ quota: 0 }))))))

  it.effect("a handler that outlasts its timeout is interrupted, and its attempt has failed", () => {
    const Slow = Job.make("settle.slow", { payload: Schema.Void, timeout: "10 seconds" })
    let finalized = false
    return Effect.gen(function*() {
      yield* work({ jobs: [Slow] })
      const { id } = yield* JobQueue.enqueue(Slow, undefined)
      yield* TestClock.adjust(9999)
      assert.strictEqual((yield* JobQueue.get(id)).status, "running")
      yield* TestClock.adjust(1)
      const job = yield* JobQueue.get(id)
      assert.isTrue(finalized)
      assert.strictEqual(job.status, "pending")
      assert.strictEqual(job.availableAt, 70_000)
      assert.strictEqual(job.failures, 1)
      assert.strictEqual(job.lastError, "Timed out after 10s")
      assert.strictEqual(yield* settles, 1)
    }).pipe(inHoldfast(Slow.toLayer(() => Effect.ensuring(Effect.never, Effect.sync(() => finalized = true)))))
  })

  it.effect("a handler's scope is closed before the job is settled", () => {
    const order: Array<string> = []
    return Effect.gen(function*() {
      yield* StoreFaults.inject(
        "complete",
        (call) => Effect.zipRight(Effect.sync(() => order.push("settled")), call)
      )
      yield* runOnce
      assert.deepStrictEqual(order, ["closed", "settled"])
    }).pipe(inHoldfast(
      Send.toLayer(() => Effect.as(Effect.addFinalizer(() => Effect.sync(() => order.push("closed"))), 1))
    ))
  })

  it.effect("a job that keeps failing is run as often as its budget says, and has then failed", () => {
    const at: Array<number> = []
    const handler = Effect.zipRight(
      Effect.map(TestClock.currentTimeMillis, (now) => at.push(now)),
      Effect.fail("no")
    )
    return Effect.gen(function*() {
      const { id } = yield* runOnce
      yield* TestClock.adjust("10 minutes")
      const job = yield* JobQueue.get(id)
      assert.deepStrictEqual(at, [0, 60_000, 180_000])
      assert.strictEqual(job.status, "failed")
      assert.strictEqual(job.failures, 3)
      assert.deepStrictEqual(job.errors.map(({ attempt }) => attempt), [1, 2, 3])
      yield* JobQueue.retry(id)
      yield* settled
      const retried = yield* JobQueue.get(id)
      assert.strictEqual(retried.status, "pending")
      assert.strictEqual(retried.attempts, 4)
      assert.strictEqual(retried.failures, 1)
    }).pipe(inHoldfast(Send.toLayer(() => handler)))
  })
})

describe("what cannot be read or kept", () => {
  it.effect("a payload that does not decode is a failure, tried again after 1, 10 and 60 minutes within the budget", () => {
    let runs = 0
    return Effect.gen(function*() {
      const sql = yield* SqlClient.SqlClient
      const { id } = yield* JobQueue.enqueue(Send, someone, { maxAttempts: 5 })
      yield* sql`UPDATE holdfast_jobs SET payload = '{"to": 31337}'`
      yield* work({ jobs: [Send], heartbeatInterval: "20 seconds" })
      for (const [failed, minutes] of [1, 10, 60, 60].entries()) {
        const job = yield* JobQueue.get(id)
        assert.deepStrictEqual([job.status, job.failures], ["pending", failed + 1])
        assert.strictEqual(job.availableAt, (yield* Clock.currentTimeMillis) + minutes * 60_000)
        yield* TestClock.adjust(Duration.minutes(minutes))
      }
      const job = yield* JobQueue.get(id)
      assert.deepStrictEqual([job.status, job.failures], ["failed", 5])
      assert.include(job.lastError ?? "", "string at to")
      assert.notInclude(job.lastError ?? "", "31337")
      assert.strictEqual(runs, 0)
    }).pipe(inHoldfast(Send.toLayer(() => Effect.sync(() => runs++))))
  })

  it.effect("a payload that did not decode is run by a worker of the release that can read it", () => {
    const ran: Array<string> = []
    return Effect.gen(function*() {
      const sql = yield* SqlClient.SqlClient
      const { id } = yield* JobQueue.enqueue(Send, someone)
      yield* sql`UPDATE holdfast_jobs SET payload = '{"to": 31337}'`
      yield* work({ jobs: [Send], heartbeatInterval: "20 seconds" })
      assert.strictEqual((yield* JobQueue.get(id)).status, "pending")
      yield* sql`UPDATE holdfast_jobs SET payload = '{"to": "someone"}'`
      yield* TestClock.adjust("1 minute")
      assert.strictEqual((yield* JobQueue.get(id)).status, "succeeded")
      assert.deepStrictEqual(ran, ["someone"])
    }).pipe(inHoldfast(Send.toLayer(({ to }) => Effect.sync(() => ran.push(to)))))
  })

  it.effect("a payload that does not decode fails a job of one attempt at once", () =>
    Effect.gen(function*() {
      const sql = yield* SqlClient.SqlClient
      const { id } = yield* JobQueue.enqueue(Send, someone, { maxAttempts: 1 })
      yield* sql`UPDATE holdfast_jobs SET payload = '{"to": 31337}'`
      yield* work({ jobs: [Send], heartbeatInterval: "20 seconds" })
      assert.strictEqual((yield* JobQueue.get(id)).status, "failed")
    }).pipe(inHoldfast(Send.toLayer(() => Effect.succeed(1)))))

  it.effect("a result that does not encode fails its job for good, by its path and what was expected there", () => {
    const Report = Job.make("settle.report", {
      payload: Schema.Void,
      success: Schema.Struct({ pages: Schema.Struct({ count: Schema.NonNegativeInt }) })
    })
    return Effect.gen(function*() {
      yield* work({ jobs: [Report] })
      const { id } = yield* JobQueue.enqueue(Report, undefined)
      yield* settled
      const job = yield* JobQueue.get(id)
      assert.strictEqual(job.status, "failed")
      assert.strictEqual(job.failures, 1)
      assert.include(job.lastError ?? "", "result")
      assert.include(job.lastError ?? "", "NonNegative at pages.count")
      assert.notInclude(job.lastError ?? "", "31337")
    }).pipe(inHoldfast(Report.toLayer(() => Effect.succeed({ pages: { count: -31337 } }))))
  })

  it.effect("a result of more than 1 MiB fails its job for good, however much more", () => {
    const Page = Job.make("settle.page", { payload: Schema.Number, success: Schema.String })
    return Effect.gen(function*() {
      yield* work({ jobs: [Page] })
      for (const [mebibytes, bytes] of [[1, 1048578], [12, 12582914]] as const) {
        const { id } = yield* JobQueue.enqueue(Page, mebibytes)
        yield* settled
        const job = yield* JobQueue.get(id)
        assert.strictEqual(job.status, "failed")
        assert.include(job.lastError ?? "", `result: got ${bytes} bytes of JSON; expected at most 1048576 bytes`)
      }
    }).pipe(inHoldfast(Page.toLayer((mebibytes) => Effect.succeed("x".repeat(mebibytes * 1024 * 1024)))))
  })

  const Throwing = Schema.transform(Schema.String, Schema.String, {
    decode: (text) => {
      if (text === "undecodable") throw new Error(`cannot decode ${text}`)
      return text
    },
    encode: (text) => {
      if (text === "unencodable") throw new Error(`cannot encode ${text}`)
      return text
    }
  })
  const Hostile = Job.make("settle.hostile", { payload: Throwing, success: Throwing })

  it.effect("a schema that throws while it decodes a payload fails the attempt, and its slot is free again", () =>
    Effect.gen(function*() {
      const sql = yield* SqlClient.SqlClient
      const { id } = yield* JobQueue.enqueue(Hostile, "fine")
      yield* sql`UPDATE holdfast_jobs SET payload = '"undecodable"'`
      const next = yield* JobQueue.enqueue(Hostile, "fine")
      yield* work({ jobs: [Hostile], concurrency: 1 })
      const job = yield* JobQueue.get(id)
      assert.strictEqual(job.status, "pending")
      assert.include(job.lastError ?? "", "payload: expected a value that its schema can take without throwing")
      assert.strictEqual((yield* JobQueue.get(next.id)).status, "succeeded")
    }).pipe(inHoldfast(Hostile.toLayer((text) => Effect.succeed(text)))))

  it.effect("a schema that throws while it encodes a result fails the job", () =>
    Effect.gen(function*() {
      const { id } = yield* JobQueue.enqueue(Hostile, "fine")
      yield* work({ jobs: [Hostile] })
      const job = yield* JobQueue.get(id)
      assert.strictEqual(job.status, "failed")
      assert.include(job.lastError ?? "", "result: expected a value that its schema can take without throwing")
    }).pipe(inHoldfast(Hostile.toLayer(() => Effect.succeed("unencodable")))))

  it.effect("of an error that is too long both ends are kept", () =>
    Effect.gen(function*() {
      const job = yield* runOnce
      assert.isAtMost(Buffer.byteLength(job.lastError ?? ""), 8 * 1024)
      assert.match(job.lastError ?? "", /^Error: begin ÿ+ … \[cut: 100010 characters in all\] … ÿ+ end\n/)
      assert.strictEqual(job.errors[0]?.message, job.lastError ?? "")
    }).pipe(inHoldfast(Send.toLayer(() => Effect.fail(new Error(`begin ${"ÿ".repeat(100_000)} end`))))))
})

const unknownFate = "Lease lost after a settle without an answer, so the attempt's outcome may be written or not"

describe("a settle that does not get through", () => {
  const cutOff = /^StoreError: The job store failed in (complete|fail|release): the test has cut the store off$/
  const losses: Readonly<Record<string, { readonly fault: Fault; readonly told: RegExp }>> = {
    "fails before it writes": { fault: failing, told: cutOff },
    "fails after it has written, so that its answer is lost": { fault: answerLost, told: cutOff },
    "dies": { fault: dying, told: /^StoreError: The job store failed in settle: the driver lost its mind$/ },
    "hangs": { fault: hanging, told: /^StoreError: The job store failed in settle: no answer in time$/ }
  }
  const outcomes = {
    complete: { handler: () => Effect.succeed(1), status: "succeeded", failures: 0 },
    fail: { handler: () => Effect.fail("no"), status: "pending", failures: 1 },
    release: { handler: () => snooze("1 hour"), status: "pending", failures: 0 }
  } as const

  for (const [loss, { fault, told }] of Object.entries(losses)) {
    for (const [operation, { failures, handler, status }] of Object.entries(outcomes)) {
      it.effect(`a ${operation} that ${loss} is tried again, and the job has ended once`, () =>
        Effect.gen(function*() {
          yield* StoreFaults.inject(operation as keyof typeof outcomes, fault, 3)
          const { id } = yield* runOnce
          yield* TestClock.adjust("40 seconds")
          const job = yield* JobQueue.get(id)
          assert.strictEqual(job.status, status)
          assert.strictEqual(job.failures, failures)
          assert.strictEqual(job.errors.length, failures)
          assert.strictEqual(job.attempts, 1)
          assert.strictEqual(yield* settles, 4)
          const lines = yield* linesSaying("Settling failed, trying again")
          assert.strictEqual(lines.length, 3)
          for (const { annotations } of lines) assert.match(String(annotations["error"]), told)
          assert.deepStrictEqual(yield* linesSaying("Lease lost, the attempt's outcome is not written"), [])
        }).pipe(inHoldfast(Send.toLayer(handler))))
    }
  }

  /** The settle is written and its answer lost, and before it is repeated another worker has claimed the job, and perhaps more. */
  const answerLostBefore = (then: (lease: Lease) => Effect.Effect<unknown, unknown, StoreFaults>) =>
    Effect.map(
      Effect.context<StoreFaults>(),
      (context): Fault => (call, operation) =>
        call.pipe(
          Effect.zipLeft(
            Effect.flatMap(StoreFaults, ({ beneath }) => beneath.claim(elsewhere)).pipe(
              Effect.flatMap(([claimed]) => then(Option.getOrThrow(Option.fromNullable(claimed?.lease)))),
              Effect.orDie,
              Effect.provide(context)
            )
          ),
          (both) => answerLost(both, operation)
        )
    )
  const elsewhere = {
    worker: "elsewhere",
    limit: 1,
    maxBytes: Infinity,
    queues: Option.none(),
    kinds: [{ kind: Send.kind, leaseFor: 60_000 }]
  }

  it.effect("one that was written, and whose job another worker runs by now, has ended as it was written", () =>
    Effect.gen(function*() {
      yield* StoreFaults.inject("release", yield* answerLostBefore(() => Effect.void), 1)
      const { id } = yield* runOnce
      assert.strictEqual(yield* settles, 2)
      assert.strictEqual((yield* linesSaying("Job handed back")).length, 0)
      assert.strictEqual((yield* linesSaying("Job snoozed")).length, 1)
      const job = yield* JobQueue.get(id)
      assert.deepStrictEqual([job.status, job.lockedBy, job.attempts, job.settledAttempt], [
        "running",
        "elsewhere",
        2,
        1
      ])
    }).pipe(inHoldfast(Send.toLayer(() => snooze(0)))))

  it.effect("one whose job another worker has settled by now is told as unknown, and not as a lease that was lost", () =>
    Effect.gen(function*() {
      const before = yield* counted(metrics.outcomesUnknown, { kind: Send.kind })
      const lostBefore = yield* counted(metrics.leasesLost, { kind: Send.kind })
      const settledElsewhere = yield* answerLostBefore((lease) =>
        Effect.flatMap(StoreFaults, ({ beneath }) => beneath.complete([{ lease, result: "2" }]))
      )
      yield* StoreFaults.inject("release", settledElsewhere, 1)
      const { id } = yield* runOnce
      assert.strictEqual((yield* JobQueue.get(id)).result, 2)
      assert.strictEqual((yield* linesSaying(unknownFate)).length, 1)
      assert.deepStrictEqual(yield* linesSaying("Lease lost, the attempt's outcome is not written"), [])
      assert.strictEqual((yield* counted(metrics.outcomesUnknown, { kind: Send.kind })) - before, 1)
      assert.strictEqual((yield* counted(metrics.leasesLost, { kind: Send.kind })) - lostBefore, 0)
    }).pipe(inHoldfast(Send.toLayer(() => snooze(0)))))

  it.effect("one that is given up is told as unknown", () =>
    Effect.gen(function*() {
      const before = yield* counted(metrics.outcomesUnknown, { kind: Send.kind })
      yield* StoreFaults.inject("complete", answerLost)
      const { id } = yield* runOnce
      yield* TestClock.adjust("70 seconds")
      assert.strictEqual((yield* JobQueue.get(id)).status, "succeeded")
      assert.strictEqual((yield* counted(metrics.outcomesUnknown, { kind: Send.kind })) - before, 1)
    }).pipe(inHoldfast(Send.toLayer(() => Effect.succeed(1)))))

  it.effect("one is waited for, for as long as an eighth of the lease, before it is written again", () => {
    const Slow = Job.make("settle.patiently", { payload: Schema.Void, leaseFor: "10 minutes" })
    return Effect.gen(function*() {
      const { calls, inject } = yield* StoreFaults
      yield* inject("complete", answeredAfter("74 seconds"))
      yield* work({ jobs: [Slow] })
      yield* JobQueue.enqueue(Slow, undefined)
      yield* TestClock.adjust("74 seconds")
      assert.strictEqual((yield* linesSaying("Job succeeded")).length, 1)
      yield* inject("complete", answeredAfter("76 seconds"), 1)
      yield* JobQueue.enqueue(Slow, undefined)
      yield* TestClock.adjust("74 seconds")
      assert.strictEqual(yield* calls("complete"), 2)
      yield* TestClock.adjust("2 seconds")
      assert.strictEqual(yield* calls("complete"), 3)
      assert.strictEqual((yield* linesSaying("Job succeeded")).length, 2)
    }).pipe(inHoldfast(Slow.toLayer(() => Effect.void)))
  })

  it.effect("one is waited for a second at least, however short the lease", () => {
    const Short = Job.make("settle.shortly", { payload: Schema.Void, leaseFor: "4 seconds" })
    return Effect.gen(function*() {
      yield* StoreFaults.inject("complete", answeredAfter("900 millis"))
      yield* work({ jobs: [Short], heartbeatInterval: "1 second" })
      yield* JobQueue.enqueue(Short, undefined)
      yield* TestClock.adjust("1 second")
      assert.strictEqual((yield* linesSaying("Job succeeded")).length, 1)
      assert.strictEqual(yield* settles, 1)
    }).pipe(inHoldfast(Short.toLayer(() => Effect.void)))
  })

  it.effect("one that never gets through is given up after the length of a lease; the job then goes stale and is run again", () => {
    let runs = 0
    return Effect.gen(function*() {
      const { calls, inject, mend } = yield* StoreFaults
      yield* inject("complete", failing)
      const { id } = yield* runOnce
      yield* TestClock.adjust("70 seconds")
      assert.strictEqual((yield* linesSaying("Settling was given up; the lease will run out")).length, 1)
      const tried = yield* calls("complete")
      const beats = yield* calls("extend")
      yield* mend("complete")

      yield* TestClock.adjust("2 minutes")
      assert.strictEqual(yield* calls("complete"), tried)
      assert.strictEqual(yield* calls("extend"), beats)
      assert.strictEqual((yield* JobQueue.get(id)).status, "running")
      assert.strictEqual(yield* JobQueue.releaseStale, 1)
      yield* TestClock.adjust("1 hour")
      const job = yield* JobQueue.get(id)
      assert.strictEqual(job.status, "succeeded")
      assert.strictEqual(job.failures, 1)
      assert.strictEqual(runs, 2)
    }).pipe(inHoldfast(Send.toLayer(() => Effect.sync(() => ++runs))))
  })

  /** A worker on a wall clock that is set when its settle has failed for a while. */
  const settingTheWall = (ahead: number) =>
    Effect.gen(function*() {
      const { by, set } = yield* wallClock
      yield* StoreFaults.inject("complete", failing)
      yield* Effect.forkScoped(by(Worker.run({ ...calm, jobs: [Send], heartbeatInterval: "20 seconds" })))
      const { id } = yield* JobQueue.enqueue(Send, someone)
      yield* TestClock.adjust("10 seconds")
      yield* set(ahead)
      return id
    })

  it.effect("one is tried for the length of a lease, also when the wall clock is set forward by more", () =>
    Effect.gen(function*() {
      const id = yield* settingTheWall(3_600_000)
      yield* TestClock.adjust("40 seconds")
      yield* StoreFaults.mend("complete")
      yield* TestClock.adjust("10 seconds")
      assert.strictEqual((yield* JobQueue.get(id)).status, "succeeded")
    }).pipe(inHoldfast(Send.toLayer(() => Effect.succeed(1)))))

  it.effect("one is given up after the length of a lease, also when the wall clock is set back", () =>
    Effect.gen(function*() {
      yield* settingTheWall(-3_600_000)
      yield* TestClock.adjust("1 minute")
      assert.strictEqual((yield* linesSaying("Settling was given up; the lease will run out")).length, 1)
    }).pipe(inHoldfast(Send.toLayer(() => Effect.succeed(1)))))

  it.effect("a job whose settle was given up does not keep its slot", () =>
    Effect.gen(function*() {
      const { inject, mend } = yield* StoreFaults
      yield* inject("complete", failing)
      yield* work({ jobs: [Send], concurrency: 1, heartbeatInterval: "20 seconds" })
      yield* JobQueue.enqueue(Send, someone)
      yield* TestClock.adjust("70 seconds")
      yield* mend("complete")
      const next = yield* JobQueue.enqueue(Send, someone)
      yield* settled
      assert.strictEqual((yield* JobQueue.get(next.id)).status, "succeeded")
    }).pipe(inHoldfast(Send.toLayer(() => Effect.succeed(1)))))
})

describe("a job's own backoff", () => {
  it.effect("is replayed from its start, once for each failure", () => {
    const Patient = Job.make("settle.patient", {
      payload: Schema.Void,
      maxAttempts: 10,
      backoff: Schedule.fibonacci("10 seconds")
    })
    const at: Array<number> = []
    return Effect.gen(function*() {
      yield* work({ jobs: [Patient] })
      yield* JobQueue.enqueue(Patient, undefined)
      yield* TestClock.adjust("2 minutes")
      assert.deepStrictEqual(at, [0, 10_000, 20_000, 40_000, 70_000, 120_000])
    }).pipe(
      inHoldfast(Patient.toLayer(() =>
        Effect.zipRight(
          Effect.map(TestClock.currentTimeMillis, (now) => at.push(now)),
          Effect.fail("no")
        )
      ))
    )
  })

  it.effect("when it ends before the budget, the job has failed", () => {
    const Brief = Job.make("settle.brief", { payload: Schema.Void, maxAttempts: 10, backoff: Schedule.recurs(1) })
    return Effect.gen(function*() {
      yield* work({ jobs: [Brief] })
      const { id } = yield* JobQueue.enqueue(Brief, undefined)
      yield* TestClock.adjust("1 minute")
      const job = yield* JobQueue.get(id)
      assert.strictEqual(job.status, "failed")
      assert.strictEqual(job.failures, 2)
      assert.strictEqual(yield* counted(metrics.settled, { kind: "settle.brief", outcome: "failed" }), 1)
    }).pipe(inHoldfast(Brief.toLayer(() => Effect.fail("no"))))
  })

  const broken: Readonly<Record<string, { readonly step: Effect.Effect<never>; readonly told: RegExp }>> = {
    "throws": { step: Effect.die("no idea"), told: /^string$/ },
    "throws what has no text": { step: Effect.die(Object.create(null)), told: /^object$/ },
    "interrupts itself": { step: Effect.interrupt, told: /^Interrupted$/ },
    "hangs": { step: Effect.never, told: /^TimeoutException$/ },
    "hangs and cannot be interrupted": { step: Effect.uninterruptible(Effect.never), told: /^TimeoutException$/ }
  }
  for (const [how, { step, told }] of Object.entries(broken)) {
    const Broken = Job.make("settle.broken", {
      payload: Schema.Void,
      backoff: Schedule.mapEffect(Schedule.forever, () => step)
    })

    it.effect(`when it ${how}, the default one takes its place`, () =>
      Effect.gen(function*() {
        yield* work({ jobs: [Broken] })
        const { id } = yield* JobQueue.enqueue(Broken, undefined)
        yield* TestClock.adjust("1 second")
        const job = yield* JobQueue.get(id)
        assert.strictEqual(job.status, "pending")
        assert.strictEqual(job.availableAt - job.updatedAt, 60_000)
        assert.strictEqual(job.lastError, "Error: no")
        assert.strictEqual(yield* settles, 1)
        const lines = yield* linesSaying("The job's backoff schedule died; the default is used")
        assert.strictEqual(lines.length, 1)
        assert.match(String(lines[0]?.annotations["error"]), told)
      }).pipe(inHoldfast(Broken.toLayer(() => Effect.fail("no")))))
  }

  it.effect("is asked once, however often the failure has to be written", () => {
    let asked = 0
    const Counting = Job.make("settle.counting", {
      payload: Schema.Void,
      backoff: Schedule.map(Schedule.spaced("10 minutes"), () => asked++)
    })
    return Effect.gen(function*() {
      yield* StoreFaults.inject("fail", failing, 3)
      yield* work({ jobs: [Counting] })
      const { id } = yield* JobQueue.enqueue(Counting, undefined)
      yield* TestClock.adjust("1 minute")
      const job = yield* JobQueue.get(id)
      assert.strictEqual(job.availableAt - job.updatedAt, 600_000)
      assert.strictEqual(yield* settles, 4)
      assert.strictEqual(asked, 1)
    }).pipe(inHoldfast(Counting.toLayer(() => Effect.fail("no"))))
  })
})

describe("what is kept of an error", () => {
  it.effect("is at most 8 KiB, also where a payload fits none of many schemas", () => {
    const any = Schema.Union(
      ...Array.from({ length: 600 }, (_, n) => Schema.Struct({ [`${n}-${"long".repeat(10)}`]: Schema.Literal(n) }))
    )
    const Any = Job.make("settle.any", { payload: any })
    return Effect.gen(function*() {
      const sql = yield* SqlClient.SqlClient
      const { id } = yield* JobQueue.enqueue(Any, { [`0-${"long".repeat(10)}`]: 0 })
      yield* sql`UPDATE holdfast_jobs SET payload = '[]'`
      yield* work({ jobs: [Any] })
      const job = yield* JobQueue.get(id)
      assert.strictEqual(job.failures, 1)
      assert.isAtMost(Buffer.byteLength(job.lastError ?? ""), 8 * 1024)
    }).pipe(inHoldfast(Any.toLayer(() => Effect.void)))
  })

  it.effect("is there although the handler snoozed, when a finalizer of its own died", () =>
    Effect.gen(function*() {
      const job = yield* runOnce
      assert.strictEqual(job.failures, 1)
      assert.include(job.lastError ?? "", "the mailbox is jammed")
    }).pipe(inHoldfast(
      Send.toLayer(() => Effect.ensuring(snooze("1 hour"), Effect.die(new Error("the mailbox is jammed"))))
    )))
})
