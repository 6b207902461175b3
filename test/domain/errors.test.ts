import { assert, describe, it, vi } from "@effect/vitest"
import {
  ForeignTransaction,
  InvalidJob,
  InvalidOption,
  isLasting,
  JobIdConflict,
  JobNotFound,
  JobNotRetryable,
  LeaseLost,
  StoreError,
  UniqueKeyTaken
} from "../../src/domain/errors.ts"
import { JobId } from "../../src/domain/JobId.ts"

const jobId = JobId.make("018f2b5e-7a30-7000-8000-000000000001")
const heldBy = JobId.make("018f2b5e-7a30-7000-8000-000000000002")

it("an error that lasts is known as one, also where a second copy of the package made it", async () => {
  vi.resetModules()
  const copy = await import("../../src/domain/errors.ts")
  const of = (reason: "unavailable" | "newerSchema") =>
    new copy.StoreError({ operation: "claim", cause: new Error("no"), reason })
  assert.notInstanceOf(of("newerSchema"), StoreError)
  assert.deepStrictEqual([isLasting(of("newerSchema")), isLasting(of("unavailable")), isLasting(null)], [
    true,
    false,
    false
  ])
})

it("an error that throws when it is read is not taken for one that lasts", () => {
  const hostile = new Proxy({}, {
    getPrototypeOf: () => {
      throw new Error("hands off")
    }
  })
  assert.isFalse(isLasting(hostile))
})

it("a message shows the ends of what was given, however long it is", () => {
  const long = "x".repeat(1_000_000)
  for (
    const { message } of [
      new InvalidJob({ kind: long, field: "kind", given: long, allowed: "less" }),
      new InvalidOption({ option: "status", given: long, allowed: "less" })
    ]
  ) {
    assert.isBelow(message.length, 1500)
    assert.include(message, "[cut: 1000000 characters in all]")
  }
})

describe("an error's message", () => {
  const messages: ReadonlyArray<readonly [error: Error, message: string]> = [
    [new LeaseLost({ jobId, attempt: 2 }), `Lost the lease on job ${jobId}, attempt 2`],
    [new JobNotFound({ jobId: "job-1" }), "There is no job job-1"],
    [
      new JobNotRetryable({ jobId, status: "running" }),
      `Job ${jobId} is running; only a failed or cancelled job can be retried`
    ],
    [
      new JobIdConflict({ jobId }),
      `Job ${jobId} exists with another kind, payload or partition; an id names one job until that is deleted`
    ],
    [
      new UniqueKeyTaken({ jobId, uniqueKey: "ada", heldBy }),
      `Job ${jobId} cannot be retried: job ${heldBy} holds its unique key "ada"`
    ],
    [
      new InvalidJob({ kind: "email", field: "priority", given: "0.5", allowed: "an integer" }),
      `Job "email", priority: got 0.5; expected an integer`
    ],
    [
      new InvalidJob({ kind: "email", field: "payload", allowed: "string at user.id" }),
      `Job "email", payload: expected string at user.id`
    ],
    [
      new InvalidOption({ option: "concurrency", given: "0", allowed: "1 or more" }),
      "concurrency: got 0; expected 1 or more"
    ],
    [
      new ForeignTransaction({ operation: "enqueue" }),
      "enqueue was called inside a transaction of another SqlClient than the job store's"
    ]
  ]
  for (const [error, message] of messages) {
    it(`tells of a ${error.name} all that explains it: ${message}`, () => {
      assert.strictEqual(error.message, message)
    })
  }

  it("of a store that failed tells what the driver said, from under all that wraps it", () => {
    const said = (cause: unknown) => new StoreError({ operation: "claim", cause }).message
    const driver = new Error("database is locked")
    assert.strictEqual(said(driver), "The job store failed in claim: database is locked")
    const wrapped = new Error("Failed", { cause: new Error("Failed to execute statement", { cause: driver }) })
    assert.strictEqual(said(wrapped), "The job store failed in claim: database is locked")
    assert.strictEqual(said(new Error("Failed", { cause: "disk" })), "The job store failed in claim: disk")
  })

  it("of a store that failed has an end, and can be read, whatever was thrown", () => {
    let reads = 0
    const loop: Error = Object.defineProperty(new Error("round and round"), "cause", {
      get() {
        if (++reads > 1000) throw new Error("for ever")
        return loop
      }
    })
    const mute = Object.defineProperty(new Error("never seen"), "message", {
      get() {
        throw new Error("mute")
      }
    })
    const unreadable = "An error that throws when it is shown"
    const causes: ReadonlyArray<readonly [cause: unknown, told: string]> = [
      [loop, "round and round"],
      [mute, unreadable],
      [Object.create(null), unreadable]
    ]
    for (const [cause, told] of causes) {
      assert.strictEqual(
        new StoreError({ operation: "claim", cause }).message,
        `The job store failed in claim: ${told}`
      )
    }
  })
})
