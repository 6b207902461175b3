import { assert, describe, it } from "@effect/vitest"
import { Effect, FastCheck, Schema, TestClock } from "effect"
import { JobId } from "../../src/domain/JobId.ts"
import { Ids } from "../../src/platform/Ids.ts"

const newId = Effect.flatMap(Ids, ({ jobId }) => jobId)
const newWorkerId = Effect.flatMap(Ids, ({ workerId }) => workerId)

const assertRising = (ids: ReadonlyArray<string>) => {
  for (let index = 1; index < ids.length; index++) {
    assert.isBelow(String(ids[index - 1]).localeCompare(String(ids[index])), 0)
  }
}

describe("job ids", () => {
  it.effect("rise strictly, 10,000 of them within one millisecond", () =>
    Effect.gen(function*() {
      yield* TestClock.setTime(1_700_000_000_000)
      assertRising(yield* Effect.replicateEffect(newId, 10_000))
    }))

  it.effect.prop(
    "rise strictly, wherever the clock jumps between them",
    [FastCheck.array(FastCheck.integer({ min: 0, max: 2_000_000_000_000 }), { minLength: 2, maxLength: 20 })],
    ([instants]) =>
      Effect.gen(function*() {
        const ids: Array<string> = []
        for (const instant of instants) {
          yield* TestClock.setTime(instant)
          ids.push(yield* newId, yield* newId)
        }
        assertRising(ids)
      }),
    { fastCheck: { numRuns: 20 } }
  )

  it.effect("are version 7 UUIDs that say when they were made", () =>
    Effect.gen(function*() {
      const instant = 3_000_000_000_000
      yield* TestClock.setTime(instant)
      const id = yield* newId
      assert.isTrue(Schema.is(JobId)(id))
      assert.strictEqual(id[14], "7")
      assert.strictEqual(Number.parseInt(id.replaceAll("-", "").slice(0, 12), 16), instant)
    }))

  it.effect("two that are drawn in one millisecond share no random part", () =>
    Effect.gen(function*() {
      const tails = (yield* Effect.replicateEffect(newId, 1000)).map((id) => id.slice(-12))
      assert.strictEqual(new Set(tails).size, 1000)
    }))
})

describe("worker ids", () => {
  it.effect("name host, process and a random incarnation, so that a restarted worker is another one", () =>
    Effect.gen(function*() {
      const [one, two] = [yield* newWorkerId, yield* newWorkerId]
      assert.match(one, new RegExp(`^.+:${process.pid}:[0-9a-f]{32}$`))
      assert.notStrictEqual(one, two)
    }))
})
