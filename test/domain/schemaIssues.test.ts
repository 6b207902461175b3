import { assert, describe, it } from "@effect/vitest"
import { Either, FastCheck, Schema } from "effect"
import { schemaIssues } from "../../src/domain/schemaIssues.ts"

const problems = (schema: Schema.Schema.AnyNoContext, input: unknown): string =>
  Either.match(Schema.decodeUnknownEither(schema, { errors: "all", onExcessProperty: "error" })(input), {
    onLeft: schemaIssues,
    onRight: () => assert.fail("decoded")
  })

const User = Schema.Struct({
  user: Schema.Struct({ id: Schema.String, age: Schema.Int.pipe(Schema.positive()) }),
  tags: Schema.Array(Schema.Literal("new", "old")),
  since: Schema.Date,
  at: Schema.optional(Schema.Union(Schema.Number, Schema.Boolean))
})
const good = { user: { id: "u", age: 1 }, tags: [], since: "2026-01-01" }

describe("schemaIssues", () => {
  it("a value of the wrong type is told by path and expected type", () => {
    assert.strictEqual(problems(User, { ...good, user: { id: 5, age: 1 } }), "string at user.id")
    assert.strictEqual(problems(User, { ...good, tags: ["new", "gone"] }), `"new" at tags.1; "old" at tags.1`)
    assert.strictEqual(problems(User, { ...good, at: "noon" }), "number at at; boolean at at; undefined at at")
  })

  it("a refused refinement is told by its name, a missing field by its place", () => {
    assert.strictEqual(problems(User, { ...good, user: { id: "u", age: 1.5 } }), "Int at user.age")
    assert.strictEqual(problems(User, { ...good, user: { age: 1 } }), "string at user.id, where nothing is")
  })

  it("a value that is wrong at the top says so", () => {
    assert.strictEqual(problems(Schema.Number, "five"), "number at the top")
  })

  it("a field too many is told by its name", () => {
    assert.strictEqual(problems(User, { ...good, extra: 1 }), "nothing at extra")
  })

  it("of many problems the first five are told, and how many more there are", () => {
    const wrong = Array.from({ length: 12 }, () => "x")
    assert.strictEqual(
      problems(Schema.Array(Schema.Number), wrong),
      "number at 0; number at 1; number at 2; number at 3; number at 4; and 7 more"
    )
  })

  it.prop(
    "what is told never holds the value, whichever schema refused it",
    [FastCheck.hexaString({ minLength: 12, maxLength: 40 }).map((hex) => `secret-${hex}`)],
    ([secret]) => {
      const refusing: ReadonlyArray<Schema.Schema.AnyNoContext> = [
        Schema.Number,
        Schema.NumberFromString,
        Schema.Literal("yes", "no"),
        Schema.UUID,
        Schema.Date.pipe(Schema.validDate()),
        Schema.parseJson(Schema.Number),
        Schema.Redacted(Schema.NumberFromString),
        Schema.String.pipe(Schema.maxLength(3)),
        Schema.String.pipe(Schema.filter((value) => `not this: ${value}`)),
        Schema.String.pipe(Schema.filter((value) => ({ path: ["x"], message: `not this: ${value}` }))),
        Schema.String.annotations({ message: () => "kept out" }).pipe(Schema.pattern(/^\d+$/)),
        Schema.transformOrFail(Schema.String, Schema.Number, {
          strict: true,
          decode: (value, _, ast) =>
            ({ _tag: "Left", left: { _tag: "Type", ast, actual: value, message: value } }) as never,
          encode: String as never
        }),
        Schema.Union(Schema.Number, Schema.Struct({ a: Schema.String })),
        Schema.Array(Schema.Number),
        Schema.TemplateLiteral("user-", Schema.Number),
        Schema.URL
      ]
      for (const schema of refusing) {
        for (
          const [wrapped, input] of [[schema, secret], [Schema.Struct({ token: schema }), { token: secret }]] as const
        ) {
          const told = problems(wrapped, input)
          assert.notInclude(told, secret)
          assert.include(told, wrapped === schema ? "at the top" : "at token")
        }
      }
    }
  )
})
