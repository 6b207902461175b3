import { assert, describe, it } from "@effect/vitest"
import { compare } from "./compare.ts"
import { digits } from "./figures.ts"
import { median, quantile, spreadOf } from "./statistics.ts"

describe("the statistics of the bench", () => {
  it("a median is the middle value, or the mean of the two in the middle, whatever their order", () => {
    assert.strictEqual(median([10, 2, 9]), 9)
    assert.strictEqual(median([10, 2, 9, 4]), 6.5)
    assert.isNaN(median([]))
  })

  it("a quantile is the least value that so many do not exceed", () => {
    const hundred = Array.from({ length: 100 }, (_, n) => 100 - n)
    assert.strictEqual(quantile(hundred, 0.5), 50)
    assert.strictEqual(quantile(hundred, 0.99), 99)
    assert.strictEqual(quantile([7], 0.99), 7)
  })

  it("a spread of no values is none", () => {
    assert.deepStrictEqual(spreadOf([3, 1, 2]), { median: 2, min: 1, max: 3 })
    assert.isUndefined(spreadOf([]))
  })

  it("numbers keep three digits", () => {
    assert.deepStrictEqual(
      [12_345.6, 1234.5, 123.45, 12.345, 1.2345, 0.12345, 0, -3.456].map(digits),
      ["12,346", "1,235", "123", "12.3", "1.23", "0.123", "0.00", "-3.46"]
    )
  })
})

describe("a comparison", () => {
  const rounds = [
    { ours: { jobsPerSecond: 100, p50Millis: 5 }, theirs: { jobsPerSecond: 50, p50Millis: 4 } },
    { ours: { jobsPerSecond: 30, p50Millis: 9 }, theirs: { jobsPerSecond: 10, p50Millis: 1 } },
    { ours: { jobsPerSecond: 80, p50Millis: 7 }, theirs: { jobsPerSecond: 80, p50Millis: 6 } }
  ]
  const ratio = { what: "ratio", figure: "jobsPerSecond", of: "ours", over: "theirs" } as const

  it("is made within each round, and its median is what counts", () => {
    assert.deepStrictEqual(compare(ratio, rounds), { ...ratio, value: { median: 2, min: 1, max: 3 } })
    const difference = { what: "difference", figure: "p50Millis", of: "ours", less: "theirs" } as const
    assert.deepStrictEqual(compare(difference, rounds).value, { median: 1, min: 1, max: 8 })
  })

  it("reaches a target that its median meets", () => {
    assert.isTrue(compare({ ...ratio, atLeast: 2 }, rounds).isReached)
    assert.isFalse(compare({ ...ratio, atLeast: 2.01 }, rounds).isReached)
    assert.isTrue(compare({ ...ratio, atMost: 2 }, rounds).isReached)
    assert.isFalse(compare({ ...ratio, atMost: 1.99 }, rounds).isReached)
  })

  it("leaves out rounds in which one of the two has no figure, and has no value without any", () => {
    const broken = [...rounds, { ours: { jobsPerSecond: 1 } }, {}]
    assert.deepStrictEqual(compare(ratio, broken).value, { median: 2, min: 1, max: 3 })
    const none = compare({ ...ratio, over: "nobody", atLeast: 1 }, rounds)
    assert.isUndefined(none.value)
    assert.isUndefined(none.isReached)
  })
})
