import { assert, describe, it, vi } from "@effect/vitest"
import { Data, Duration, Effect, Exit, FastCheck, Option } from "effect"
import { endedAs } from "../../src/domain/AttemptEnd.ts"
import { InvalidOption } from "../../src/domain/errors.ts"
import { JobStatus } from "../../src/domain/JobRecord.ts"
import { outcomeOf, StopReason } from "../../src/domain/Outcome.ts"
import { NeverRetry, neverRetry, Snooze, snooze } from "../../src/domain/Verdict.ts"

class MailboxFull extends Data.TaggedError("MailboxFull")<{ readonly quota: number }> {}

const cleanupFailed = Effect.acquireUseRelease(Effect.void, () => Effect.interrupt, () => Effect.die("cleanup failed"))

/** Every way for a handler to end. */
const ends = {
  "succeeds": Effect.succeed("sent"),
  "fails": Effect.fail(new MailboxFull({ quota: 3 })),
  "dies": Effect.die(new TypeError("oops")),
  "is interrupted": Effect.interrupt,
  "is interrupted and fails in a finalizer": cleanupFailed,
  "snoozes": snooze("5 minutes"),
  "says never again": neverRetry(new MailboxFull({ quota: 0 }))
}

/** Everyone who may have asked it to stop. */
const stops = {
  "nobody": Option.none(),
  "a lost lease": Option.some(StopReason.LeaseLost()),
  "its deadline": Option.some(StopReason.DeadlinePassed()),
  "a cancel": Option.some(StopReason.Cancelled()),
  "a shutdown": Option.some(StopReason.Shutdown()),
  "its timeout": Option.some(StopReason.TimedOut({ after: Duration.seconds(30) }))
}

type Cell = "complete" | "fail" | "fail for good" | "time out" | "snooze" | "release" | "abandon"

const table: Record<keyof typeof ends, Record<keyof typeof stops, Cell>> = {
  "succeeds": row("complete", { cancel: "complete", shutdown: "complete", timeout: "complete" }),
  "fails": row("fail", { cancel: "fail", shutdown: "fail", timeout: "fail" }),
  "dies": row("fail", { cancel: "fail", shutdown: "fail", timeout: "fail" }),
  "is interrupted": row("fail", { cancel: "release", shutdown: "release", timeout: "time out" }),
  "is interrupted and fails in a finalizer": row("fail", {
    cancel: "release",
    shutdown: "release",
    timeout: "time out"
  }),
  "snoozes": row("snooze", { cancel: "snooze", shutdown: "snooze", timeout: "snooze" }),
  "says never again": row("fail for good", {
    cancel: "fail for good",
    shutdown: "fail for good",
    timeout: "fail for good"
  })
}

/** A handler that may not write any more abandons its attempt, however it ends. */
function row(alone: Cell, asked: { readonly cancel: Cell; readonly shutdown: Cell; readonly timeout: Cell }) {
  return {
    "nobody": alone,
    "a lost lease": "abandon",
    "its deadline": "abandon",
    "a cancel": asked.cancel,
    "a shutdown": asked.shutdown,
    "its timeout": asked.timeout
  } as const
}

const cellOf = (exit: Exit.Exit<unknown, unknown>, stopped: Option.Option<StopReason>): Cell => {
  const outcome = outcomeOf(exit, stopped)
  switch (outcome._tag) {
    case "Complete":
      return "complete"
    case "Snooze":
      return "snooze"
    case "Release":
      return "release"
    case "Abandon":
      return "abandon"
    case "Fail":
      if (outcome.name === "Timeout") return "time out"
      return outcome.final ? "fail for good" : "fail"
  }
}

describe("outcomeOf", () => {
  for (const [end, handler] of Object.entries(ends)) {
    for (const [stop, reason] of Object.entries(stops)) {
      const expected = table[end as keyof typeof ends][stop as keyof typeof stops]
      it.effect(`a handler that ${end}, stopped by ${stop}, ends in: ${expected}`, () =>
        Effect.gen(function*() {
          const exit = yield* Effect.exit<unknown, unknown, never>(handler)
          assert.strictEqual(cellOf(exit, reason), expected)
        }))
    }
  }

  it.effect("a handler that interrupts itself has failed, and is not taken for a shutdown", () =>
    Effect.gen(function*() {
      const outcome = outcomeOf(yield* Effect.exit(Effect.interrupt), Option.none())
      assert(outcome._tag === "Fail")
      assert.strictEqual(outcome.name, "Interrupted")
      assert.isFalse(outcome.final)
    }))

  it.effect("a failure among parallel work that it interrupted is told by its own error", () =>
    Effect.gen(function*() {
      const work = Effect.all([Effect.never, Effect.fail(new MailboxFull({ quota: 3 }))], { concurrency: "unbounded" })
      const outcome = outcomeOf(yield* Effect.exit(work), Option.none())
      assert(outcome._tag === "Fail")
      assert.strictEqual(outcome.name, "MailboxFull")
    }))

  it.effect("the outcome keeps the value, the delay, the error and the reason it ended with", () =>
    Effect.gen(function*() {
      const complete = outcomeOf(Exit.succeed("sent"), Option.none())
      assert(complete._tag === "Complete")
      assert.strictEqual(complete.value, "sent")

      const later = outcomeOf(yield* Effect.exit(snooze("5 minutes")), Option.none())
      assert(later._tag === "Snooze")
      assert.strictEqual(Duration.toMillis(later.delay), 300_000)

      const failed = outcomeOf(Exit.fail(new MailboxFull({ quota: 3 })), Option.none())
      assert(failed._tag === "Fail")
      assert.strictEqual(failed.name, "MailboxFull")
      assert.include(failed.error, "MailboxFull")

      const never = outcomeOf(yield* Effect.exit(neverRetry("address is gone")), Option.none())
      assert(never._tag === "Fail")
      assert.include(never.error, "address is gone")

      const slow = outcomeOf(Exit.interrupt(yield* Effect.fiberId), stops["its timeout"])
      assert(slow._tag === "Fail")
      assert.strictEqual(slow.error, "Timed out after 30s")
      assert.isFalse(slow.final)
    }))

  it.effect.prop(
    "whatever a handler ends with, and whoever stopped it, there is an outcome and no exception",
    [
      FastCheck.anything({ withBigInt: true, withNullPrototype: true, withSparseArray: true }),
      FastCheck.constantFrom(...Object.values(stops))
    ],
    ([value, stopped]) =>
      Effect.sync(() => {
        for (
          const exit of [
            Exit.succeed(value),
            Exit.fail(value),
            Exit.die(value),
            Exit.fail(new NeverRetry({ reason: value }))
          ]
        ) {
          assert.isString(outcomeOf(exit, stopped)._tag)
        }
      })
  )

  it("an error that throws when it is looked at fails the attempt like any other", () => {
    const hostile = new Proxy({}, {
      get: () => {
        throw new Error("hands off")
      },
      has: () => {
        throw new Error("hands off")
      }
    })
    for (const exit of [Exit.fail(hostile), Exit.die(hostile)]) {
      assert.strictEqual(outcomeOf(exit, Option.none())._tag, "Fail")
    }
  })
})

it("the end of an attempt is the one that its job came to, and the caller's own word while the job goes on", () => {
  const ends = JobStatus.literals.map((status) => [status, endedAs(status, "retrying")])
  assert.deepStrictEqual(Object.fromEntries(ends), {
    waiting: "retrying",
    pending: "retrying",
    running: "retrying",
    succeeded: "succeeded",
    failed: "failed",
    cancelled: "cancelled"
  })
})

describe("verdicts", () => {
  it.effect("a snooze that would never end is refused where it is made", () =>
    Effect.gen(function*() {
      const forever = yield* Effect.exit(snooze(Duration.infinity))
      assert(Exit.isFailure(forever) && forever.cause._tag === "Die")
      assert.instanceOf(forever.cause.defect, InvalidOption)
    }))

  it.effect("verdicts are values in the error channel", () =>
    Effect.gen(function*() {
      assert.instanceOf(yield* Effect.flip(snooze("1 second")), Snooze)
      assert.instanceOf(yield* Effect.flip(neverRetry("no")), NeverRetry)
    }))

  it.effect("a verdict of a second copy of the package means the same", () =>
    Effect.gen(function*() {
      vi.resetModules()
      const copy = yield* Effect.promise(() => import("../../src/domain/Verdict.ts"))
      assert.notStrictEqual<unknown>(copy.Snooze, Snooze)
      const ended = (handler: Effect.Effect<unknown, unknown>) =>
        Effect.map(Effect.exit(handler), (exit) => outcomeOf(exit, Option.none()))
      assert.deepInclude(yield* ended(copy.snooze("5 minutes")), { _tag: "Snooze", delay: Duration.minutes(5) })
      assert.deepInclude(yield* ended(copy.neverRetry("no")), { _tag: "Fail", final: true })
    }))
})
