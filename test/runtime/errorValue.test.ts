import { SqlClient } from "@effect/sql"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Schema } from "effect"
import * as Job from "../../src/domain/Job.ts"
import { neverRetry } from "../../src/domain/Verdict.ts"
import { JobQueue } from "../../src/runtime/JobQueue.ts"
import * as Testing from "../../src/testing.ts"
import { inHoldfast } from "./harness.ts"

class MailboxFull extends Schema.TaggedError<MailboxFull>()("MailboxFull", {
  quota: Schema.NumberFromString,
  note: Schema.String
}) {}
class NoAddress extends Schema.TaggedError<NoAddress>()("NoAddress", {}) {}

const Send = Job.make("errorValue.send", {
  payload: { does: Schema.String },
  error: Schema.Union(MailboxFull, NoAddress),
  timeout: "10 seconds",
  maxAttempts: 2
})

const full = (note: string) => new MailboxFull({ quota: 12, note })

const SendLive = Send.toLayer(({ does }) => {
  switch (does) {
    case "fails":
      return Effect.fail(full("try later"))
    case "fails and dies":
      return Effect.ensuring(Effect.fail(full("and")), Effect.die(new Error("in a finalizer")))
    case "never again":
      return neverRetry(new NoAddress())
    case "never again, for another reason":
      return neverRetry("no reason")
    case "dies":
      return Effect.die(full("as a defect"))
    case "hangs":
      return Effect.never
    case "fails at length":
      return Effect.fail(full("\u00e4".repeat(4096)))
    case "fails oddly":
      return Effect.fail({ _tag: "MailboxFull", quota: "not a number" } as never)
    default:
      return Effect.void
  }
})

const shown = (id: string) =>
  Effect.map(JobQueue.get(id), ({ lastError, lastErrorValue, status }) => [status, lastErrorValue, lastError] as const)

/** Runs one job of these until nothing is due, and shows what it kept and what the testing kit answered. */
const afterOne = (does: string) =>
  Effect.gen(function*() {
    const { id } = yield* JobQueue.enqueue(Send, { does })
    const attempts = yield* Testing.runAll({ jobs: [Send] })
    const [status, value, text] = yield* shown(id)
    return { id, status, value, text, attempts }
  })

describe("a failed job whose definition names an error schema", () => {
  it.effect("keeps the error that its handler failed with, encoded, beside the text", () =>
    Effect.gen(function*() {
      const { attempts, id, status, text, value } = yield* afterOne("fails")
      const encoded = { _tag: "MailboxFull", quota: "12", note: "try later" }
      assert.strictEqual(status, "failed")
      assert.deepStrictEqual(value, encoded)
      assert.include(String(text), "MailboxFull")
      assert.deepStrictEqual(attempts.map(({ ended, errorValue }) => [ended, errorValue]), [
        ["retrying", encoded],
        ["failed", encoded]
      ])
      const { jobs } = yield* JobQueue.list({ status: "failed" })
      assert.deepStrictEqual(jobs.map(({ lastErrorValue }) => lastErrorValue), [encoded])
      assert.deepStrictEqual(
        Schema.decodeUnknownSync(Send.errorSchema)((yield* JobQueue.get(id)).lastErrorValue),
        full("try later")
      )
    }).pipe(inHoldfast(SendLive)))

  it.effect("keeps the reason of a never-again that fits the schema", () =>
    Effect.gen(function*() {
      const { status, value } = yield* afterOne("never again")
      assert.deepStrictEqual([status, value], ["failed", { _tag: "NoAddress" }])
    }).pipe(inHoldfast(SendLive)))

  for (
    const does of [
      "fails and dies",
      "never again, for another reason",
      "dies",
      "hangs",
      "fails at length",
      "fails oddly"
    ]
  ) {
    it.effect(`keeps the text alone where it ${does}, and is settled all the same`, () =>
      Effect.gen(function*() {
        const { attempts, status, text, value } = yield* afterOne(does)
        assert.deepStrictEqual([status, value], ["failed", null])
        assert.isAbove(String(text).length, 0)
        assert.isTrue(attempts.every(({ errorValue }) => errorValue === null))
      }).pipe(inHoldfast(SendLive)))
  }

  it.effect("keeps an error that takes 8 KiB, and not one byte more", () =>
    Effect.gen(function*() {
      const room = 8 * 1024 - JSON.stringify({ _tag: "MailboxFull", quota: "12", note: "" }).length
      const fails = (length: number) => {
        const Sized = Job.make("errorValue.sized", { error: MailboxFull, maxAttempts: 1 })
        return Effect.gen(function*() {
          const { id } = yield* JobQueue.enqueue(Sized)
          yield* Testing.runDue({ jobs: [Sized] })
          return (yield* JobQueue.get(id)).lastErrorValue
        }).pipe(Effect.provide(Sized.toLayer(() => Effect.fail(full("n".repeat(length))))))
      }
      assert.isNotNull(yield* fails(room))
      assert.isNull(yield* fails(room + 1))
    }).pipe(inHoldfast()))

  it.effect("keeps the value of the last failure only: none after a stale release, nor after a failure by hand", () =>
    Effect.gen(function*() {
      const { id } = yield* JobQueue.enqueue(Send, { does: "fails" })
      yield* Testing.runDue({ jobs: [Send] })
      assert.isNotNull((yield* shown(id))[1])
      yield* JobQueue.cancel(id)
      yield* JobQueue.retry(id)
      assert.isNotNull((yield* shown(id))[1])
      yield* JobQueue.claim({ jobs: [Send] })
      yield* Testing.takeLeaseAway(id)
      assert.isNull((yield* shown(id))[1])
      yield* Testing.runDue({ jobs: [Send] })
      assert.isNotNull((yield* shown(id))[1])
      yield* JobQueue.retry(id)
      const [job] = yield* JobQueue.claim({ jobs: [Send] })
      assert(job)
      yield* JobQueue.fail(job.lease, full("by hand"))
      assert.isNull((yield* shown(id))[1])
    }).pipe(inHoldfast(SendLive)))

  it.effect("is shown without it, and named unreadable, where an app's SQL has left no JSON there", () =>
    Effect.gen(function*() {
      const sql = yield* SqlClient.SqlClient
      const { id } = yield* afterOne("fails")
      yield* sql`UPDATE holdfast_jobs SET last_error_value = 'no JSON' WHERE id = ${id}`
      const { lastErrorValue, unreadable } = yield* JobQueue.get(id)
      assert.deepStrictEqual([lastErrorValue, unreadable], [undefined, ["lastErrorValue"]])
    }).pipe(inHoldfast(SendLive)))
})

it.effect("a failed job whose definition names no error schema keeps the text alone", () => {
  const Plain = Job.make("errorValue.plain", { maxAttempts: 1 })
  return Effect.gen(function*() {
    const { id } = yield* JobQueue.enqueue(Plain)
    yield* Testing.runDue({ jobs: [Plain] })
    assert.deepStrictEqual((yield* shown(id)).slice(0, 2), ["failed", null])
  }).pipe(inHoldfast(Plain.toLayer(() => Effect.fail({ plain: "data" }))))
})
