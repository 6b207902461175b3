import { assert, describe, it } from "@effect/vitest"
import { Cause, FastCheck } from "effect"
import { readableCause, truncated } from "../../src/domain/readableCause.ts"

const limit = 8 * 1024
const bytes = (text: string) => Buffer.byteLength(text)

describe("readableCause", () => {
  it("a cause is kept with its message and where it came from", () => {
    const text = readableCause(Cause.die(new TypeError("no such brand", { cause: new Error("connection reset") })))
    assert.include(text, "TypeError: no such brand")
    assert.include(text, "connection reset")
    assert.include(text, "readableCause.test.ts")
  })

  it("a cause of several failures names each", () => {
    const text = readableCause(
      Cause.parallel(Cause.fail("first"), Cause.sequential(Cause.die("second"), Cause.fail("third")))
    )
    for (const each of ["first", "second", "third"]) assert.include(text, each)
  })

  it("text longer than 8 KiB keeps both its ends and says how long it was", () => {
    const text = truncated(`begin${"x".repeat(100_000)}end`)
    assert.isAtMost(bytes(text), limit)
    assert.isAtLeast(bytes(text), limit - 8)
    assert.match(text, /^beginx+ … \[cut: 100008 characters in all\] … x+end$/)
  })

  it("text of exactly 8 KiB is kept whole, and one byte more is cut", () => {
    assert.strictEqual(truncated("x".repeat(limit)), "x".repeat(limit))
    assert.include(truncated("x".repeat(limit + 1)), "[cut: 8193 characters in all]")
  })

  it("an emoji at a cut is left out whole, wherever in it the cut falls", () => {
    for (let shift = 0; shift < 8; shift++) {
      const text = truncated("x".repeat(shift) + "🔥".repeat(limit) + "y".repeat(shift % 3))
      assert.isAtMost(bytes(text), limit)
      assert.match(text, /^x*(?:🔥)+ … \[cut: \d+ characters in all\] … (?:🔥)+y*$/u)
    }
  })

  it("an error that is its own cause, or throws when it is read, is still told", () => {
    const loop = new Error("round and round")
    loop.cause = loop
    const mute = Object.defineProperty(new Error("never seen"), "message", {
      get() {
        throw new Error("mute")
      }
    })
    for (const error of [loop, mute, 5n, { id: 5n }, { toJSON: () => mute.message }]) {
      for (const cause of [Cause.fail(error), Cause.die(error)]) {
        const text = readableCause(cause)
        assert.isAbove(text.length, 0)
        assert.isAtMost(bytes(text), limit)
      }
    }
    assert.include(readableCause(Cause.fail(loop)), "round and round")
    assert.include(readableCause(Cause.fail(5n)), "5")
  })

  it.prop(
    "whatever the cause, what is kept of it is text of at most 8 KiB",
    [causes()],
    ([cause]) => {
      const text = readableCause(cause)
      assert.isAbove(text.length, 0)
      assert.isAtMost(bytes(text), limit)
      assert.notInclude(text, "\uFFFD")
    },
    { fastCheck: { numRuns: 300 } }
  )
})

function causes(): FastCheck.Arbitrary<Cause.Cause<unknown>> {
  const long = FastCheck.tuple(FastCheck.fullUnicodeString({ minLength: 1 }), FastCheck.integer({ min: 1, max: 5000 }))
    .map(([text, times]) => Buffer.from(text.repeat(times).slice(0, 20_000)).toString().replaceAll("\uFFFD", "?"))
  const errors = FastCheck.oneof(
    long,
    long.map((message) => new Error(message)),
    long.map((message) => ({ message })),
    FastCheck.anything({ withBigInt: true, withNullPrototype: true })
  )
  const one = FastCheck.oneof(errors.map(Cause.fail), errors.map(Cause.die), FastCheck.constant(Cause.empty))
  return FastCheck.oneof(
    one,
    FastCheck.tuple(one, one).map(([a, b]) => Cause.parallel(a, b)),
    FastCheck.tuple(one, one).map(([a, b]) => Cause.sequential(a, b))
  )
}
