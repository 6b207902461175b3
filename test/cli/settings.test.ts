import { assert, describe, it } from "@effect/vitest"
import { Cause, ConfigProvider, Duration, Effect, Either, LogLevel, Option, Redacted } from "effect"
import { Grace } from "../../src/domain/limits.ts"
import {
  database,
  limit,
  listenUrl,
  port,
  queues,
  retention,
  schemaName,
  settings,
  span
} from "../../src/cli/settings.ts"

describe("DATABASE_URL", () => {
  it("is refused without repeating it, and told what is allowed", () => {
    const message = Either.getOrThrow(Either.flip(database("mysql://me:hunter2@host/db")))
    assert.strictEqual(
      message,
      "the scheme \"mysql\" is not supported; write sqlite:<path of a file>, sqlite:///<absolute path>, sqlite::memory: "
        + "or postgres://<user>:<password>@<host>:<port>/<database>"
    )
  })
})

describe("a limit", () => {
  it("of 0 is none, as a number is itself, and nothing else is taken", () => {
    assert.deepStrictEqual(Either.map(limit("0"), Option.getOrNull), Either.right(null))
    assert.deepStrictEqual(Either.map(limit("12"), Option.getOrNull), Either.right(12))
    assert.isTrue(Either.isLeft(limit("-1")))
  })
})

describe("a port", () => {
  it("is a whole number that a port can be, and 0 for any", () => {
    for (const given of ["0", "1", "3000", "65535"]) assert.deepStrictEqual(port(given), Either.right(Number(given)))
    for (const given of ["65536", "-1", "80.5", "", "http", "0x50"]) {
      const message = Either.getOrThrow(Either.flip(port(given)))
      assert.include(message, `${JSON.stringify(given)} is not a port; use a whole number from 0 to 65535`)
    }
  })
})

describe("the URL of the connection that listens", () => {
  it("is one of a PostgreSQL server, or off", () => {
    assert.strictEqual(Option.getOrThrow(Either.getOrThrow(listenUrl("off"))), false)
    const url = Option.getOrThrow(Either.getOrThrow(listenUrl("postgres://me:hunter2@db.example/app")))
    assert.strictEqual(url !== false && Redacted.value(url), "postgres://me:hunter2@db.example/app")
    for (const given of ["sqlite:hunter2.db", "mysql://me:hunter2@host/db", "no"]) {
      const message = Either.getOrThrow(Either.flip(listenUrl(given)))
      assert.match(message, /not supported; write .*postgres:/)
      assert.notInclude(message, "hunter2")
    }
  })
})

describe("a schema", () => {
  it("has a name that PostgreSQL neither cuts nor refuses", () => {
    for (const given of ["jobs", "Jobs of the app", "ä".repeat(31)]) {
      assert.deepStrictEqual(Either.map(schemaName(given), Option.getOrNull), Either.right(given))
    }
    for (const given of ["ä".repeat(32), "pg_jobs"]) {
      const message = Either.getOrThrow(Either.flip(schemaName(given)))
      assert.include(message, `${JSON.stringify(given)} is not the name of a schema: well-formed text of 1 to 63 bytes`)
    }
  })
})

describe("a span", () => {
  it("below zero is refused, and not taken for none", () => {
    const message = Either.getOrThrow(Either.flip(span(Grace)("-5 seconds")))
    assert.strictEqual(
      message,
      `"-5 seconds" is not a duration from 0 ms to 24 days, e.g. "30 seconds" or a number of seconds`
    )
  })
})

describe("queues", () => {
  const read = (text: string) => Either.map(queues(text), (read) => [...Option.getOrThrow(read)])

  it("are names with commas between them, each with the most jobs at once or without", () => {
    assert.deepStrictEqual(
      Either.map(
        read(" mail=5, default,a=b = 12 "),
        (all) => all.map(([name, most]) => [name, Option.getOrNull(most)])
      ),
      Either.right([["mail", 5], ["default", null], ["a=b", 12]])
    )
  })

  const refused: ReadonlyArray<readonly [text: string, problem: string]> = [
    ["mail=0", "\"0\" is not a whole number from 1 to 1000"],
    ["mail=1001", "\"1001\" is not a whole number from 1 to 1000"],
    ["mail=", "\"\" is not a whole number from 1 to 1000"],
    ["mail=many", "\"many\" is not a whole number from 1 to 1000"],
    ["mail,,default", "\"\" is not well-formed text of 1 to 255 characters"],
    ["=5", "\"\" is not well-formed text of 1 to 255 characters"],
    ["mail=5,default,mail", "\"mail\" is named twice"]
  ]
  for (const [text, problem] of refused) {
    it(`are refused, and told what is allowed: ${text}`, () => {
      const message = Either.getOrThrow(Either.flip(queues(text)))
      assert.include(message, problem)
      assert.include(message, "; write names of queues such as mail=5,default")
    })
  }
})

describe("a retention", () => {
  it("is a span, or off, which keeps jobs until someone deletes them", () => {
    assert.deepStrictEqual(Either.map(retention("90 days"), Duration.toDays), Either.right(90))
    assert.deepStrictEqual(Either.map(retention("0"), Duration.toMillis), Either.right(0))
    assert.deepStrictEqual(Either.map(retention("off"), Duration.isFinite), Either.right(false))
    assert.strictEqual(
      Either.getOrThrow(Either.flip(retention("never"))),
      "\"never\" is not a duration of 0 or more, e.g. \"30 seconds\" or a number of seconds, "
        + "or off, which keeps them until someone deletes them"
    )
  })
})

describe("the settings", () => {
  it.effect("of the log name its format, and the retention of each status", () =>
    Effect.gen(function*() {
      const read = (environment: Readonly<Record<string, string>>) =>
        Effect.withConfigProvider(settings, ConfigProvider.fromMap(new Map(Object.entries(environment))))
      const { logFormat, retention } = yield* read({
        HOLDFAST_LOG_FORMAT: "logfmt",
        HOLDFAST_RETAIN_SUCCEEDED: "1 hour",
        HOLDFAST_RETAIN_FAILED: "off"
      })
      assert.strictEqual(Option.getOrNull(logFormat), "logfmt")
      assert.deepStrictEqual(
        [retention.succeeded, retention.failed, retention.cancelled].map((span) => Duration.toDays(span)),
        [1 / 24, Infinity, 30]
      )
      const refused = Cause.pretty(Cause.fail(yield* Effect.flip(read({ HOLDFAST_LOG_FORMAT: "xml" }))))
      assert.include(refused, "\"xml\" is not a format; write one of pretty, json, logfmt")
    }))

  it.effect("of the log are a level, in any case of letters, and whether errors are shown", () =>
    Effect.gen(function*() {
      const read = (level: string, errors: string) =>
        Effect.withConfigProvider(
          settings,
          ConfigProvider.fromMap(new Map([["HOLDFAST_LOG_LEVEL", level], ["HOLDFAST_LOG_ERRORS", errors]]))
        )
      const { logErrors, logLevel } = yield* read("Warning", "true")
      assert.deepStrictEqual([logLevel, logErrors], [LogLevel.Warning, true])
      assert.include(
        Cause.pretty(Cause.fail(yield* Effect.flip(read("loud", "true")))),
        "all, trace, debug, info, warning"
      )
      assert.include(
        Cause.pretty(Cause.fail(yield* Effect.flip(read("info", "yes")))),
        "\"yes\" is neither true nor false"
      )
    }))

  it.effect("have a default for each variable, also for one that is empty", () =>
    Effect.gen(function*() {
      const read = (environment: ReadonlyArray<readonly [string, string]>) =>
        Effect.withConfigProvider(settings, ConfigProvider.fromMap(new Map(environment)))
      const unset = yield* read([])
      assert.deepStrictEqual(unset.database, { database: "sqlite", filename: "data/holdfast.db" })
      assert.strictEqual(unset.concurrency, 10)
      assert.deepStrictEqual(yield* read([["DATABASE_URL", ""], ["HOLDFAST_CONCURRENCY", " "]]), unset)
    }))
})
