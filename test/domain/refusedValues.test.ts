import { assert, it } from "@effect/vitest"
import { Cause, Duration, Effect, Either, ParseResult, Schema } from "effect"
import { inspect } from "node:util"
import { readableCause } from "../../src/domain/readableCause.ts"
import { snooze } from "../../src/domain/Verdict.ts"
import { decodeJson, encodePayload } from "../../src/domain/wireValue.ts"

const refusal = <A, E extends Error>(answer: Either.Either<A, E>) => Either.getOrThrow(Either.flip(answer)).message

const decoded = (schema: Schema.Schema.Any, json: unknown) => refusal(decodeJson("email", "payload", schema, json))

it("a value that a schema's transformation refuses is told by the transformation, or by what it starts from", () => {
  const At = Schema.Struct({ at: Schema.NumberFromString })
  assert.strictEqual(decoded(At, { at: "noon" }), `Job "email", payload: expected NumberFromString at at`)
  assert.strictEqual(decoded(At, { at: 12 }), `Job "email", payload: expected string at at`)
  const Amount = Schema.transformOrFail(Schema.String, Schema.Number, {
    strict: true,
    decode: (text) => ParseResult.decodeUnknown(Schema.NumberFromString)(text),
    encode: (amount) => ParseResult.succeed(String(amount))
  }).annotations({ identifier: "Amount" })
  assert.strictEqual(decoded(Amount, "much"), `Job "email", payload: expected Amount at the top`)
})

it("of five problems all are told, and no more are said to be", () => {
  const problems = Array.from({ length: 5 }, (_, index) => Schema.Literal(`${index}`))
  assert.strictEqual(
    decoded(Schema.Union(...problems), "none"),
    `Job "email", payload: expected "0" at the top; "1" at the top; "2" at the top; "3" at the top; "4" at the top`
  )
})

it("only a null may stand for no value", () => {
  assert.isTrue(Either.isRight(decodeJson("email", "payload", Schema.Undefined, null)))
  assert.strictEqual(decoded(Schema.Undefined, 5), `Job "email", payload: expected undefined at the top`)
  assert.strictEqual(decoded(Schema.String, null), `Job "email", payload: expected string at the top`)
})

it("a payload that does not encode is refused as the payload", () => {
  assert.strictEqual(
    refusal(encodePayload("email", Schema.String, 5)),
    `Job "email", payload: expected string at the top`
  )
})

it("a schema that throws is said to, and what it threw is not shown", () => {
  const Throws = Schema.transform(Schema.String, Schema.String, {
    strict: true,
    decode: () => {
      throw new Error("secret")
    },
    encode: String
  })
  assert.strictEqual(
    decoded(Throws, "x"),
    `Job "email", payload: expected a value that its schema can take without throwing`
  )
})

it.effect("a snooze without an end is refused by what was given and what is allowed", () =>
  Effect.gen(function*() {
    const cause = yield* Effect.sandbox(snooze(Duration.infinity)).pipe(Effect.flip)
    assert.include(Cause.pretty(cause), "snooze: got Infinity; expected a finite duration")
  }))

const refusedDelays = [
  [-1, "-1"],
  [Number.NaN, "NaN"],
  [-Infinity, "-Infinity"],
  [-1n, "-1"],
  ["-5 seconds", `"-5 seconds"`],
  [[-1, 0], "[-1, 0]"],
  [[Number.NaN, 0], "[NaN, 0]"]
] as const
for (const [delay, shown] of refusedDelays) {
  it.effect(`a snooze of ${inspect(delay)} is refused, and not taken for none`, () =>
    Effect.gen(function*() {
      const cause = yield* Effect.sandbox(snooze(delay)).pipe(Effect.flip)
      assert.include(Cause.pretty(cause), `snooze: got ${shown}; expected a finite duration of 0 or more`)
    }))
}

it.effect("a snooze of nothing is one", () =>
  Effect.gen(function*() {
    for (const delay of [0, 0n, "0 seconds", [0, 0], Duration.zero] as const) {
      assert.isTrue(Duration.equals((yield* Effect.flip(snooze(delay))).delay, 0))
    }
  }))

it("errors that throw when they are shown are told to, each on a line of its own", () => {
  const hidden = () => ({
    get message(): string {
      throw new Error("no")
    },
    [inspect.custom]: () => {
      throw new Error("no")
    }
  })
  const line = "An error that throws when it is shown"
  assert.strictEqual(readableCause(Cause.parallel(Cause.fail(hidden()), Cause.die(hidden()))), `${line}\n${line}`)
})
