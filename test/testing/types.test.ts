import { assert, describe, it } from "@effect/vitest"
import { Effect, Schema } from "effect"
import { Job } from "../../src/index.ts"
import type { StoreFaults } from "../../src/testing.ts"
import * as Testing from "../../src/testing.ts"

/** What does not compile in a user's test. The compiler checks: an error that is expected and does not come is one. */

class MailboxFull extends Schema.TaggedError<MailboxFull>()("MailboxFull", {}) {}

const Welcome = Job.make("testing.welcome", {
  payload: { userId: Schema.String, age: Schema.Number },
  success: Schema.Number,
  error: MailboxFull
})
const WelcomeLive = Welcome.toLayer(() => Effect.succeed(1))

const complete = (effect: Effect.Effect<unknown, unknown>) => effect

const inMemory = Effect.provide(Testing.layerMemory)

describe("the types of holdfast/testing", () => {
  it("the layer in memory needs nothing, and the other a job store", () => {
    assert.isDefined(complete(inMemory(Testing.enqueued(Welcome))))
    // @ts-expect-error -- the job store is missing
    assert.isDefined(complete(Effect.provide(Testing.enqueued(Welcome), Testing.layer)))
  })

  it("jobs are run only where their handlers are provided", () => {
    const run = Testing.runDue({ jobs: [Welcome] })
    assert.isDefined(complete(run.pipe(Effect.provide(WelcomeLive), inMemory)))
    // @ts-expect-error -- the handler of "testing.welcome" is missing
    assert.isDefined(complete(inMemory(run)))
    // @ts-expect-error -- here too
    assert.isDefined(complete(inMemory(Testing.runAll({ jobs: [Welcome] }))))
    // @ts-expect-error -- and here
    assert.isDefined(complete(Testing.perform(Welcome, { userId: "ada", age: 36 })))
  })

  it("a payload is expected as its definition has it, some or all of it", () => {
    assert.isDefined(Testing.assertEnqueued(Welcome, { userId: "ada" }))
    assert.isDefined(Testing.assertEnqueued(Welcome, ({ age }) => age > 18, { delay: "5 minutes" }))
    // @ts-expect-error -- not a string
    assert.isDefined(Testing.assertEnqueued(Welcome, { userId: 1 }))
    // @ts-expect-error -- no such field
    assert.isDefined(Testing.assertEnqueued(Welcome, { user: "ada" }))
    // @ts-expect-error -- no such field here either
    assert.isDefined(Testing.assertNotEnqueued(Welcome, { user: "ada" }))
    // @ts-expect-error -- no such option
    assert.isDefined(Testing.assertEnqueued(Welcome, {}, { after: "5 minutes" }))
    // @ts-expect-error -- one field is missing: a handler is given all of its payload
    assert.isDefined(Testing.perform(Welcome, { userId: "ada" }))
  })

  it("what comes back has the types of the definition", () => {
    const userIds = Effect.map(Testing.enqueued(Welcome), (jobs) => jobs.map(({ payload }): string => payload.userId))
    const result: Effect.Effect<number, unknown, Job.Handler<"testing.welcome">> = Testing.perform(Welcome, {
      userId: "ada",
      age: 36
    })
    const caught = Effect.catchTag(
      Testing.perform(Welcome, { userId: "ada", age: 36 }),
      "MailboxFull",
      () => Effect.succeed(0)
    )
    // @ts-expect-error -- the result is a number
    const wrong: Effect.Effect<string, unknown, Job.Handler<"testing.welcome">> = result
    assert.isDefined([userIds, result, caught, wrong])
  })

  it("only an operation that the store has can be broken", () => {
    const broken: Effect.Effect<void, never, StoreFaults> = Testing.StoreFaults.inject("claim", Testing.failing, 1)
    // @ts-expect-error -- no such operation
    assert.isDefined([broken, Testing.StoreFaults.inject("fetch", Testing.failing)])
  })
})
