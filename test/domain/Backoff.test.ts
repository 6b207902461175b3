import { assert, describe, it } from "@effect/vitest"
import { Duration, Effect, FastCheck, Option, Schedule, ScheduleDecision, ScheduleInterval } from "effect"
import type { Backoff } from "../../src/domain/Backoff.ts"
import { defaultBackoff, delayAfter, storableMillis } from "../../src/domain/Backoff.ts"

const now = Date.UTC(2026, 0, 1)
const tenYears = Duration.toMillis(Duration.days(3650))

const delays = (backoff: Backoff, failures: ReadonlyArray<number>) =>
  Effect.forEach(
    failures,
    (count) =>
      Effect.map(delayAfter(backoff, count, now), (delay) => Option.getOrNull(Option.map(delay, Duration.toMillis)))
  )

describe("Backoff", () => {
  it.effect("a job waits exactly 60 s after its first failure, then twice as long each time, and never over an hour", () =>
    Effect.gen(function*() {
      assert.deepStrictEqual(
        yield* delays(defaultBackoff, [1, 2, 3, 4, 5, 6, 7, 8, 1000]),
        [60_000, 120_000, 240_000, 480_000, 960_000, 1_920_000, 3_600_000, 3_600_000, 3_600_000]
      )
    }))

  it.effect("a schedule that ends before the budget fails the job", () =>
    Effect.gen(function*() {
      const twice = Schedule.intersect(Schedule.spaced("5 seconds"), Schedule.recurs(2))
      assert.deepStrictEqual(yield* delays(twice, [1, 2, 3, 4]), [5000, 5000, null, null])
    }))

  it.effect("a schedule keeps no state from one job or one attempt to the next", () =>
    Effect.gen(function*() {
      const limited = Schedule.intersect(Schedule.exponential("1 second"), Schedule.recurs(3))
      const first = yield* delays(limited, [3, 1, 2, 3])
      assert.deepStrictEqual(first, [4000, 1000, 2000, 4000])
      assert.deepStrictEqual(yield* delays(limited, [3, 1, 2, 3]), first)
    }))

  it.effect("a schedule that reads the clock reads the instant of the failure", () =>
    Effect.gen(function*() {
      const daily = yield* delayAfter(Schedule.cron("0 6 * * *", "UTC"), 1, Date.UTC(2026, 0, 1, 5, 30))
      assert.deepStrictEqual(Option.map(daily, Duration.toMillis), Option.some(30 * 60_000))
    }))

  it.effect("each step of a schedule is taken at the instant that the one before it named", () =>
    Effect.gen(function*() {
      const atTheFullMinute: Backoff = Schedule.makeWithState(null, (instant) => {
        const next = (Math.floor(instant / 60_000) + 1) * 60_000
        return Effect.succeed([null, null, ScheduleDecision.continueWith(ScheduleInterval.after(next))] as const)
      })
      assert.deepStrictEqual(yield* delayAfter(atTheFullMinute, 1, 1000), Option.some(Duration.seconds(59)))
      assert.deepStrictEqual(yield* delayAfter(atTheFullMinute, 2, 1000), Option.some(Duration.seconds(60)))
    }))

  it.effect("a schedule that waits for ever waits ten years, every time", () =>
    Effect.gen(function*() {
      assert.deepStrictEqual(
        yield* delays(Schedule.spaced(Duration.infinity), [1, 2, 3]),
        [tenYears, tenYears, tenYears]
      )
      assert.deepStrictEqual(yield* delays(Schedule.exponential("60 seconds"), [60, 2000]), [tenYears, tenYears])
    }))

  it("a row keeps a delay in whole milliseconds, no shorter than it was and at most ten years", () => {
    assert.strictEqual(storableMillis(Duration.millis(2.25)), 3)
    assert.strictEqual(storableMillis(Duration.nanos(1n)), 1)
    assert.strictEqual(storableMillis(Duration.zero), 0)
    assert.strictEqual(storableMillis(Duration.infinity), tenYears)
  })

  it.effect.prop(
    "whatever the schedule, a delay is never negative and at most ten years",
    [schedules(), FastCheck.integer({ min: 1, max: 40 })],
    ([backoff, failures]) =>
      Effect.gen(function*() {
        const delay = yield* delayAfter(backoff, failures, now)
        if (Option.isNone(delay)) return
        assert.isAtLeast(Duration.toMillis(delay.value), 0)
        assert.isAtMost(Duration.toMillis(delay.value), tenYears)
        assert.isTrue(Number.isInteger(storableMillis(delay.value)))
      }),
    { fastCheck: { numRuns: 150 } }
  )
})

function schedules(): FastCheck.Arbitrary<Backoff> {
  const spans = FastCheck.oneof(
    FastCheck.nat({ max: 100_000_000 }).map(Duration.millis),
    FastCheck.double({ min: 0, max: 1e12, noNaN: true }).map(Duration.millis)
  )
  const plain = FastCheck.oneof(
    spans.map((span): Backoff => Schedule.spaced(span)),
    spans.map((span): Backoff => Schedule.linear(span)),
    spans.map((span): Backoff => Schedule.fibonacci(span)),
    FastCheck.tuple(spans, FastCheck.double({ min: 0, max: 10, noNaN: true }))
      .map(([span, factor]): Backoff => Schedule.exponential(span, factor)),
    FastCheck.nat({ max: 20 }).map((times): Backoff => Schedule.recurs(times))
  )
  const pairs = FastCheck.tuple(plain, plain)
  return FastCheck.oneof(
    plain,
    FastCheck.constantFrom<Backoff>(
      Schedule.cron("*/5 * * * *", "UTC"),
      Schedule.fixed("7 seconds"),
      Schedule.forever,
      Schedule.spaced(Duration.infinity),
      Schedule.exponential(Number.MAX_VALUE, 1e100)
    ),
    plain.map((one): Backoff => Schedule.jittered(one)),
    FastCheck.tuple(plain, spans).map(([one, span]): Backoff => Schedule.upTo(one, span)),
    pairs.map(([one, other]): Backoff => Schedule.union(one, other)),
    // Two schedules whose intervals never meet make `intersect` search for ever, so one of these is always open.
    FastCheck.tuple(plain, FastCheck.nat({ max: 20 }))
      .map(([one, times]): Backoff => Schedule.intersect(one, Schedule.recurs(times))),
    pairs.map(([one, other]): Backoff => Schedule.andThen(one, other))
  )
}
