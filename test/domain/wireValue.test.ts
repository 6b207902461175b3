import { assert, describe, it } from "@effect/vitest"
import { Either, Schema } from "effect"
import { decodeJson, encodeJson, encodePayload, maxJsonBytes } from "../../src/domain/wireValue.ts"

const refusal = (schema: Schema.Schema.Any, value: unknown) =>
  Either.match(encodeJson("email.welcome", "payload", schema, value), {
    onLeft: (error) => error,
    onRight: () => assert.fail("encoded")
  })

describe("wireValue", () => {
  it("a payload of exactly 1 MiB of JSON is accepted, and one byte more is refused", () => {
    const fits = "x".repeat(maxJsonBytes - 2)
    assert.deepStrictEqual(encodeJson("k", "payload", Schema.String, fits), Either.right(JSON.stringify(fits)))
    const error = refusal(Schema.String, `${fits}x`)
    assert.strictEqual(error.given, "1048577 bytes of JSON")
    assert.strictEqual(error.allowed, "at most 1048576 bytes")
  })

  it("what is far larger than 1 MiB is refused for its size, too, whatever it is for", () => {
    const large = "x".repeat(12 * maxJsonBytes)
    for (const field of ["payload", "result", "progress"] as const) {
      const refused = Either.getOrThrow(Either.flip(encodeJson("k", field, Schema.String, large)))
      assert.strictEqual(
        refused.message,
        `Job "k", ${field}: got 12582914 bytes of JSON; expected at most 1048576 bytes`
      )
    }
    assert.isTrue(Either.isLeft(encodePayload("k", Schema.String, large)))
  })

  it("bytes are counted, not characters", () => {
    const emoji = "🔥".repeat(maxJsonBytes / 4)
    assert.strictEqual(refusal(Schema.String, emoji).given, "1048578 bytes of JSON")
    assert.isTrue(Either.isRight(encodeJson("k", "payload", Schema.String, emoji.slice(2))))
  })

  it("a value that does not fit its schema is refused by path and type, without the value", () => {
    const error = refusal(Schema.Struct({ token: Schema.Number }), { token: "hunter2" })
    assert.strictEqual(error.message, `Job "email.welcome", payload: expected number at token`)
    assert.notInclude(JSON.stringify(error), "hunter2")
  })

  it("a value that JSON cannot hold is refused", () => {
    const circular: Record<string, unknown> = {}
    circular["self"] = circular
    for (const value of [1n, { big: 1n }, circular, () => 1, Symbol("x")]) {
      assert.strictEqual(refusal(Schema.Unknown, value).allowed, "a value that JSON can hold")
    }
  })

  it("a payload in the table that does not decode is told by path and type, without the value", () => {
    const decoded = decodeJson("email.welcome", "payload", Schema.Struct({ token: Schema.Number }), {
      token: "hunter2"
    })
    assert(Either.isLeft(decoded))
    assert.strictEqual(decoded.left.message, `Job "email.welcome", payload: expected number at token`)
    assert.notInclude(JSON.stringify(decoded.left), "hunter2")
  })

  it("no value at all is null in JSON, and no value again", () => {
    for (const schema of [Schema.Void, Schema.Undefined, Schema.UndefinedOr(Schema.String)]) {
      assert.deepStrictEqual(encodeJson("k", "payload", schema, undefined), Either.right("null"))
      assert.isTrue(Either.isRight(decodeJson("k", "payload", schema, null)), String(schema))
    }
    assert.deepStrictEqual(decodeJson("k", "payload", Schema.UndefinedOr(Schema.String), null), Either.right(undefined))
    assert.deepStrictEqual(decodeJson("k", "payload", Schema.NullOr(Schema.String), null), Either.right(null))
  })

  it.prop(
    "a value comes back as it went in",
    {
      value: Schema.Struct({
        name: Schema.String,
        count: Schema.Int,
        at: Schema.ValidDateFromSelf,
        tags: Schema.Array(Schema.NullOr(Schema.String))
      })
    },
    ({ value }) => {
      const Wire = Schema.Struct({
        name: Schema.String,
        count: Schema.Int,
        at: Schema.Date,
        tags: Schema.Array(Schema.NullOr(Schema.String))
      })
      const json = Either.getOrThrow(encodeJson("k", "payload", Wire, value))
      assert.deepStrictEqual(decodeJson("k", "payload", Wire, JSON.parse(json)), Either.right(value))
    }
  )
})

describe("a payload", () => {
  it("that JSON would make something else of is refused at once, and not when the job runs", () => {
    const sizes = Schema.Struct({ size: Schema.Number })
    for (const size of [NaN, Infinity]) {
      const refused = Either.getOrThrow(Either.flip(encodePayload("k", sizes, { size })))
      assert.strictEqual(refused.message, "Job \"k\", payload: expected a finite number at size")
    }
    assert.deepStrictEqual(encodePayload("k", sizes, { size: 1 }), Either.right("{\"size\":1}"))
    assert.isTrue(Either.isLeft(encodePayload("k", Schema.DateFromSelf, new Date(0))))
    assert.deepStrictEqual(encodePayload("k", Schema.Date, new Date(0)), Either.right("\"1970-01-01T00:00:00.000Z\""))
  })

  it("whose schema throws is refused without what was thrown", () => {
    const throwing = Schema.String.pipe(Schema.filter((text) => {
      throw new Error(`secret ${text}`)
    }))
    const refused = Either.getOrThrow(Either.flip(encodePayload("k", throwing, "hunter2")))
    assert.notInclude(refused.message, "hunter2")
    assert.notInclude(refused.message, "secret")
  })

  it("nested deeper than SQLite reads is refused, and what only looks nested is not", () => {
    const nested = (levels: number) => Array.from({ length: levels }).reduce((inner: unknown) => [inner], 1)
    assert.isTrue(Either.isRight(encodePayload("k", Schema.Unknown, nested(500))))
    const refused = Either.getOrThrow(Either.flip(encodePayload("k", Schema.Unknown, nested(501))))
    assert.include(refused.message, "500 levels")
    assert.isTrue(Either.isRight(encodePayload("k", Schema.Unknown, `\\"${"[{".repeat(2000)}`)))
  })
})
