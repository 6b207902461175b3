import { assert, describe, it } from "@effect/vitest"
import { Cause, Data, Effect, Redacted, Schema } from "effect"
import { inspect } from "node:util"
import { runInNewContext } from "node:vm"
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
  "an error of another realm, as of node:vm, of whatever class": {
    error: runInNewContext("Object.assign(new TypeError('outer'), { reason: new RangeError('inner'), code: 7 })"),
    told: ["TypeError: outer\n    at evalmachine", "code: 7", "[reason]: RangeError: inner\n      at evalmachine"]
  },
  "the end and the cause of a long message": {
    error: new Error(`${"x".repeat(50_000)} at line 7`, { cause: new Error("the real reason") }),
    told: ["xxx", "at line 7", "[cause]: Error: the real reason"]
  }
}

const withStack = (message: string, stack: string, more?: object) =>
  Object.assign(new Error(message), { stack, ...more })

const at = (line: number) => `    at send (/app/send.js:${line}:1)`

/** Whole texts, to the letter. */
const texts: Readonly<Record<string, readonly [error: unknown, text: string]>> = {
  "null": [null, "Error: null"],
  "no value": [undefined, "Error: undefined"],
  "errors one after the other": [["first", { code: 7 }], "Error: first\nobject\n  code: 7"],
  "a message and its frames": [
    withStack("oops", `Error: oops\n${at(1)}\n${at(2)}`),
    `Error: oops\n${at(1)}\n${at(2)}`
  ],
  "an error without a message by its name": [withStack("", `Error\n${at(1)}`), `Error\n${at(1)}`],
  "an error without a name as an Error": [withStack("oops", "oops", { name: "" }), "Error: oops"],
  "a stack without frames by the message": [withStack("then", "Error: oops"), "Error: then"],
  "a stack of frames alone behind the message": [withStack("oops", at(1)), `Error: oops\n${at(1)}`],
  "a message that looks like frames once": [
    withStack(`oops\n${at(1)}`, `Error: oops\n${at(1)}\n${at(2)}`),
    `Error: oops\n${at(1)}\n${at(2)}`
  ],
  "such a message that the stack begins with once, too": [
    withStack(`oops\n${at(1)}`, `oops\n${at(1)}\n${at(2)}`),
    `Error: oops\n${at(1)}\n${at(2)}`
  ],
  "a message that was written anew in place of the first": [
    withStack("then", `Error: look at this\n${at(1)}`),
    `Error: then\n${at(1)}`
  ],
  "what is behind an error below it, further in": [
    withStack("outer", `Error: outer\n${at(1)}`, {
      cause: withStack("inner", `Error: inner\n${at(2)}`, { code: "EIO" }),
      errors: ["a", { message: "b" }]
    }),
    `Error: outer\n${at(1)}\n  [cause]: Error: inner\n  ${
      at(2)
    }\n    code: "EIO"\n  [errors.0]: Error: a\n  [errors.1]: object: b`
  ],
  "a tag that it inherits": [Object.create({ _tag: "NotThere" }), "NotThere"],
  "what is only called Error as an object": [{ name: "Error", code: 7 }, "object\n  code: 7"],
  "no cause that is null, and no message that is not text": [{ message: 5, cause: null, errors: null }, "object"],
  "fields of plain data by their paths, and their names and messages, too": [
    {
      message: "m",
      detail: { name: "n", message: "inner" },
      list: ["a", { b: 2 }],
      bare: Object.assign(Object.create(null) as object, { x: 1 })
    },
    `object: m\n  detail.name: "n"\n  detail.message: "inner"\n  list.0: "a"\n  list.1.b: 2\n  bare.x: 1`
  ],
  "a field more where another cannot be read or is not plain data": [
    {
      hostile: new Proxy({}, {
        getPrototypeOf: () => {
          throw new Error("no")
        }
      }),
      map: new Map([["a", 1]]),
      instance: new (class Point {
        x = 1
      })(),
      run: () => 1,
      nothing: undefined,
      never: new Date(NaN),
      code: 7
    },
    "object\n  code: 7"
  ]
}

describe("what is kept of an error", () => {
  for (const [what, [error, text]] of Object.entries(texts)) {
    it(`tells ${what}`, () => {
      assert.strictEqual(readableError(error), text)
    })
  }

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
    const names =
      ("password apiKey api_key key_ deploy-keys accessToken clientSecret Authorization cookie sessionId pwd pass pin otp key sid dsn "
        + "encryptionKey masterkey connectionString rawHeaders requestHeaders requestBody response_body _request config env args "
        + "spawnargs sql").split(" ")
    const error = Object.assign(new Error(`asked https://me:${secret}@example.org/?page=2&token=${secret}#x`), {
      ...Object.fromEntries(names.map((name) => [name, { first: secret }])),
      ...Object.fromEntries(
        names.map((name) => [`${name}Value`, secret]).filter(([name]) => !/key|sid|sql/i.test(name ?? ""))
      ),
      wrapped: Redacted.make(secret),
      nested: { token: secret, deep: { privateKey: secret } },
      pairs: [["X-Api-Key", secret], ["--password", secret]],
      fields: [{ name: "password", value: secret }, { key: "password", value: secret }],
      said: `Authorization: Bearer ${secret}`,
      cause: `postgres://me:${secret}@localhost/db`
    })
    assert.notInclude(readableError(error), secret)
    assert.notInclude(readableCause(Cause.fail(error)), secret)
  })

  it("shows what is only about a request, and what only sounds like a secret", () => {
    const error = {
      requestId: "r-1",
      responseStatus: 402,
      statusCode: 402,
      author: "me",
      keyPath: "/a",
      keysOfMap: 3,
      "--": "what it begins with",
      monkey: 1,
      spin: 2
    }
    const text = readableError(error)
    for (const [name, value] of Object.entries(error)) assert.include(text, `${name}: ${JSON.stringify(value)}`)
    assert.include(readableError(new Error("see https://example.org/?page=2")), "https://example.org/?page=2")
  })

  it("leaves out of a text the secrets of URLs and headers alone", () => {
    const told = {
      "postgres://me:hunter2@localhost/db is down": "postgres://…@localhost/db is down",
      "GET https://a.b/c?page=2&token=hunter2&size=3#x": "GET https://a.b/c?page=2&token=…&size=3#x",
      "authorization: Bearer  hunter2, and more": "authorization: Bearer …, and more",
      "sent Basic aHVudGVyMg== twice": "sent Basic … twice",
      "the bearer of bad news": "the bearer of bad news"
    }
    for (const [text, left] of Object.entries(told)) assert.strictEqual(readableError(text), `Error: ${left}`)
  })

  it("loses no other part for one that throws when it is read", () => {
    const hostile = new Proxy({}, {
      getPrototypeOf: () => {
        throw new Error("no")
      }
    })
    const error = Object.assign(new Error("the reason"), { code: "EIO", hostile, cause: hostile })
    const text = readableError(error)
    for (const each of ["Error: the reason", "code: \"EIO\""]) assert.include(text, each)
  })

  it("keeps the frames of an error whose message was written anew", () => {
    const error = new Error("at first")
    error.message = `${"context: ".repeat(100)}and then`
    assert.include(readableError(error), "readableError.test.ts")
  })

  it("takes no long time for very many or very long errors", () => {
    let cause: Cause.Cause<unknown> = Cause.fail("first")
    for (let index = 0; index < 100_000; index++) cause = Cause.sequential(cause, Cause.fail(index))
    const began = performance.now()
    assert.include(readableCause(cause), "and 99981 more")
    readableError(Object.assign(new Error("x".repeat(50_000_000)), { field: "y".repeat(50_000_000) }))
    // In quadratic time it would be minutes, and a busy machine takes several times as long as an idle one.
    assert.isBelow(performance.now() - began, 20_000)
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
    Object.defineProperty(error, "_tag", { get: call("getter of the tag") })
    Object.defineProperty(error.inner, Symbol.toStringTag, { get: call("getter of the class's name") })
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
