import { assert, describe, it } from "@effect/vitest"
import { Context, DateTime, Effect, Layer, Schema, TestClock } from "effect"
import { CurrentJob, Job, neverRetry, snooze } from "../../src/index.ts"
import { perform } from "../../src/testing.ts"

class MailboxFull extends Schema.TaggedError<MailboxFull>()("MailboxFull", { quota: Schema.Number }) {}

const Send = Job.make("perform.send", {
  payload: { to: Schema.String, sentAt: Schema.DateTimeUtc },
  success: Schema.NonEmptyString,
  error: MailboxFull,
  queue: "mail",
  leaseFor: "1 minute"
})

const Count = Job.make("perform.count", {
  payload: Schema.Number,
  success: Schema.NonEmptyString,
  error: MailboxFull
})

const payload = { to: "ada", sentAt: DateTime.unsafeMake(86_400_000) }

describe("perform", () => {
  it.effect("runs the handler with the payload as a store gives it, and answers its result", () =>
    Effect.gen(function*() {
      assert.strictEqual(yield* perform(Send, payload), "ada at 1970-01-02T00:00:00.000Z")
    }).pipe(
      Effect.provide(Send.toLayer(({ sentAt, to }) => Effect.succeed(`${to} at ${DateTime.formatIso(sentAt)}`)))
    ))

  it.effect("the handler is not given what the definition does not know of", () => {
    const Keys = Job.make("perform.keys", { payload: { a: Schema.Number }, success: Schema.String })
    const more = { a: 1, b: 2 }
    return Effect.gen(function*() {
      assert.strictEqual(yield* perform(Keys, more), "a")
    }).pipe(Effect.provide(Keys.toLayer((payload) => Effect.succeed(Object.keys(payload).join()))))
  })

  it.effect("fails with what the handler fails with, verdicts included", () =>
    Effect.gen(function*() {
      const failure = (handler: Parameters<typeof Send.toLayer>[0]) =>
        Effect.flip(Effect.provide(perform(Send, payload), Send.toLayer(handler)))
      assert.deepStrictEqual(
        yield* failure(() => Effect.fail(new MailboxFull({ quota: 3 }))),
        new MailboxFull({ quota: 3 })
      )
      assert.strictEqual((yield* failure(() => snooze("1 hour")))._tag, "Snooze")
      assert.strictEqual((yield* failure(() => neverRetry("no")))._tag, "NeverRetry")
    }))

  it.effect("refuses a payload that would not come out of a store again, and a result that would not go in", () =>
    Effect.gen(function*() {
      const handled = Effect.provide(Count.toLayer((n) => Effect.succeed(n === 1 ? "one" : "")))
      assert.strictEqual(yield* handled(perform(Count, 1)), "one")
      const given = yield* Effect.flip(handled(perform(Count, Number.NaN)))
      assert(given._tag === "InvalidJob")
      assert.strictEqual(given.field, "payload")
      const result = yield* Effect.flip(handled(perform(Count, 2)))
      assert(result._tag === "InvalidJob")
      assert.strictEqual(result.field, "result")
    }))

  it.effect("the handler finds itself in the first attempt of a new job, unless told otherwise", () => {
    const seen: Array<typeof CurrentJob.Service> = []
    const handler = Effect.gen(function*() {
      const job = yield* CurrentJob
      seen.push(job)
      yield* job.progress({ pages: 1 })
      return DateTime.formatIso(yield* job.deadline)
    })
    return Effect.gen(function*() {
      yield* TestClock.setTime(1000)
      assert.strictEqual(yield* perform(Send, payload), "1970-01-01T00:01:01.000Z")
      yield* perform(Send, payload, { attempt: 3, partitionKey: "acme" })
      const [first, third] = seen
      assert.deepInclude(first, {
        kind: "perform.send",
        queue: "mail",
        partitionKey: null,
        attempt: 1,
        fencingToken: 1
      })
      assert.deepInclude(third, { partitionKey: "acme", attempt: 3, fencingToken: 3 })
      assert.deepInclude(third?.lease, { attempt: 3, failures: 2 })
      assert.notStrictEqual(first?.id, third?.id)
    }).pipe(Effect.provide(Send.toLayer(() => handler)))
  })

  it.effect("what the handler says of its progress can be listened to, and is refused when it is no JSON", () => {
    const told: Array<unknown> = []
    const telling = (value: unknown) =>
      Send.toLayer(() => Effect.as(Effect.flatMap(CurrentJob, ({ progress }) => progress(value)), "told"))
    return Effect.gen(function*() {
      const progress = (value: unknown) => Effect.sync(() => void told.push(value))
      yield* perform(Send, payload, { progress }).pipe(Effect.provide(telling("halfway")))
      assert.deepStrictEqual(told, ["halfway"])
      const error = yield* Effect.flip(Effect.provide(perform(Send, payload), telling(1n)))
      assert.strictEqual(error._tag, "InvalidJob")
    })
  })

  it.effect("the handler has the services its layer was built with, and its scope is closed when it has ended", () => {
    class Mailer extends Context.Tag("test/perform/Mailer")<Mailer, { readonly name: string }>() {}
    const closed: Array<string> = []
    const handler = Effect.gen(function*() {
      yield* Effect.addFinalizer(() => Effect.sync(() => closed.push("closed")))
      return (yield* Mailer).name
    })
    return Effect.gen(function*() {
      assert.strictEqual(yield* perform(Send, payload), "post")
      assert.deepStrictEqual(closed, ["closed"])
    }).pipe(
      Effect.provide(Send.toLayer(() => handler).pipe(Layer.provide(Layer.succeed(Mailer, { name: "post" }))))
    )
  })
})
