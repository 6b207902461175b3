import { assert, it } from "@effect/vitest"
import { Context, Effect, Layer, Schema } from "effect"
import { CurrentJob, Job, JobQueue } from "holdfast"
import * as Testing from "holdfast/testing"

class Mailer extends Context.Tag("app/Mailer")<Mailer, {
  readonly send: (userId: string, fencingToken: number) => Effect.Effect<void, "mailbox full">
}>() {}

const Welcome = Job.make("email.welcome", { payload: { userId: Schema.String } })

const WelcomeLive = Welcome.toLayer(({ userId }) =>
  Effect.gen(function*() {
    const { fencingToken } = yield* CurrentJob
    const { send } = yield* Mailer
    yield* send(userId, fencingToken)
  })
)

/** The mailbox of bob is full when he is written to for the first time. */
const MailerTest = Layer.succeed(Mailer, {
  send: (userId, fencingToken) => userId === "bob" && fencingToken === 1 ? Effect.fail("mailbox full") : Effect.void
})

const AppTest = WelcomeLive.pipe(Layer.provide(MailerTest), Layer.provideMerge(Testing.layerMemory))

it.effect("a welcome goes out after five minutes, and again when the mailbox was full", () =>
  Effect.gen(function*() {
    yield* JobQueue.enqueue(Welcome, { userId: "bob" }, { delay: "5 minutes" })
    yield* Testing.assertEnqueued(Welcome, { userId: "bob" }, { delay: "5 minutes" })

    yield* Testing.advance("5 minutes")
    const [first] = yield* Testing.runDue({ jobs: [Welcome] })
    assert.strictEqual(first?.ended, "retrying")

    const [second] = yield* Testing.runAll({ jobs: [Welcome] })
    assert.strictEqual(second?.ended, "succeeded")
    yield* Testing.assertNotEnqueued(Welcome)
  }).pipe(Effect.provide(AppTest)))

it.effect("a welcome goes out once, also when the answer of the database is lost", () =>
  Effect.gen(function*() {
    yield* JobQueue.enqueue(Welcome, { userId: "ada" })
    yield* Testing.StoreFaults.inject("complete", Testing.answerLost, 1)
    const attempts = yield* Testing.runAll({ jobs: [Welcome] })
    assert.deepStrictEqual(attempts.map(({ ended }) => ended), ["succeeded"])
  }).pipe(Effect.provide(AppTest)))
