import { assert, describe, it } from "@effect/vitest"
import { assertSome } from "@effect/vitest/utils"
import { Context, DateTime, Duration, Effect, Layer, Option, Schedule, Schema } from "effect"
import { CurrentJob } from "../../src/domain/CurrentJob.ts"
import { InvalidJob } from "../../src/domain/errors.ts"
import type { Handler } from "../../src/domain/Job.ts"
import * as Job from "../../src/domain/Job.ts"
import { JobId } from "../../src/domain/JobId.ts"
import { Lease } from "../../src/domain/Lease.ts"
import { neverRetry, snooze } from "../../src/domain/Verdict.ts"

class MailboxFull extends Schema.TaggedError<MailboxFull>()("MailboxFull", { quota: Schema.Number }) {}

const Welcome = Job.make("email.welcome", {
  payload: { userId: Schema.String },
  success: Schema.Number,
  error: MailboxFull
})

class Mailer extends Context.Tag("test/Mailer")<Mailer, { readonly send: (to: string) => Effect.Effect<number> }>() {}

const refused = (define: () => unknown): InvalidJob => {
  try {
    define()
  } catch (error) {
    assert.instanceOf(error, InvalidJob)
    return error
  }
  return assert.fail("accepted")
}

describe("Job.make", () => {
  it("a definition that says nothing has the documented defaults", () => {
    const Plain = Job.make("plain", { payload: Schema.Void })
    assert.strictEqual(Plain.queue, "default")
    assert.strictEqual(Plain.priority, 0)
    assert.strictEqual(Plain.maxAttempts, 3)
    assert.isTrue(Option.isNone(Plain.timeout))
    assert.isTrue(Option.isNone(Plain.leaseFor))
  })

  it("a definition keeps what it was given, and a payload may be the fields of a struct", () => {
    const Full = Job.make("full", {
      payload: { a: Schema.Number },
      queue: "slow",
      priority: -1000,
      maxAttempts: 1,
      timeout: "10 seconds",
      leaseFor: 1,
      backoff: Schedule.stop
    })
    assert.deepStrictEqual(Schema.decodeUnknownSync(Full.payloadSchema)({ a: 1 }), { a: 1 })
    assert.strictEqual(Full.queue, "slow")
    assert.strictEqual(Full.priority, -1000)
    assert.strictEqual(Full.maxAttempts, 1)
    assertSome(Option.map(Full.timeout, Duration.toMillis), 10_000)
    assertSome(Option.map(Full.leaseFor, Duration.toMillis), 1)
    assert.strictEqual(Full.backoff, Schedule.stop)
  })

  const payload = Schema.Void
  const refusals: ReadonlyArray<readonly [what: string, field: string, given: string, define: () => unknown]> = [
    ["an empty kind", "kind", `""`, () => Job.make("", { payload })],
    ["half a surrogate pair", "kind", `"k\\ud800"`, () => Job.make("k\ud800", { payload })],
    ["a blank kind", "kind", `"  "`, () => Job.make("  ", { payload })],
    ["an empty queue", "queue", `""`, () => Job.make("k", { payload, queue: "" })],
    [
      "a queue of 256 characters",
      "queue",
      JSON.stringify("q".repeat(256)),
      () => Job.make("k", { payload, queue: "q".repeat(256) })
    ],
    ["a priority above 1000", "priority", "1001", () => Job.make("k", { payload, priority: 1001 })],
    ["a priority below -1000", "priority", "-1001", () => Job.make("k", { payload, priority: -1001 })],
    ["a fractional priority", "priority", "0.5", () => Job.make("k", { payload, priority: 0.5 })],
    ["a priority that is no number", "priority", "NaN", () => Job.make("k", { payload, priority: NaN })],
    ["no attempts at all", "maxAttempts", "0", () => Job.make("k", { payload, maxAttempts: 0 })],
    ["a fraction of an attempt", "maxAttempts", "1.5", () => Job.make("k", { payload, maxAttempts: 1.5 })],
    ["endless attempts", "maxAttempts", "Infinity", () => Job.make("k", { payload, maxAttempts: Infinity })],
    ["an infinite timeout", "timeout", "Infinity", () => Job.make("k", { payload, timeout: Infinity })],
    ["a timeout of nothing", "timeout", `"0 millis"`, () => Job.make("k", { payload, timeout: "0 millis" })],
    ["a negative timeout", "timeout", "-5", () => Job.make("k", { payload, timeout: -5 })],
    ["a timeout that is no duration", "timeout", `"soon"`, () => Job.make("k", { payload, timeout: "soon" as never })],
    ["an infinite lease", "leaseFor", "Infinity", () => Job.make("k", { payload, leaseFor: Infinity })],
    ["a lease of nothing", "leaseFor", "0", () => Job.make("k", { payload, leaseFor: 0 })]
  ]
  for (const [what, field, given, define] of refusals) {
    it(`${what} is refused, and the error names it and what is allowed`, () => {
      const error = refused(define)
      assert.strictEqual(error.field, field)
      assert.strictEqual(error.given, given)
      assert.isAbove(error.allowed.length, 0)
    })
  }
})

describe("Job.toLayer", () => {
  const current = (attempt: number) =>
    CurrentJob.of({
      id: JobId.make("01890a5d-ac96-774b-bcce-b302099a8057"),
      kind: "email.welcome",
      queue: "default",
      partitionKey: null,
      attempt,
      fencingToken: attempt,
      lease: new Lease({
        jobId: JobId.make("01890a5d-ac96-774b-bcce-b302099a8057"),
        worker: "w",
        attempt,
        failures: 0,
        lockedAt: 0,
        lockedUntil: 1
      }),
      deadline: DateTime.now,
      progress: () => Effect.void
    })

  it.effect("a handler runs with the services of its layer and the CurrentJob of its attempt", () =>
    Effect.gen(function*() {
      const handler = Welcome.toLayer(Effect.fnUntraced(function*({ userId }) {
        const { attempt } = yield* CurrentJob
        const { send } = yield* Mailer
        return (yield* send(userId)) * 10 + attempt
      }))
      const { run, services } = yield* Job.handlerTag("email.welcome").pipe(
        Effect.provide(handler),
        Effect.provideService(Mailer, { send: (to) => Effect.succeed(to.length) })
      )
      const attempt = (number: number) =>
        run({ userId: "abc" }).pipe(
          Effect.provideService(CurrentJob, current(number)),
          Effect.scoped,
          Effect.provide(services)
        )
      assert.deepStrictEqual([yield* attempt(1), yield* attempt(2)], [31, 32])
    }))

  it.effect("a handler may be built by an Effect, once, when its layer is built", () =>
    Effect.gen(function*() {
      let built = 0
      const handler = Welcome.toLayer(Effect.sync(() => {
        built++
        return () => Effect.succeed(built)
      }))
      const { run } = yield* Effect.provide(Job.handlerTag("email.welcome"), handler)
      const attempt = run({ userId: "abc" }).pipe(Effect.provideService(CurrentJob, current(1)), Effect.scoped)
      assert.deepStrictEqual([yield* attempt, yield* attempt], [1, 1])
    }))

  it.effect("a handler that throws when it is called is a defect of the attempt", () =>
    Effect.gen(function*() {
      const handler = Welcome.toLayer((): Effect.Effect<number> => {
        throw new TypeError("no promise")
      })
      const { run } = yield* Effect.provide(Job.handlerTag("email.welcome"), handler)
      const exit = yield* Effect.exit(
        run({ userId: "abc" }).pipe(Effect.provideService(CurrentJob, current(1)), Effect.scoped)
      )
      assert(exit._tag === "Failure" && exit.cause._tag === "Die")
    }))

  it("a handler fails with its definition's error or a verdict, and with nothing else", () => {
    const accepted: ReadonlyArray<Layer.Layer<Handler<"email.welcome">>> = [
      Welcome.toLayer(() => Effect.succeed(1)),
      Welcome.toLayer(() => new MailboxFull({ quota: 1 })),
      Welcome.toLayer(() => snooze("1 minute")),
      Welcome.toLayer(() => neverRetry("gone")),
      Welcome.toLayer(({ userId }) => userId === "" ? snooze("1 minute") : Effect.succeed(userId.length))
    ]
    // @effect-diagnostics missingEffectError:off
    // @ts-expect-error -- another error than the definition's
    void Welcome.toLayer(() => Effect.fail("full"))
    // @ts-expect-error -- another result than the definition's
    void Welcome.toLayer(() => Effect.succeed("sent"))
    // @ts-expect-error -- another payload than the definition's
    void Welcome.toLayer((payload: { readonly id: number }) => Effect.succeed(payload.id))
    // @ts-expect-error -- built into something that is no handler
    void Welcome.toLayer(Effect.succeed(1))
    assert.strictEqual(accepted.length, 5)
  })

  it("a handler's layer asks for what the handler needs, but not for what the attempt gives it", () => {
    const needsMailer: Layer.Layer<Handler<"email.welcome">, never, Mailer> = Welcome.toLayer(() =>
      Effect.gen(function*() {
        yield* CurrentJob
        yield* Effect.addFinalizer(() => Effect.void)
        return yield* (yield* Mailer).send("a")
      })
    )
    // @effect-diagnostics missingLayerContext:off
    // @ts-expect-error -- Mailer is missing
    const needsNothing: Layer.Layer<Handler<"email.welcome">> = needsMailer
    // @ts-expect-error -- the handler of one kind is not the handler of another
    const another: Layer.Layer<Handler<"email.goodbye">, never, Mailer> = needsMailer
    assert.isTrue(Layer.isLayer(needsNothing) && Layer.isLayer(another))
  })

  it("a failure to build the handler is the layer's error", () => {
    const layer: Layer.Layer<Handler<"email.welcome">, "no mail server"> = Welcome.toLayer(
      Effect.fail("no mail server" as const) as Effect.Effect<() => Effect.Effect<number>, "no mail server">
    )
    assert.isTrue(Layer.isLayer(layer))
  })
})
