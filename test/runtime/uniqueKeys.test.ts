import { assert, describe, it } from "@effect/vitest"
import { Clock, Effect, Schema, TestClock } from "effect"
import * as Job from "../../src/domain/Job.ts"
import type { EnqueueOptions } from "../../src/runtime/JobQueueService.ts"
import { JobQueue } from "../../src/runtime/JobQueue.ts"
import { inHoldfast, makeGate, settled, work } from "./harness.ts"

const Index = Job.make("uniqueKeys.index", { payload: Schema.String })

/** A handler that notes what it indexed, and when. */
const indexing = () => {
  const indexed: Array<readonly [text: string, at: number]> = []
  const note = (text: string) => Effect.map(Clock.currentTimeMillis, (now) => void indexed.push([text, now]))
  return { indexed, note }
}

const index = (text: string, options?: EnqueueOptions) =>
  Effect.map(JobQueue.enqueue(Index, text, { uniqueKey: "page", ...options }), ({ outcome }) => outcome)

describe("a unique key", () => {
  it.effect("misses no change: what is enqueued while its job runs is run after it, however often only once", () => {
    const { indexed, note } = indexing()
    return Effect.gen(function*() {
      const gate = yield* makeGate
      yield* Effect.gen(function*() {
        yield* work({ jobs: [Index] })
        yield* index("first")
        yield* gate.reached
        assert.deepStrictEqual([yield* index("second"), yield* index("third")], ["enqueued", "kept"])
        yield* gate.open
        yield* settled
        assert.deepStrictEqual(indexed.map(([text]) => text), ["first", "second"])
      }).pipe(inHoldfast(Index.toLayer((text) => Effect.zipRight(gate.pass, note(text)))))
    })
  })

  it.effect("lets a job enqueue itself again and again", () => {
    let runs = 0
    return Effect.gen(function*() {
      yield* work({ jobs: [Index] })
      yield* index("again")
      yield* TestClock.adjust("1 minute")
      assert.strictEqual(runs, 7)
    }).pipe(inHoldfast(
      Index.toLayer(() => Effect.suspend(() => ++runs < 7 ? index("again", { delay: "1 second" }) : Effect.void))
    ))
  })

  it.effect("of scope unfinished lets one job of many run at a time, and none of the others after it", () => {
    const { indexed, note } = indexing()
    return Effect.gen(function*() {
      const gate = yield* makeGate
      yield* Effect.gen(function*() {
        yield* work({ jobs: [Index] })
        yield* index("first", { uniqueScope: "unfinished" })
        yield* gate.reached
        assert.strictEqual(yield* index("second", { uniqueScope: "unfinished" }), "kept")
        yield* gate.open
        yield* settled
        assert.deepStrictEqual(indexed.map(([text]) => text), ["first"])
        assert.strictEqual(yield* index("third", { uniqueScope: "unfinished" }), "enqueued")
      }).pipe(inHoldfast(Index.toLayer((text) => Effect.zipRight(gate.pass, note(text)))))
    })
  })

  it.effect("debounces: each enqueue moves the job on, until it has waited for the longest wait", () => {
    const { indexed, note } = indexing()
    return Effect.gen(function*() {
      yield* work({ jobs: [Index] })
      for (let edit = 0; edit < 10; edit++) {
        yield* index(`edit ${edit}`, { delay: "5 seconds", onConflict: "move", maxWait: "12 seconds" })
        yield* TestClock.adjust("2 seconds")
      }
      yield* TestClock.adjust("1 minute")
      assert.deepStrictEqual(indexed, [["edit 0", 12_000], ["edit 6", 23_000]])
    }).pipe(inHoldfast(Index.toLayer(note)))
  })

  it.effect("runs a pending job with the payload that replaced its own", () => {
    const { indexed, note } = indexing()
    return Effect.gen(function*() {
      yield* index("old", { delay: "5 seconds" })
      assert.strictEqual(yield* index("new", { onConflict: "replace" }), "replaced")
      yield* work({ jobs: [Index] })
      yield* TestClock.adjust("5 seconds")
      assert.deepStrictEqual(indexed, [["new", 5000]])
    }).pipe(inHoldfast(Index.toLayer(note)))
  })

  it.effect("wakes a worker that waits for a job which is moved to an earlier instant", () => {
    const { indexed, note } = indexing()
    return Effect.gen(function*() {
      yield* work({ jobs: [Index] })
      yield* index("later", { delay: "1 hour" })
      yield* settled
      assert.strictEqual(yield* index("now", { onConflict: "move" }), "moved")
      yield* settled
      assert.deepStrictEqual(indexed, [["later", 0]])
    }).pipe(inHoldfast(Index.toLayer(note)))
  })
})
