import { assert, describe, it } from "@effect/vitest"
import { Effect, Option } from "effect"
import { StopReason } from "../../src/domain/Outcome.ts"
import { Slots } from "../../src/runtime/worker/Slots.ts"
import { JobStore } from "../../src/store/JobStore.ts"
import type { ClaimedJob } from "../../src/store/JobStore.ts"
import { memory } from "../store/someJobs.ts"

const job = { queue: "default" } as ClaimedJob

/** The slots of a worker, which begins in the turn that a test lets come. */
const slotsOf = (concurrency: number, claimAhead: number) =>
  Effect.map(JobStore, ({ events }) => {
    const turns: Array<() => void> = []
    const slots = new Slots({
      concurrency,
      claimAhead,
      queues: Option.none(),
      onFreed: () => {},
      inSlices: (begin) => void turns.push(begin),
      events
    })
    const place = () => slots.place(job)
    const turn = () => {
      for (const begin of turns.splice(0)) begin()
    }
    return { place, room: () => slots.room.limit, turn, drain: slots.drain }
  })

describe("the slots of a worker", () => {
  it.effect("give each claimed job a place where none is claimed ahead, also when one has come back", () =>
    Effect.gen(function*() {
      const { place } = yield* slotsOf(1, 0)
      const unsettled = place()
      unsettled.slot.leave()
      unsettled.slot.comeBack()
      assert.isTrue(place().slot.hasPlace())
    }).pipe(Effect.provide(memory)))

  it.effect("have as many places as ever when jobs that were claimed ahead came back and were freed", () =>
    Effect.gen(function*() {
      const { place, room } = yield* slotsOf(2, 4)
      const running = [place(), place()]
      const late = [place(), place()]
      for (const { slot } of late) slot.comeBack()
      assert.isAtMost(room(), 0)
      for (const { slot } of running) slot.leave()
      for (const { slot } of late) slot.free(true)
      for (const { slot } of running) slot.free(true)
      assert.strictEqual(room(), 6)
    }).pipe(Effect.provide(memory)))

  it.effect("begin a job that waits, unless it is told to stop before its turn", () =>
    Effect.gen(function*() {
      const { place, turn } = yield* slotsOf(1, 4)
      const begun: Array<string> = []
      const [first, second, third] = [place(), place(), place()]
      second.slot.waitForPlace(() => void begun.push("second"))
      const stopWaiting = third.slot.waitForPlace(() => void begun.push("third"))
      first.slot.leave()
      assert.deepStrictEqual(begun, [])
      turn()
      assert.deepStrictEqual(begun, ["second"])
      second.slot.leave()
      stopWaiting()
      turn()
      assert.deepStrictEqual(begun, ["second"])
    }).pipe(Effect.provide(memory)))

  it.effect("begin no job whose turn comes when the worker has begun to drain", () =>
    Effect.gen(function*() {
      const { drain, place, turn } = yield* slotsOf(1, 4)
      const happened: Array<string> = []
      const [first, second] = [place(), place()]
      second.slot.waitForPlace(() => void happened.push("begun"))
      second.stopRequest.listen(({ _tag }) => void happened.push(_tag))
      first.slot.leave()
      yield* drain
      turn()
      assert.deepStrictEqual(happened, ["Shutdown"])
    }).pipe(Effect.provide(memory)))

  it.effect("give a place that was free before its job began to that job", () =>
    Effect.gen(function*() {
      const { place, turn } = yield* slotsOf(1, 4)
      const [first, second] = [place(), place()]
      assert.isFalse(second.slot.hasPlace())
      first.slot.leave()
      assert.isTrue(second.slot.hasPlace())
      turn()
      second.stopRequest.tellNow(StopReason.Shutdown())
      second.slot.free(true)
      first.slot.free(false)
      assert.isTrue(place().slot.hasPlace())
    }).pipe(Effect.provide(memory)))
})
