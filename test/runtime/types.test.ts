import { assert, describe, it } from "@effect/vitest"
import type { Scope } from "effect"
import { Context, Effect, Layer, Schema } from "effect"
import { CurrentJob, Job, JobQueue, Worker } from "../../src/index.ts"
import { SqliteStore } from "../../src/sqlite.ts"
import * as Testing from "../../src/testing.ts"

/** What does not compile. The compiler is the one who checks: an error that is expected and does not come is one. */

class MailboxFull extends Schema.TaggedError<MailboxFull>()("MailboxFull", {}) {}
class Mailer extends Context.Tag("test/types/Mailer")<Mailer, { readonly send: Effect.Effect<void> }>() {}

const Welcome = Job.make("types.welcome", { payload: { userId: Schema.String }, error: MailboxFull })
const Goodbye = Job.make("types.goodbye", { payload: Schema.Void, success: Schema.Number })

const jobs = JobQueue.layer.pipe(Layer.provideMerge(SqliteStore.layer({ filename: ":memory:" })))

const WelcomeLive = Welcome.toLayer(() => Effect.void)
const GoodbyeLive = Goodbye.toLayer(() => Effect.succeed(1))

const runnable = (layer: Layer.Layer<never, unknown>) => layer

describe("the types", () => {
  it("a worker that lists a job compiles when the job's handler is provided, and not without", () => {
    const both = Worker.layer({ jobs: [Welcome, Goodbye] })
    assert.isDefined(runnable(both.pipe(Layer.provide([WelcomeLive, GoodbyeLive]), Layer.provide(jobs))))
    // @ts-expect-error -- the handler of "types.goodbye" is missing
    assert.isDefined(runnable(both.pipe(Layer.provide(WelcomeLive), Layer.provide(jobs))))
    // @ts-expect-error -- both are
    assert.isDefined(runnable(both.pipe(Layer.provide(jobs))))
    const half: Layer.Layer<never, unknown, Job.Handler<"types.goodbye">> = both.pipe(
      Layer.provide(WelcomeLive),
      Layer.provide(jobs)
    )
    assert.isDefined(half)
  })

  it.effect("a producer needs the definition, and not the handler", () =>
    Effect.gen(function*() {
      assert.isTrue((yield* JobQueue.enqueue(Welcome, { userId: "ada" })).enqueued)
    }).pipe(Effect.provide(jobs)))

  it("a payload of another type is refused", () => {
    // @ts-expect-error -- not a string
    assert.isDefined(JobQueue.enqueue(Welcome, { userId: 1 }))
    // @ts-expect-error -- not there
    assert.isDefined(JobQueue.enqueue(Welcome, {}))
  })

  it("a job without a payload is enqueued without one, and takes none", () => {
    const Nightly = Job.make("types.nightly", { success: Schema.Number })
    const Bare = Job.make("types.bare")
    assert.isDefined([
      JobQueue.enqueue(Nightly),
      JobQueue.enqueue(Nightly, { delay: "5 minutes" }),
      JobQueue.enqueueMany(Nightly, [{}, { priority: 2 }]),
      JobQueue.enqueue(Bare),
      Testing.perform(Nightly),
      Nightly.toLayer(() => Effect.succeed(1)),
      // What any definition may be given to gives it undefined.
      JobQueue.enqueue(Nightly, undefined, { delay: "5 minutes" })
    ])
    // @ts-expect-error -- it has no payload
    assert.isDefined(JobQueue.enqueue(Nightly, { userId: "ada" }))
    // @ts-expect-error -- nor has one of many
    assert.isDefined(JobQueue.enqueueMany(Nightly, [{ payload: { userId: "ada" } }]))
    // @ts-expect-error -- a job with a payload is not enqueued without one
    assert.throws(() => Effect.runSync(JobQueue.enqueue(Welcome)))
    // @ts-expect-error -- nor among many
    assert.isDefined(JobQueue.enqueueMany(Welcome, [{ priority: 2 }]))
    // @ts-expect-error -- nor performed
    assert.isDefined(Testing.perform(Welcome))
  })

  it("a key that follows from the payload is a function of the payload's type", () => {
    const Sync = Job.make("types.sync", {
      payload: { shop: Schema.String, page: Schema.NumberFromString },
      uniqueKey: ({ page, shop }) => `${shop} ${page.toFixed()}`,
      partitionKey: ({ shop }) => shop
    })
    assert.strictEqual(Sync.kind, "types.sync")
    // @ts-expect-error -- a key is text
    assert.isDefined(Job.make("types.odd", { payload: { page: Schema.Number }, uniqueKey: ({ page }) => page }))
    // @ts-expect-error -- there is no such field
    assert.isDefined(Job.make("types.odd", { payload: { page: Schema.Number }, uniqueKey: ({ shop }) => shop }))
  })

  it("a handler gives the result and fails with the errors its definition names, or a verdict", () => {
    assert.isDefined(Welcome.toLayer(() => Effect.fail(new MailboxFull())))
    // @ts-expect-error -- an error that the definition does not name
    assert.isDefined(Welcome.toLayer(() => Effect.fail("no")))
    // @ts-expect-error -- a result that the definition does not name
    assert.isDefined(Goodbye.toLayer(() => Effect.succeed("one")))
  })

  it("what a handler needs, its layer needs; what belongs to the attempt it is given", () => {
    const layer = Welcome.toLayer(({ userId }) =>
      Effect.gen(function*() {
        yield* (yield* Mailer).send
        yield* (yield* CurrentJob).progress({ userId })
        yield* Effect.addFinalizer(() => Effect.void)
      }).pipe(Effect.orDie)
    )
    const required: Layer.Layer<Job.Handler<"types.welcome">, never, Mailer> = layer
    // @ts-expect-error -- the mailer is missing
    const complete: Layer.Layer<Job.Handler<"types.welcome">> = layer
    const given: Exclude<Layer.Layer.Context<typeof layer>, Mailer> extends never ? true : CurrentJob | Scope.Scope =
      true
    assert.isDefined([required, complete, given])
  })

  it("an Effect that builds a handler has the layer's Scope, and no job yet", () => {
    const built = Welcome.toLayer(Effect.gen(function*() {
      const mailer = yield* Effect.acquireRelease(Mailer, () => Effect.void)
      return () => Effect.zipRight(CurrentJob, mailer.send)
    }))
    const required: Layer.Layer<Job.Handler<"types.welcome">, never, Mailer> = built
    const early = Welcome.toLayer(Effect.map(CurrentJob, () => () => Effect.void))
    // @ts-expect-error -- there is no job yet
    const complete: Layer.Layer<Job.Handler<"types.welcome">> = early
    assert.isDefined([required, complete])
  })
})
