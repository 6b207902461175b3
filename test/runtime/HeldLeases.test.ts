import { assert, describe, it } from "@effect/vitest"
import { Effect, TestClock } from "effect"
import { Lease } from "../../src/domain/Lease.ts"
import { monotonicMillis } from "../../src/platform/monotonic.ts"
import { makeHeldLeases } from "../../src/runtime/lease/HeldLeases.ts"
import { jobId } from "../store/someJobs.ts"

const lease = (number: number, attempt = 1, worker = "w") =>
  new Lease({ jobId: jobId(number), worker, attempt, failures: 0, lockedAt: 0, lockedUntil: 1000 })

const stale = ({ attempt, jobId: id, lockedUntil, worker: lockedBy }: Lease) => ({ id, attempt, lockedBy, lockedUntil })

describe("the leases of a process", () => {
  it.effect("are held until their deadline, and no longer than they are let go", () =>
    Effect.gen(function*() {
      const { hold, letGo, notHeld } = makeHeldLeases()
      const [one, two] = [lease(1), lease(2)]
      const both = [one, two].map(stale)
      assert.deepStrictEqual(yield* notHeld(both), both)
      hold(one, () => 100, yield* monotonicMillis)
      hold(two, () => 200, yield* monotonicMillis)
      assert.deepStrictEqual(yield* notHeld(both), [])
      yield* TestClock.adjust(99)
      assert.deepStrictEqual(yield* notHeld(both), [])
      yield* TestClock.adjust(1)
      assert.deepStrictEqual(yield* notHeld(both), [stale(one)])
      letGo(two)
      assert.deepStrictEqual(yield* notHeld(both), both)
    }))

  it.effect("follow the deadline as it moves", () =>
    Effect.gen(function*() {
      const { hold, notHeld } = makeHeldLeases()
      let until = 100
      hold(lease(1), () => until, yield* monotonicMillis)
      until = 50
      yield* TestClock.adjust(50)
      assert.lengthOf(yield* notHeld([stale(lease(1))]), 1)
      until = 200
      yield* TestClock.adjust(100)
      assert.lengthOf(yield* notHeld([stale(lease(1))]), 0)
      hold(lease(1), () => 150, yield* monotonicMillis)
      assert.lengthOf(yield* notHeld([stale(lease(1))]), 1)
    }))

  it.effect("are told from another attempt of the job, and from another's lease", () =>
    Effect.gen(function*() {
      const { hold, notHeld } = makeHeldLeases()
      hold(lease(1), () => 100, yield* monotonicMillis)
      const others = [lease(1, 2), lease(1, 1, "v"), lease(2)].map(stale)
      assert.deepStrictEqual(yield* notHeld(others), others)
    }))

  it.effect("that nobody lets go are forgotten once they are over, and those that are not are kept", () =>
    Effect.gen(function*() {
      const { hold, notHeld } = makeHeldLeases()
      let asked = 0
      const counting = (until: number) => () => (asked++, until)
      hold(lease(0), () => Infinity, yield* monotonicMillis)
      for (let number = 1; number <= 10_000; number++) {
        hold(lease(number), counting(number), yield* monotonicMillis)
        if (number % 500 === 0) yield* TestClock.adjust(500)
      }
      assert.lengthOf(yield* notHeld([stale(lease(0))]), 0)
      // Each is asked at most a few times, when the registry is tidied, and then no more.
      assert.isBelow(asked, 30_000)
      asked = 0
      yield* notHeld(Array.from({ length: 10_000 }, (_, index) => stale(lease(index + 1))))
      assert.isBelow(asked, 2_000)
    }))

  it.effect("are rarely looked through for those that are over, however many are held", () =>
    Effect.gen(function*() {
      const { hold } = makeHeldLeases()
      const now = yield* monotonicMillis
      let asked = 0
      for (let number = 0; number < 5000; number++) hold(lease(number), () => (asked++, Infinity), now)
      assert.isBelow(asked, 10_000)
    }))
})
