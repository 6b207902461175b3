import { assert, describe, it } from "@effect/vitest"
import { Cause, ConfigProvider, Effect } from "effect"
import * as Logging from "../../src/cli/logging.ts"

const logged = (isTTY: boolean, events: Effect.Effect<void>) =>
  Effect.gen(function*() {
    const written: Array<string> = []
    yield* Effect.provide(events, Logging.layer({ isTTY, write: (line) => written.push(line) }))
    return written
  })

const onTerminal = (events: Effect.Effect<void>) => logged(true, events)
const inFile = (events: Effect.Effect<void>) => logged(false, events)

// oxlint-disable-next-line no-control-regex
const colour = /\u001b\[\d+m/g

const circular: { self?: unknown } = {}
circular.self = circular
const throwing = {
  toJSON() {
    throw new Error("not today")
  }
}
const unshowable = { bigint: 12n, nested: { of: { bigint: 34n } }, circular, throwing, bare: Object.create(null) }

/** Two lines in the message, in an annotation and in each of a cause's errors. */
const ofManyLines = Effect.logError(
  "first\nsecond",
  Cause.fail(new Error("the\nouter", { cause: new Error("the\ninner") }))
)
  .pipe(Effect.annotateLogs("note", "left\r\nright\u2028end"))

describe("the log", () => {
  it.effect("is a line for people on a terminal, with colours, and JSON without any elsewhere", () =>
    Effect.gen(function*() {
      const event = Effect.annotateLogs(Effect.logInfo("Job claimed"), { jobId: "7", attempt: 2, worker: "w" })
      const [line = ""] = yield* onTerminal(event)
      assert.match(line, colour)
      assert.match(
        line.replace(colour, ""),
        /^\d\d:\d\d:\d\d 7 Job claimed attempt=2\n$/
      )

      const [json = ""] = yield* inFile(event)
      assert.notMatch(json, colour)
      assert.deepInclude(JSON.parse(json), {
        message: "Job claimed",
        logLevel: "INFO",
        annotations: { jobId: "7", attempt: 2, worker: "w" }
      })
    }))

  it.effect("has the format that the environment names, on a terminal or elsewhere", () =>
    Effect.gen(function*() {
      const event = Effect.annotateLogs(Effect.logInfo("Job claimed"), {
        jobId: "7",
        of: { many: "words, and \"more\"" }
      })
      const as = (format: string, isTTY: boolean) =>
        Effect.map(
          Effect.withConfigProvider(
            logged(isTTY, event),
            ConfigProvider.fromMap(new Map([["HOLDFAST_LOG_FORMAT", format]]))
          ),
          (lines) => lines.join("")
        )
      assert.deepInclude(JSON.parse(yield* as("json", true)), { message: "Job claimed" })
      for (const isTTY of [true, false]) {
        assert.match(
          yield* as("logfmt", isTTY),
          /^timestamp=\S+Z level=INFO fiber=\S+ message="Job claimed" of="\{.*\}" jobId=7\n$/
        )
      }
      assert.match(yield* as("pretty", false), /^\d\d:\d\d:\d\d 7 Job claimed of=/)
      // What is wrong with it is for those to say who read the settings.
      assert.deepInclude(JSON.parse(yield* as("xml", false)), { message: "Job claimed" })
    }))

  it.effect("in logfmt is one line for one event, also of what cannot be shown", () =>
    Effect.gen(function*() {
      const inLogfmt = Effect.withConfigProvider(
        logged(
          false,
          Effect.all([
            ofManyLines,
            Effect.annotateLogs(Effect.logInfo(unshowable), unshowable),
            Effect.logError("it dies", Cause.die(throwing))
          ], { discard: true })
        ),
        ConfigProvider.fromMap(new Map([["HOLDFAST_LOG_FORMAT", "logfmt"]]))
      )
      const lines = yield* inLogfmt
      assert.strictEqual(lines.length, 3)
      for (const line of lines) assert.match(line, /^timestamp=[^\r\n\u2028]*\n$/)
      assert.match(String(lines[0]), /cause="Error: the\\nouter.*the\\n {2}inner/)
    }))

  it.effect("names the worker on a terminal once, when it starts", () =>
    Effect.gen(function*() {
      const lines = yield* onTerminal(
        Effect.annotateLogs(Effect.zipRight(Effect.logInfo("Worker started"), Effect.logInfo("Job claimed")), {
          worker: "host-1"
        })
      )
      assert.deepStrictEqual(lines.map((line) => line.includes("worker=host-1")), [true, false])
    }))

  it.effect("has one line for an event, however many lines its message, annotations and cause have", () =>
    Effect.gen(function*() {
      for (const written of [yield* onTerminal(ofManyLines), yield* inFile(ofManyLines)]) {
        assert.strictEqual(written.length, 1)
        assert.match(written.join(""), /^[^\n\r]+\n$/)
        assert.include(written.join(""), "first\\nsecond")
        assert.include(written.join(""), "inner")
      }
      const [line = ""] = yield* onTerminal(ofManyLines)
      assert.include(line, "note=left\\r\\nright\\u2028end")
    }))

  it.effect("lets no value write to the terminal but text", () =>
    Effect.gen(function*() {
      const [line = ""] = yield* onTerminal(Effect.annotateLogs(Effect.logInfo("\u001b[2J"), "note", "\u0007"))
      // oxlint-disable-next-line no-control-regex
      assert.notMatch(line.replace(colour, "").trimEnd(), /[\u0000-\u001f]/)
    }))

  it.effect("fails nobody who logs a bigint, a circle or what throws when it is shown, alone or inside a value", () =>
    Effect.gen(function*() {
      for (const [name, value] of [...Object.entries(unshowable), ["all", unshowable] as const]) {
        const event = Effect.logInfo("still", value).pipe(
          Effect.zipRight(Effect.logError("here", Cause.fail(value))),
          Effect.annotateLogs("value", value)
        )
        for (const written of [yield* onTerminal(event), yield* inFile(event)]) {
          assert.strictEqual(written.length, 2, name)
          assert.match(written.join(""), /still[^\n]+\n[^\n]*here[^\n]+\n$/, name)
        }
      }
      const [line = ""] = yield* onTerminal(
        Effect.annotateLogs(Effect.logInfo("Cost"), { tokens: 12n, of: { n: 34n } })
      )
      assert.include(line, "tokens=12")
      assert.include(line, "34n")
    }))

  it.effect("shows an error that is logged as a value by its name and message", () =>
    Effect.gen(function*() {
      const [line = ""] = yield* onTerminal(
        Effect.annotateLogs(Effect.logInfo("Trying again"), "why", new TypeError("odd"))
      )
      assert.include(line, "why=TypeError: odd")
    }))

  it.effect("leaves out what is below the level that was asked for, INFO unless another was", () =>
    Effect.gen(function*() {
      const written = yield* inFile(Effect.zipRight(Effect.logDebug("quiet"), Effect.logInfo("loud")))
      assert.deepStrictEqual(written.map((line) => (JSON.parse(line) as { message: string }).message), ["loud"])
    }))

  it.effect("goes where its layer says, and nothing after it goes there too", () =>
    Effect.gen(function*() {
      const first = yield* inFile(Effect.logInfo("first"))
      const second = yield* onTerminal(Effect.logInfo("second"))
      assert.deepStrictEqual([first.length, second.length], [1, 1])
    }))
})
