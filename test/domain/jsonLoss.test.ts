import { assert, describe, it } from "@effect/vitest"
import { assertNone, assertSome } from "@effect/vitest/utils"
import { Arbitrary, Data, DateTime, Duration, Either, FastCheck, Option, Schema } from "effect"
import { isJsonSafe } from "../../src/domain/isJsonSafe.ts"
import { jsonLoss } from "../../src/domain/jsonLoss.ts"
import { isSameJson } from "../../src/domain/sameJson.ts"
import { encodeJson, encodePayload } from "../../src/domain/wireValue.ts"

class Point {
  readonly x = 1
}

class Hidden {
  readonly #secret = 1
  get secret() {
    return this.#secret
  }
}

/** Where each of these would be another value after JSON, and what would not. */
const losses: Readonly<Record<string, readonly [value: unknown, loss: string]>> = {
  "NaN": [{ score: NaN }, "a finite number at score"],
  "an infinite number": [[1, [Infinity]], "a finite number at 1.0"],
  "a Date": [{ at: new Date(0) }, "a plain object or another value that JSON can hold at at"],
  "a Map": [new Map([[1, 2]]), "a plain object or another value that JSON can hold at the top"],
  "a Set": [{ tags: new Set(["a"]) }, "a plain object or another value that JSON can hold at tags"],
  "bytes": [{ bytes: new Uint8Array(2) }, "a plain object or another value that JSON can hold at bytes"],
  "an error": [[new Error("no")], "a plain object or another value that JSON can hold at 0"],
  "a pattern": [/x/, "a plain object or another value that JSON can hold at the top"],
  "an instance of a class": [{ point: new Point() }, "a plain object or another value that JSON can hold at point"],
  "an instance with nothing to see": [new Hidden(), "a plain object or another value that JSON can hold at the top"],
  "an Option": [Option.some(1), "a plain object or another value that JSON can hold at the top"],
  "a DateTime": [{ at: DateTime.unsafeMake(0) }, "a plain object or another value that JSON can hold at at"],
  "a Duration": [Duration.seconds(1), "a plain object or another value that JSON can hold at the top"],
  "Data": [Data.struct({ a: 1 }), "a plain object or another value that JSON can hold at the top"],
  "a member under a symbol": [{ [Symbol("x")]: 1 }, "a plain object or another value that JSON can hold at the top"],
  "a function as a member": [{ run: () => 1 }, "a value that JSON can hold at run"],
  "a symbol as a member": [{ of: { a: Symbol("x") } }, "a value that JSON can hold at of.a"],
  "what says itself how it is written": [{ toJSON: () => 1 }, "a value that JSON can hold at toJSON"],
  "undefined in an array": [["a", undefined], "a value that JSON can hold at 1"],
  // oxlint-disable-next-line no-sparse-arrays -- that is what it is about
  "a hole in an array": [{ list: [1, , 3] }, "a value that JSON can hold at list.1"]
}

describe("what JSON would make another value of", () => {
  for (const [what, [value, loss]] of Object.entries(losses)) {
    it(`${what} is refused in a payload, a result and a progress, by its path, and without the value`, () => {
      assertSome(jsonLoss(value), loss)
      for (const field of ["payload", "result", "progress"] as const) {
        const refused = Either.getOrThrow(Either.flip(encodeJson("k", field, Schema.Unknown, value)))
        assert.strictEqual(refused.message, `Job "k", ${field}: expected ${loss}`)
      }
    })
  }

  it("is refused also where its schema would take what JSON makes of it", () => {
    const refused = Either.getOrThrow(Either.flip(encodePayload("k", Schema.NullOr(Schema.Number), NaN)))
    assert.strictEqual(refused.message, `Job "k", payload: expected a finite number at the top`)
  })

  it.prop(
    "is nothing that JSON itself can say",
    { value: FastCheck.jsonValue({ noUnicodeString: false }) },
    ({ value }) => {
      assertNone(jsonLoss(value))
    }
  )

  it("is not a member that is undefined, nor a zero below zero, nor an object without a prototype", () => {
    const bare = Object.assign(Object.create(null) as object, { a: 1 })
    for (const value of [{ a: undefined, b: 1 }, { zero: -0 }, { bare }, JSON.parse("{\"__proto__\":1}")]) {
      assertNone(jsonLoss(value))
      assert.isTrue(Either.isRight(encodePayload("k", Schema.Unknown, value)))
    }
  })
})

interface Tree {
  readonly name: string
  readonly children: ReadonlyArray<Tree>
}
const Tree: Schema.Schema<Tree> = Schema.Struct({
  name: Schema.String,
  children: Schema.Array(Schema.suspend(() => Tree))
})

class User extends Schema.Class<User>("jsonLoss.User")({
  id: Schema.UUID,
  age: Schema.optional(Schema.Int),
  address: Schema.optionalWith(Schema.String, { default: () => "" })
}) {}

const Words: Schema.Schema<string> = Schema.Union(Schema.Literal("a"), Schema.suspend(() => Words))

const maybeText = Schema.UndefinedOr(Schema.String)

/** What these encode is the same after JSON, whatever it is. */
const safe: Readonly<Record<string, Schema.Schema.AnyNoContext>> = {
  "text": Schema.NonEmptyString,
  "a boolean": Schema.Boolean,
  "a literal": Schema.Literal("a", 1, null, true),
  "names of a number and a text": Schema.Enums({ One: 1, Two: "two" }),
  "a whole number": Schema.Int.pipe(Schema.positive()),
  "a finite number": Schema.Finite,
  "a number as JSON has it": Schema.JsonNumber,
  "a date as text": Schema.Date,
  "a number as text": Schema.NumberFromString,
  "a big integer as text": Schema.BigInt,
  "no value": Schema.Undefined,
  "a struct": Schema.Struct({ a: Schema.optional(Schema.String), b: Schema.UndefinedOr(Schema.Int) }),
  "a record": Schema.Record({ key: Schema.String, value: Schema.Int }),
  "a record by names of some kind": Schema.Record({ key: Schema.NonEmptyString, value: Schema.Int }),
  "a record by names of some form": Schema.Record({
    key: Schema.TemplateLiteral("x-", Schema.String),
    value: Schema.Int
  }),
  "an array": Schema.Array(Schema.NullOr(Schema.String)),
  "a tuple": Schema.Tuple(Schema.String, Schema.Int),
  "an array of words that contain themselves": Schema.Array(Words),
  "a class": User,
  "a tree": Tree,
  "a template": Schema.TemplateLiteral("a", Schema.String),
  "a set as an array": Schema.Set(Schema.String)
}

/** What these encode may be another value after JSON, so it has to be looked at. */
const unsafe: Readonly<Record<string, Schema.Schema.AnyNoContext>> = {
  "any number": Schema.Number,
  "a number above zero": Schema.Positive,
  "anything": Schema.Unknown,
  "any value unchecked": Schema.Any,
  "any object": Schema.Object,
  "a big integer as it is": Schema.BigIntFromSelf,
  "a symbol": Schema.SymbolFromSelf,
  "one symbol": Schema.UniqueSymbolFromSelf(Symbol.for("x")),
  "a literal that is not a number": Schema.Literal(NaN),
  "a literal big integer": Schema.Literal(1n),
  "names of which one is endless": Schema.Enums({ None: 0, All: Infinity }),
  "what is not looked at": Schema.Void,
  "a struct without members": Schema.Struct({}),
  "a struct of any number": Schema.Struct({ a: Schema.Int, b: Schema.optional(Schema.Number) }),
  "a record of any number": Schema.Record({ key: Schema.String, value: Schema.Number }),
  "an array of what may be undefined, if one asks": Schema.Array(
    Schema.suspend((): Schema.Schema<string | undefined> => maybeText)
  ),
  "an array of what may be undefined": Schema.Array(maybeText),
  "an array of what may be undefined, checked": Schema.Array(maybeText.pipe(Schema.filter((text) => text !== ""))),
  "an array of what becomes undefined": Schema.Array(
    Schema.transform(maybeText, Schema.String, { strict: true, decode: (text) => text ?? "", encode: () => undefined })
  ),
  "a tuple of text and of what may be undefined": Schema.Tuple(Schema.String, maybeText),
  "a tuple of text and of any number": Schema.Tuple(Schema.String, Schema.Number),
  "a tuple whose end may be missing": Schema.Tuple(Schema.String, Schema.optionalElement(Schema.String)),
  "a Date as it is": Schema.DateFromSelf,
  "a member under a symbol": Schema.Struct({ [Symbol.for("x")]: Schema.String }),
  "a record by symbols": Schema.Record({ key: Schema.SymbolFromSelf, value: Schema.String }),
  "a record by symbols of some kind": Schema.Record({
    key: Schema.SymbolFromSelf.pipe(Schema.filter((key) => key.description === "x")),
    value: Schema.String
  }),
  "a struct that lets other members through": Schema.Struct({ a: Schema.String }).annotations({
    parseOptions: { onExcessProperty: "preserve" }
  })
}

describe("a schema that can encode nothing else than JSON", () => {
  for (const [what, schema] of Object.entries(safe)) {
    it.prop(
      `of ${what} is told by the schema alone`,
      { value: Arbitrary.make(schema as Schema.Schema<unknown>) },
      ({ value }) => {
        assert.isTrue(isJsonSafe(schema))
        const encoded = Schema.encodeUnknownSync(schema as Schema.Schema<unknown>)(value) ?? null
        assertNone(jsonLoss(encoded))
      }
    )
  }

  for (const [what, schema] of Object.entries(unsafe)) {
    it(`is not one of ${what}`, () => {
      // A copy, of which nobody has asked before.
      const asked = schema.annotations({})
      assert.isFalse(isJsonSafe(asked))
      // Asked again, too, when the answer is known.
      assert.isFalse(isJsonSafe(asked))
    })
  }

  it("is not one that makes itself anew at each level, whose values are looked at instead", () => {
    const treeOf = (item: Schema.Schema.AnyNoContext): Schema.Schema.AnyNoContext =>
      Schema.Struct({ item, children: Schema.Array(Schema.suspend(() => treeOf(item))) })
    assert.isFalse(isJsonSafe(treeOf(Schema.String)))
    const tree = { item: "a", children: [{ item: "b", children: [] }] }
    assert.deepStrictEqual(encodePayload("k", treeOf(Schema.String), tree), Either.right(JSON.stringify(tree)))
  })

  it("is not one that contains itself beside any number, whichever of the two is asked first", () => {
    interface Node {
      readonly weight: number
      readonly next: Node | null
    }
    const make = () => {
      const Next: Schema.Schema<Node | null> = Schema.NullOr(Schema.suspend(() => Node))
      const Node: Schema.Schema<Node> = Schema.Struct({ next: Next, weight: Schema.Number })
      return [Next, Node]
    }
    for (const schema of [...make(), ...make().toReversed()]) assert.isFalse(isJsonSafe(schema))
  })
})

describe("two JSON texts", () => {
  it("are the same where they stand for the same value, in whatever order their members are", () => {
    const same: ReadonlyArray<readonly [string, string]> = [
      [`{"a":1,"b":{"c":[1,2],"d":null}}`, `{"b":{"d":null,"c":[1,2]},"a":1}`],
      [`1.0`, `1`],
      [`"\\u0061"`, `"a"`],
      [`no JSON`, `no JSON`]
    ]
    for (const [one, other] of same) assert.isTrue(isSameJson(one, other), one)
  })

  it("differ where the values do", () => {
    const different: ReadonlyArray<readonly [string, string]> = [
      [`[1,2]`, `[2,1]`],
      [`[1,2]`, `[1,3]`],
      [`{"a":1}`, `{"a":1,"b":null}`],
      [`{"a":null}`, `{"b":null}`],
      [`{"toString":null}`, `{"a":null}`],
      [`{"__proto__":{}}`, `{"a":{}}`],
      [`[]`, `{}`],
      [`[1]`, `[1,2]`],
      [`{}`, `null`],
      [`null`, `0`],
      [`"1"`, `1`],
      [`no JSON`, `{}`]
    ]
    for (const [one, other] of different) {
      assert.isFalse(isSameJson(one, other), one)
      assert.isFalse(isSameJson(other, one), other)
    }
  })
})
