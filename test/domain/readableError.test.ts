import { assert, describe, it } from "@effect/vitest"
import { Cause, Data, Effect, Redacted, Schema } from "effect"
import { inspect } from "node:util"
import { readableCause } from "../../src/domain/readableCause.ts"
import { readableError } from "../../src/domain/readableError.ts"

const refused = (address: string) =>
  Object.assign(new Error(`connect ECONNREFUSED ${address}:5432`), {
    errno: -111,
    code: "ECONNREFUSED",
    syscall: "connect",
    address
  })

class Declined extends Data.TaggedError("Declined")<{ readonly brand: string; readonly limit: number }> {}

class Unpaid extends Schema.TaggedError<Unpaid>()("Unpaid", { status: Schema.Number, detail: Schema.String }) {
  override get message() {
    return `The platform answered ${this.status}`
  }
}

/** Each kind of error, and what its reader must find. */
const kinds: Readonly<Record<string, { readonly error: unknown; readonly told: ReadonlyArray<string> }>> = {
  "an AggregateError, as of a name with two addresses": {
    error: Object.assign(new AggregateError([refused("::1"), refused("127.0.0.1")]), { code: "ECONNREFUSED" }),
    told: [
      "AggregateError",
      "[errors.0]: Error: connect ECONNREFUSED ::1:5432",
      "127.0.0.1:5432",
      "code: \"ECONNREFUSED\""
    ]
  },
  "fields of a tagged error without a message": {
    error: new Declined({ brand: "acme", limit: 3 }),
    told: ["Declined", "brand: \"acme\"", "limit: 3"]
  },
  "a tagged error whose class tells its message": {
    error: new Unpaid({ status: 402, detail: "no memory left" }),
    told: ["Unpaid: The platform answered 402", "status: 402", "detail: \"no memory left\""]
  },
  "the fields of a system error": {
    error: refused("127.0.0.1"),
    told: ["errno: -111", "syscall: \"connect\"", "address: \"127.0.0.1\""]
  },
  "several failures, as of validateAll": {
    error: ["the first", new Declined({ brand: "b", limit: 1 }), { code: 7 }],
    told: ["Error: the first", "Declined", "brand: \"b\"", "code: 7"]
  },
  "a cause, its fields and its own cause": {
    error: new Error("outer", {
      cause: Object.assign(new Error("inner", { cause: "the disk is full" }), { code: "EIO" })
    }),
    told: ["Error: outer", "[cause]: Error: inner", "code: \"EIO\"", "[cause]: Error: the disk is full"]
  },
  "a cause of Effect's": {
    error: Object.assign(new Error("outer"), { cause: Cause.parallel(Cause.fail("left"), Cause.die("right")) }),
    told: ["Error: left", "Error: right"]
  },
  "an object that is no error": {
    error: { _tag: "NotThere", detail: { path: "/a", at: { line: 3 } } },
    told: ["NotThere", "detail.path: \"/a\"", "detail.at.line: 3"]
  },
  "an error in a field": {
    error: Object.assign(new Error("outer"), { reason: new TypeError("in a field") }),
    told: ["[reason]: TypeError: in a field"]
  },
  "a date, a bigint and null": {
    error: { at: new Date(0), size: 5n, nothing: null, is: true },
    told: ["at: 1970-01-01T00:00:00.000Z", "size: 5n", "nothing: null", "is: true"]
  },
  "the end and the cause of a long message": {
    error: new Error(`${"x".repeat(50_000)} at line 7`, { cause: new Error("the real reason") }),
    told: ["xxx", "at line 7", "[cause]: Error: the real reason"]
  }
}

describe("what is kept of an error", () => {
  for (const [kind, { error, told }] of Object.entries(kinds)) {
    it(`tells ${kind}`, () => {
      for (const text of [readableCause(Cause.fail(error)), readableCause(Cause.die(error))]) {
        for (const each of told) assert.include(text, each)
        assert.isAtMost(Buffer.byteLength(text), 8 * 1024)
      }
    })
  }

  it("tells the frames and the spans it was raised in, and no frame of Effect's own", async () => {
    const exit = await Effect.runPromiseExit(
      Effect.fail(new Declined({ brand: "acme", limit: 3 })).pipe(Effect.withSpan("ask the platform"))
    )
    const text = exit._tag === "Failure" ? readableCause(exit.cause) : ""
    assert.include(text, "readableError.test.ts")
    assert.include(text, "at ask the platform")
    assert.notInclude(text, "YieldableError")
  })

  it("shows nothing that is Redacted, named like a secret, or part of an HTTP exchange", () => {
    const secret = "hunter2"
    const hidden = [
      "password",
      "apiKey",
      "api_key",
      "accessToken",
      "clientSecret",
      "Authorization",
      "cookie",
      "sessionId"
    ]
    const error = Object.assign(new Error("refused"), {
      ...Object.fromEntries(hidden.map((name) => [name, secret])),
      wrapped: Redacted.make(secret),
      nested: { token: secret, list: [{ pass: "kept", privateKey: secret }] },
      request: { url: secret, body: secret },
      response: { status: 402, headers: { a: secret } },
      headers: { a: secret },
      config: { data: secret },
      author: "kept, too"
    })
    const text = readableError(error)
    assert.notInclude(text, secret)
    assert.include(text, "author: \"kept, too\"")
  })

  it("calls no getter, no inspector, no toJSON and no toString", () => {
    const called: Array<string> = []
    const call = (name: string) => () => {
      called.push(name)
      return name
    }
    const error = Object.assign(new Error("seen"), {
      [inspect.custom]: call("inspect"),
      toJSON: call("toJSON"),
      toString: call("toString"),
      inner: { toString: call("toString of a field"), toJSON: call("toJSON of a field") }
    })
    Object.defineProperty(error, "field", { enumerable: true, get: call("getter") })
    Object.defineProperty(error.inner, "field", { enumerable: true, get: call("getter of a field") })
    assert.include(readableError(error), "Error: seen")
    assert.deepStrictEqual(called, [])
  })

  it("looks into fields three deep, tells thirty, and twenty errors", () => {
    const deep = readableError({ a: { b: { c: 1, d: { e: 2 } } } })
    assert.include(deep, "a.b.c: 1")
    assert.notInclude(deep, "e: 2")
    const wide = readableError(Object.fromEntries(Array.from({ length: 100 }, (_, index) => [`field${index}`, index])))
    assert.include(wide, "field29: 29")
    assert.notInclude(wide, "field30:")
    const many = readableError(new AggregateError(Array.from({ length: 100 }, (_, index) => `error ${index}.`)))
    assert.include(many, "error 19.")
    assert.notInclude(many, "error 20.")
    assert.include(many, "and 80 more")
  })

  it("tells an error that is part of itself once", () => {
    const loop = Object.assign(new Error("round"), { field: {} })
    loop.cause = new AggregateError([loop], "and round")
    loop.field = { loop, again: loop.field }
    const text = readableError(loop)
    assert.strictEqual(text.split("Error: round").length, 2)
    assert.include(text, "Error, told above")
  })
})
