import { assert, describe, it } from "@effect/vitest"
import { assertNone, assertSome } from "@effect/vitest/utils"
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
      assertSome(Option.map(daily, Duration.toMillis), 30 * 60_000)
    }))

  const atNine = Schedule.cron("0 9 * * *", "UTC")
  const calendars: Readonly<Record<string, Backoff>> = {
    "a cron": atNine,
    "a cron or a year, whichever is first": Schedule.union(atNine, Schedule.spaced("365 days")),
    "a cron for thirty tries": Schedule.intersect(atNine, Schedule.recurs(30)),
    "a cron after one try": Schedule.andThen(Schedule.recurs(1), atNine)
  }
  for (const [what, calendar] of Object.entries(calendars)) {
    it.effect(`a backoff by ${what} keeps to its hour, whichever failure it is and whenever it comes`, () =>
      Effect.gen(function*() {
        const first = what === "a cron after one try" ? 2 : 1
        for (const hour of [8, 9.5, 10, 23]) {
          const failedAt = now + hour * 3_600_000
          const nine = now + (hour < 9 ? 9 : 33) * 3_600_000
          for (const failures of [first, first + 1, first + 2, first + 6]) {
            const delay = yield* delayAfter(calendar, failures, failedAt)
            assert.strictEqual(
              Option.getOrUndefined(Option.map(delay, Duration.toMillis)),
              nine - failedAt,
              `${hour} ${failures}`
            )
          }
        }
      }))
  }

  it.effect("a schedule that counts, measures or alternates is as far as its failures before have brought it", () =>
    Effect.gen(function*() {
      const all = [1, 2, 3, 4, 5]
      assert.deepStrictEqual(yield* delays(Schedule.exponential("1 second"), all), [1000, 2000, 4000, 8000, 16_000])
      assert.deepStrictEqual(yield* delays(Schedule.fibonacci("1 second"), all), [1000, 1000, 2000, 3000, 5000])
      assert.deepStrictEqual(
        yield* delays(
          Schedule.andThen(Schedule.intersect(Schedule.spaced(10), Schedule.recurs(2)), Schedule.spaced(500)),
          all
        ),
        [10, 10, 500, 500, 500]
      )
      const forTenSeconds = Schedule.exponential("1 second").pipe(Schedule.upTo("10 seconds"))
      assert.deepStrictEqual(yield* delays(forTenSeconds, all), [1000, 2000, 4000, 8000, null])
      assert.deepStrictEqual(
        yield* delays(Schedule.union(Schedule.exponential("1 second"), Schedule.spaced("3 seconds")), all),
        [
          1000,
          2000,
          3000,
          3000,
          3000
        ]
      )
      assert.deepStrictEqual(yield* delays(Schedule.fixed("7 seconds"), all), [7000, 7000, 7000, 7000, 7000])
      assert.deepStrictEqual(yield* delays(Schedule.windowed("7 seconds"), all), [7000, 7000, 7000, 7000, 7000])
      assert.deepStrictEqual(
        yield* delays(Schedule.recurs(3), all),
        [0, 0, 0, null, null]
      )
    }))

  it.effect("a schedule is taken through the instants that the steps before it named, and last of all now", () =>
    Effect.gen(function*() {
      const instants: Array<number> = []
      const doubling: Backoff = Schedule.makeWithState(1000, (instant, _, wait) => {
        instants.push(instant)
        return Effect.succeed(
          [wait * 2, null, ScheduleDecision.continueWith(ScheduleInterval.after(instant + wait))] as const
        )
      })
      assertSome(yield* delayAfter(doubling, 4, now), Duration.seconds(8))
      assert.deepStrictEqual(instants.slice(-4), [now - 7000, now - 6000, now - 4000, now])
    }))

  it.effect("a schedule by calendar is taken through no instant after the failure, however uneven its spans are", () =>
    Effect.gen(function*() {
      const weekdays = Schedule.cron("0 9 * * 1-5", "UTC")
      const instants: Array<number> = []
      const seen: Backoff = Schedule.makeWithState(weekdays.initial, (instant, input, state) => {
        instants.push(instant)
        return weekdays.step(instant, input, state)
      })
      const mondayAtEight = Date.UTC(2026, 0, 5, 8)
      const hour = 3_600_000
      assertSome(yield* delayAfter(seen, 3, mondayAtEight), Duration.millis(hour))
      // Two steps from now take 25 hours. Begun so long before, on Sunday at seven, the first alone goes past now.
      assert.deepStrictEqual(instants.slice(2), [mondayAtEight - 25 * hour, mondayAtEight, mondayAtEight])
    }))

  it.effect("a schedule by calendar that its failures have brought past its limit has ended", () =>
    Effect.gen(function*() {
      const weekdaysForADay = Schedule.cron("0 9 * * 1-5", "UTC").pipe(Schedule.upTo("24 hours"))
      const mondayAtEight = Date.UTC(2026, 0, 5, 8)
      assertSome(yield* delayAfter(weekdaysForADay, 2, mondayAtEight), Duration.hours(1))
      // From now it would be in time, but begun 25 hours ago it is over.
      assertNone(yield* delayAfter(weekdaysForADay, 3, mondayAtEight))
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
