import { FetchHttpClient, HttpClient } from "@effect/platform"
import { NodeHttpClient } from "@effect/platform-node"
import { SqlClient } from "@effect/sql"
import { assert, describe, it } from "@effect/vitest"
import {
  Cause,
  Clock,
  Duration,
  Effect,
  Exit,
  Fiber,
  Layer,
  Logger,
  LogLevel,
  Option,
  Redacted,
  TestClock,
  Tracer
} from "effect"
import { inspect } from "node:util"
import { ActorPlatform } from "../../../src/brandbrain/actors/ActorPlatform.ts"
import type { ActorPlatformError } from "../../../src/brandbrain/actors/ActorPlatform.ts"
import * as ApifyActorPlatform from "../../../src/brandbrain/actors/ApifyActorPlatform.ts"
import { datasets } from "../../../src/brandbrain/actors/recorded/datasets.ts"
import { createSampleBrand } from "../../../src/brandbrain/brands/sampleBrand.ts"
import { Sources } from "../../../src/brandbrain/brands/Sources.ts"
import { compileBrand } from "../../../src/brandbrain/compile/compileBrand.ts"
import { CompileRuns } from "../../../src/brandbrain/compile/CompileRuns.ts"
import { BrandBrainConfig } from "../../../src/brandbrain/config/BrandBrainConfig.ts"
import { ingestSource } from "../../../src/brandbrain/gather/ingestSource.ts"
import { addBrand, addCompile, memoryApp, settings } from "../memoryApp.ts"
import { actors, anError, apifyServer, aRun } from "./apifyServer.ts"
import type { Actor, Answer, Asked } from "./apifyServer.ts"

/** Looks like nothing else, so that finding it anywhere means that it got there. */
const token = "apify_api_S3nt1nelT0ken+/=x"

const transports = {
  undici: NodeHttpClient.layerUndici,
  node: NodeHttpClient.layer,
  fetch: FetchHttpClient.layer
} as const

const clientOf = (url: string, transport: Layer.Layer<HttpClient.HttpClient> = transports.undici) =>
  ApifyActorPlatform.layer.pipe(
    Layer.provide(transport),
    Layer.provide(Layer.succeed(BrandBrainConfig, {
      ...settings,
      apifyToken: Option.some(Redacted.make(token)),
      apifyBaseUrl: url
    }))
  )

/** What a request, a run and a source may take. On a hasty clock these never pass. */
const deadlines = new Set([30_000, 60_000, 300_000])

/**
 * A clock on which nobody waits: a sleep is noted and over at once.
 *
 * Sockets take real time, so a clock that a test moves could pass by an answer
 * that is on its way. On this one only those who wait on purpose move on.
 */
const hastyClock = (onDeadline: (millis: number) => Effect.Effect<void> = () => Effect.never) => {
  const waits: Array<number> = []
  let now = Date.UTC(2026, 0, 1)
  const clock: Clock.Clock = {
    ...Clock.make(),
    unsafeCurrentTimeMillis: () => now,
    unsafeCurrentTimeNanos: () => BigInt(now) * 1_000_000n,
    currentTimeMillis: Effect.sync(() => now),
    currentTimeNanos: Effect.sync(() => BigInt(now) * 1_000_000n),
    sleep: (duration) =>
      Effect.suspend(() => {
        const millis = Duration.toMillis(duration)
        const passed = Effect.sync(() => {
          now += millis
        })
        if (deadlines.has(millis)) {
          return Effect.zipRight(onDeadline(millis), passed)
        }
        waits.push(millis)
        return passed
      })
  }
  return { clock, waits, startedAt: now, now: () => now }
}

type Platform = typeof ActorPlatform.Service

const limits = { maxItems: 8, timeout: Duration.minutes(10) }

/** The calls that ask about something that is there already. */
const questions = {
  getRun: (platform: Platform) => platform.getRun("run-1"),
  getItems: (platform: Platform) => platform.getItems("dataset-1", { limit: 8, offset: 0 })
} as const
const calls = {
  startRun: (platform: Platform) => platform.startRun("apify~scraper", { username: ["cobble"] }, limits),
  ...questions
} as const
type Call = keyof typeof calls
const allCalls = Object.keys(calls) as Array<Call>

/** What a call comes to on a server that answers so, without anybody waiting. */
const asking = Effect.fn("asking")(function*(
  call: Call,
  answer: (nth: number, asked: Asked) => Answer,
  transport?: Layer.Layer<HttpClient.HttpClient>
) {
  const server = yield* apifyServer((asked, nth) => answer(nth, asked))
  const { clock, waits } = hastyClock()
  const result = yield* Effect.flatMap(
    ActorPlatform,
    (platform) => Effect.either<unknown, ActorPlatformError, never>(calls[call](platform))
  ).pipe(
    Effect.provide(clientOf(server.url, transport)),
    Effect.withClock(clock)
  )
  return { result, server, waits, error: result._tag === "Left" ? result.left : undefined }
})

const succeeded: Record<Call, Answer> = {
  startRun: { status: 201, body: { data: aRun("READY") } },
  getRun: { body: { data: aRun("RUNNING") } },
  getItems: { body: [{ id: "p1" }] }
}

describe("the actor platform over HTTP", () => {
  it.scoped("is asked as its API says", () =>
    Effect.gen(function*() {
      const server = yield* apifyServer((asked) =>
        asked.method === "POST"
          ? succeeded.startRun
          : asked.path.includes("items")
          ? succeeded.getItems
          : succeeded.getRun
      )
      yield* Effect.gen(function*() {
        const platform = yield* ActorPlatform
        const input = { username: ["cøbble"], resultsLimit: 8 }
        assert.deepStrictEqual(yield* platform.startRun("some/one~scraper#?.. x", input, limits), aRun("READY"))
        assert.deepStrictEqual(yield* platform.getRun("a/../b"), aRun("RUNNING"))
        assert.deepStrictEqual(yield* platform.getItems("d?limit=9", { limit: 8, offset: 16 }), [{ id: "p1" }])
      }).pipe(Effect.provide(clientOf(`${server.url}/prefix`)))

      assert.deepStrictEqual(server.asked.map(({ method, path }) => `${method} ${path}`), [
        "POST /prefix/v2/acts/some%2Fone~scraper%23%3F..%20x/runs?maxItems=8&timeout=600",
        "GET /prefix/v2/actor-runs/a%2F..%2Fb",
        "GET /prefix/v2/datasets/d%3Flimit%3D9/items?limit=8&offset=16"
      ])
      const [start, ...rest] = server.asked
      assert.deepStrictEqual(JSON.parse(start?.body ?? ""), { username: ["cøbble"], resultsLimit: 8 })
      assert.strictEqual(start?.headers["content-type"], "application/json")
      assert.deepStrictEqual(rest.map(({ body }) => body), ["", ""])
      for (const { headers } of server.asked) {
        assert.strictEqual(headers.authorization, `Bearer ${token}`)
        assert.strictEqual(headers["accept"], "application/json")
        assert.notProperty(headers, "traceparent")
      }
    }))

  it.scoped("is asked over the connections that are there", () =>
    Effect.gen(function*() {
      const server = yield* apifyServer(() => succeeded.getRun)
      yield* Effect.flatMap(ActorPlatform, calls.getRun).pipe(
        Effect.repeatN(20),
        Effect.provide(clientOf(server.url))
      )
      assert.isAtMost(server.connections(), 4)
    }))

  it.scoped("is asked without a token when there is none", () =>
    Effect.gen(function*() {
      const server = yield* apifyServer(() => succeeded.getRun)
      yield* Effect.flatMap(ActorPlatform, calls.getRun).pipe(
        Effect.provide(ApifyActorPlatform.layer),
        Effect.provide(transports.undici),
        Effect.provideService(BrandBrainConfig, { ...settings, apifyBaseUrl: server.url })
      )
      assert.notProperty(server.asked[0]?.headers, "authorization")
    }))

  it.scoped.each(["READY", "RUNNING", "SUCCEEDED", "FAILED", "TIMED-OUT", "ABORTED", "SOMETHING-NEW"])(
    "tells that a run is %s",
    (status) =>
      Effect.gen(function*() {
        const { result } = yield* asking("getRun", () => ({ body: { data: { ...aRun(status), usageUsd: 1 } } }))
        assert.deepInclude(result, { _tag: "Right", right: aRun(status) })
      })
  )

  it.scoped("may tell of a run that has no instants yet", () =>
    Effect.gen(function*() {
      const { finishedAt: _, startedAt: __, ...run } = aRun("READY")
      const { result } = yield* asking("startRun", () => ({ status: 201, body: { data: run } }))
      assert.deepInclude(result, { _tag: "Right", right: { ...run, startedAt: null, finishedAt: null } })
    }))

  it.scoped("never gets more items kept than were asked for", () =>
    Effect.gen(function*() {
      const { result } = yield* asking("getItems", () => ({ body: Array.from({ length: 100 }, (_, id) => ({ id })) }))
      assert(result._tag === "Right")
      assert.deepStrictEqual(result.right, Array.from({ length: 8 }, (_, id) => ({ id })))
    }))

  it.effect.each(["", ".", "..", "\ud800"])(
    "is not asked about an id that no address can hold: %j",
    (id) =>
      Effect.gen(function*() {
        const platform = yield* ActorPlatform
        for (
          const asked of [
            platform.startRun(id, {}, limits),
            platform.getRun(id),
            platform.getItems(id, { limit: 1, offset: 0 })
          ] as ReadonlyArray<Effect.Effect<unknown, ActorPlatformError>>
        ) {
          assert.deepInclude(yield* Effect.flip(asked), { status: null, type: "invalid-request", retryable: false })
        }
      }).pipe(Effect.provide(clientOf("http://127.0.0.1:1")))
  )

  it.effect("is not asked with an input that is no JSON", () =>
    Effect.gen(function*() {
      const error = yield* Effect.flip((yield* ActorPlatform).startRun("a", { secret: 12345678901234567890n }, limits))
      assert.deepInclude(error, { status: null, type: "invalid-request", retryable: false })
      assert.notInclude(error.toString(), "1234567890")
    }).pipe(Effect.provide(clientOf("http://127.0.0.1:1"))))
})

describe("what the platform refuses", () => {
  it.scoped.each(
    allCalls.flatMap((call) => [400, 401, 402, 403, 404, 409, 413].map((status) => [call, status] as const))
  )(
    "is not asked again: %s, %i",
    ([call, status]) =>
      Effect.gen(function*() {
        const { error, server, waits } = yield* asking(call, () => ({ status, body: anError("some-type", "Because") }))
        assert.deepInclude(error, { status, type: "some-type", reason: "Because", retryable: false })
        assert.strictEqual(error?.message, `Because (${status} some-type)`)
        assert.strictEqual(server.asked.length, 1)
        assert.deepStrictEqual(waits, [])
      })
  )

  it.scoped.each(["", "<html>no</html>", "null", "{\"error\":\"no\"}", "{\"error\":{\"type\":1}}", "\ufeff{"])(
    "need not be said in the platform's words: %j",
    (body) =>
      Effect.gen(function*() {
        const { error } = yield* asking("getRun", () => ({ status: 404, body }))
        assert.deepInclude(error, {
          status: 404,
          type: "http-error",
          reason: "The platform refused without a reason",
          retryable: false
        })
      })
  )

  it.scoped("is a refusal even if what it says breaks off", () =>
    Effect.gen(function*() {
      const headers = { "content-length": "1000", connection: "close" }
      const { error, server } = yield* asking("startRun", () => ({ status: 404, headers, body: "{\"error\":" }))
      assert.deepInclude(error, { status: 404, type: "http-error", retryable: false })
      assert.strictEqual(server.asked.length, 1)
    }))

  it.scoped("is told in one line of a sane length that any database can hold", () =>
    Effect.gen(function*() {
      const long = `a\u0000b\r\n\u001b[31mc\ud800 ${"😀".repeat(100_000)}`
      const { error } = yield* asking("getRun", () => ({ status: 400, body: anError(long, long) }))
      assert(error)
      assert.isAtMost(error.type.length, 60)
      assert.isAtMost(error.reason.length, 300)
      for (const text of [error.type, error.reason]) {
        assert.isTrue(text.startsWith("a b [31mc 😀"))
        assert.notMatch(text, /[\p{Cc}\p{Cs}]/u)
      }
    }))

  it.scoped.each(Object.keys(transports) as Array<keyof typeof transports>)(
    "includes going elsewhere: neither the token nor the input follows a redirect, over %s",
    (transport) =>
      Effect.gen(function*() {
        const elsewhere = yield* apifyServer(() => succeeded.startRun)
        for (
          const [call, status] of allCalls.flatMap((call) =>
            [301, 302, 303, 307, 308].map((status) => [call, status] as const)
          )
        ) {
          const { error, server } = yield* asking(call, () => ({
            status,
            headers: { location: `${elsewhere.url}/` }
          }), transports[transport])
          assert.deepInclude(error, { status, type: "http-error", retryable: false })
          assert.include(error?.reason, "The platform answered with a redirect, which is not followed")
          assert.strictEqual(server.asked.length, 1)
        }
        assert.strictEqual(elsewhere.asked.length, 0)
      })
  )
})

describe("a call that failed", () => {
  it.scoped.each(allCalls)("is made again after 429, and then goes well: %s", (call) =>
    Effect.gen(function*() {
      const { result, server, waits } = yield* asking(call, (nth) =>
        nth <= 2 ? { status: 429, body: anError("rate-limit-exceeded", "Slow down") } : succeeded[call])
      assert.strictEqual(result._tag, "Right")
      assert.strictEqual(server.asked.length, 3)
      assert.strictEqual(waits.length, 2)
    }))

  it.scoped.each(["getRun", "getItems"] as const)(
    "with a 5xx is made again if it only asks: %s",
    (call) =>
      Effect.gen(function*() {
        const statuses = [500, 502, 503, 504, 599]
        const { result, server, waits } = yield* asking(
          call,
          (nth) => nth <= 5 ? { status: statuses[nth - 1] ?? 500, body: "<html>" } : succeeded[call]
        )
        assert.strictEqual(result._tag, "Right")
        assert.strictEqual(server.asked.length, 6)
        // Backoff doubles, with a jitter of a quarter either way.
        for (const [index, wait] of waits.entries()) {
          assert.closeTo(wait, 1_000 * 2 ** index, 250 * 2 ** index)
          assert.notStrictEqual(wait, 1_000 * 2 ** index)
        }
      })
  )

  it.scoped.each(allCalls)("is made six times at most: %s", (call) =>
    Effect.gen(function*() {
      const { error, server, waits } = yield* asking(call, () => ({ status: 429, body: anError("rate-limit", "No") }))
      assert.deepInclude(error, { status: 429, type: "rate-limit", reason: "No", retryable: true })
      assert.strictEqual(server.asked.length, 6)
      assert.strictEqual(waits.length, 5)
    }))

  it.scoped.each([
    ["seconds", "7", 7_000],
    ["a date", "Thu, 01 Jan 2026 00:00:09 GMT", 9_000],
    ["a date that is over", "Wed, 31 Dec 2025 23:59:59 GMT", 0],
    ["a day", "86400", 60_000],
    ["a date far off", "Fri, 01 Jan 2027 00:00:00 GMT", 60_000],
    ["nonsense", "soon", 0],
    ["a negative number", "-5", 0],
    ["more than a number holds", "9".repeat(400), 60_000]
  ] as ReadonlyArray<readonly [string, string, number]>)(
    "waits as long as Retry-After says, up to a minute: %s",
    ([, header, least]) =>
      Effect.gen(function*() {
        const { result, waits: [wait = -1, ...rest] } = yield* asking(
          "startRun",
          (nth) => nth === 1 ? { status: 429, headers: { "retry-after": header } } : succeeded.startRun
        )
        assert.strictEqual(result._tag, "Right")
        assert.deepStrictEqual(rest, [])
        assert.isAtLeast(wait, least + 750)
        assert.isAtMost(wait, least + 1_250)
      })
  )

  it.scoped("is not made again two minutes after it began, whatever Retry-After says", () =>
    Effect.gen(function*() {
      const { error, server, waits } = yield* asking(
        "getRun",
        () => ({ status: 503, headers: { "retry-after": "50" } })
      )
      assert.deepInclude(error, { status: 503, retryable: true })
      assert.strictEqual(server.asked.length, 3)
      assert.isBelow(waits.reduce((sum, wait) => sum + wait, 0), 120_000)
    }))
})

describe("starting a run, which costs money,", () => {
  it.scoped.each([
    ["503 in the platform's words", { status: 503, body: anError("unavailable", "Later") }],
    ["503 with Retry-After", { status: 503, headers: { "retry-after": "0" } }],
    ["429", { status: 429 }]
  ] as ReadonlyArray<readonly [string, Answer]>)(
    "is tried again when nothing was started: %s",
    ([, answer]) =>
      Effect.gen(function*() {
        const { result, server } = yield* asking("startRun", (nth) => nth === 1 ? answer : succeeded.startRun)
        assert.strictEqual(result._tag, "Right")
        assert.strictEqual(server.asked.length, 2)
        assert.strictEqual(server.asked[0]?.body, server.asked[1]?.body)
      })
  )

  it.scoped.each([
    ["500", { status: 500, body: anError("internal", "Oh") }],
    ["502", { status: 502 }],
    ["503 of a proxy", { status: 503, body: "upstream connect error" }],
    ["504", { status: 504, body: anError("internal", "Oh") }],
    ["a connection reset", "reset"],
    ["an answer cut short", "cut"],
    ["an answer that is no JSON", { status: 201, body: "<html>" }],
    ["an answer of the wrong shape", { status: 201, body: { data: { status: "READY" } } }],
    ["an answer without end", "endless"],
    ["a redirect", { status: 303, headers: { location: "/" } }]
  ] as ReadonlyArray<readonly [string, Answer]>)(
    "is never tried again when a run may be under way: %s",
    ([, answer]) =>
      Effect.gen(function*() {
        for (const transport of Object.values(transports)) {
          const { error, server } = yield* asking("startRun", () => answer, transport)
          assert.strictEqual(error?.retryable, false)
          assert.include(error?.reason, "; the request may have taken effect")
          assert.strictEqual(server.asked.length, 1)
        }
      })
  )

  it.scoped("is tried again when no connection was made", () =>
    Effect.gen(function*() {
      const url = yield* Effect.scoped(Effect.map(apifyServer(() => "hang"), ({ url }) => url))
      for (const transport of Object.values(transports)) {
        const { clock, waits } = hastyClock()
        const error = yield* Effect.flatMap(ActorPlatform, calls.startRun).pipe(
          Effect.flip,
          Effect.provide(clientOf(url, transport)),
          Effect.withClock(clock)
        )
        assert.deepInclude(error, {
          status: null,
          type: "unreachable",
          reason: "The platform cannot be reached: ECONNREFUSED",
          retryable: true
        })
        assert.strictEqual(waits.length, 5)
      }
    }))
})

describe("an answer that cannot be used", () => {
  const readings: ReadonlyArray<readonly [string, Answer, { readonly status: number | null; readonly type: string }]> =
    [
      ["a connection reset", "reset", { status: null, type: "connection-lost" }],
      ["an answer cut short", "cut", { status: 200, type: "incomplete-answer" }],
      ["no JSON", { body: "<html>secret</html>" }, { status: 200, type: "malformed-answer" }],
      ["half of it", { body: "{\"data\":{\"id\":\"secret" }, { status: 200, type: "malformed-answer" }],
      ["nothing", { status: 200 }, { status: 200, type: "malformed-answer" }]
    ]
  it.scoped.each(
    readings.flatMap((reading) =>
      Object.keys(questions).map((call) => [reading[0], call as Call, reading[1], reading[2]] as const)
    )
  )(
    "may be better when it is asked for again: %s, %s",
    ([, call, answer, expected]) =>
      Effect.gen(function*() {
        for (const transport of Object.values(transports)) {
          const again = yield* asking(call, (nth) => nth === 1 ? answer : succeeded[call], transport)
          assert.strictEqual(again.result._tag, "Right")
          assert.strictEqual(again.server.asked.length, 2)
          const { error, server } = yield* asking(call, () => answer, transport)
          assert.deepInclude(error, { retryable: true })
          // What a fetch says of an answer without a body differs.
          if (!(transport === transports.fetch && expected.type === "malformed-answer")) {
            assert.deepInclude(error, expected)
          }
          assert.notInclude(error?.toString(), "secret")
          assert.strictEqual(server.asked.length, 6)
        }
      })
  )

  it.scoped.each([
    ["getRun", [], ""],
    ["getRun", { data: null }, " at data"],
    ["getRun", { data: { ...aRun("RUNNING"), status: 7 } }, " at data.status"],
    ["getRun", { data: { ...aRun("RUNNING"), id: "" } }, " at data.id"],
    ["getRun", { data: { ...aRun("RUNNING"), finishedAt: { secret: "secret" } } }, " at data.finishedAt"],
    ["getItems", { data: ["secret"] }, ""],
    ["getItems", null, ""],
    ["getItems", "secret", ""]
  ] as ReadonlyArray<readonly [Call, unknown, string]>)(
    "is refused, naming the place and not the value: %s %j",
    ([call, body, where]) =>
      Effect.gen(function*() {
        const { error, server } = yield* asking(call, () => ({ body: JSON.stringify(body) }))
        assert.deepInclude(error, {
          status: 200,
          type: "unexpected-answer",
          reason: `The platform's answer is not of the expected shape${where}`,
          retryable: false
        })
        assert.notInclude(error?.toString(), "secret")
        assert.strictEqual(server.asked.length, 1)
      })
  )

  it.scoped.each([["startRun", 1], ["getRun", 1], ["getItems", 64]] as ReadonlyArray<readonly [Call, number]>)(
    "is let go of when it grows too large: %s, %i MiB",
    ([call, mebibytes]) =>
      Effect.gen(function*() {
        const { error, server } = yield* asking(call, () => "endless")
        assert.deepInclude(error, { status: 200, type: "answer-too-large", retryable: false })
        assert.include(error?.reason, `over ${mebibytes} MiB`)
        assert.strictEqual(server.asked.length, 1)
        yield* server.letGo(1)
      })
  )

  it.scoped("may be as large as pages are", () =>
    Effect.gen(function*() {
      const page = { text: "€".repeat(5 * 1024 * 1024) }
      const { result } = yield* asking("getItems", () => ({ body: [page, page, page] }))
      assert(result._tag === "Right")
      assert.isTrue((result.right as ReadonlyArray<typeof page>).every(({ text }) => text === page.text))
    }))
})

describe("a platform that does not answer", () => {
  /** Runs the call against a server that is silent, and moves the clock once the server has the request. */
  const timedOut = Effect.fn("timedOut")(
    function*(call: Call, silence: "hang" | "stall", transport: Layer.Layer<HttpClient.HttpClient>) {
      const server = yield* apifyServer((_, nth) => nth === 1 || call === "startRun" ? silence : succeeded[call])
      const allowed = call === "getItems" ? 60_000 : 30_000
      const fiber = yield* Effect.flatMap(
        ActorPlatform,
        (platform) => Effect.either<unknown, ActorPlatformError, never>(calls[call](platform))
      ).pipe(
        Effect.provide(clientOf(server.url, transport)),
        Effect.fork
      )
      yield* server.arrival(1)
      yield* TestClock.adjust(allowed - 1)
      assert.isTrue(Option.isNone(yield* Fiber.poll(fiber)))
      assert.strictEqual(server.asked.length, 1)
      yield* TestClock.adjust(1)
      // The connection is not left behind.
      yield* server.letGo(1)
      return { fiber, server, allowed }
    }
  )

  for (const [name, transport] of Object.entries(transports)) {
    for (const silence of ["hang", "stall"] as const) {
      it.scoped(`is given up on after 30 seconds when a run is started, for good (${silence}, ${name})`, () =>
        Effect.gen(function*() {
          const { fiber, server } = yield* timedOut("startRun", silence, transport)
          const result = yield* Fiber.join(fiber)
          assert(result._tag === "Left")
          assert.deepInclude(result.left, {
            status: null,
            type: "timeout",
            reason: "The platform did not answer within 30s; the request may have taken effect",
            retryable: false
          })
          assert.strictEqual(server.asked.length, 1)
        }))

      it.scoped.each(Object.keys(questions) as Array<Call>)(
        `is asked again when it is only asked (${silence}, ${name}): %s`,
        (call) =>
          Effect.gen(function*() {
            const { allowed, fiber, server } = yield* timedOut(call, silence, transport)
            // The wait before the next request is the only sleep that ends so soon.
            yield* Effect.repeat(Effect.zipRight(Effect.promise(() => new Promise(setImmediate)), TestClock.sleeps()), {
              until: (sleeps) => [...sleeps].some((at) => at > allowed && at <= allowed + 1_250)
            })
            yield* TestClock.adjust("1250 millis")
            assert.strictEqual((yield* Fiber.join(fiber))._tag, "Right")
            assert.strictEqual(server.asked.length, 2)
          })
      )
    }
  }

  it.scoped("is asked four times in two minutes, and no more", () =>
    Effect.gen(function*() {
      const server = yield* apifyServer(() => "hang")
      let deadline = 0
      const { clock, now, startedAt } = hastyClock(() => server.arrival(++deadline))
      const error = yield* Effect.flatMap(ActorPlatform, calls.getRun).pipe(
        Effect.flip,
        Effect.provide(clientOf(server.url)),
        Effect.withClock(clock)
      )
      assert.deepInclude(error, { status: null, type: "timeout", retryable: true })
      assert.strictEqual(server.asked.length, 4)
      assert.isAtMost(now() - startedAt, 150_000)
    }))

  it.effect("does not keep a caller, even if the transport never lets go", () =>
    Effect.gen(function*() {
      const stuck = Layer.succeed(HttpClient.HttpClient, HttpClient.make(() => Effect.uninterruptible(Effect.never)))
      const fiber = yield* Effect.flatMap(ActorPlatform, calls.startRun).pipe(
        Effect.flip,
        Effect.provide(clientOf("http://127.0.0.1:1", stuck)),
        Effect.fork
      )
      yield* TestClock.adjust("30 seconds")
      assert.deepInclude(yield* Fiber.join(fiber), { type: "timeout" })
    }))

  it.scoped.each(["hang", "stall"] as const)(
    "is let go of when the caller is interrupted: %s",
    (silence) =>
      Effect.gen(function*() {
        const server = yield* apifyServer(() => silence)
        const fiber = yield* Effect.flatMap(ActorPlatform, calls.getRun).pipe(
          Effect.provide(clientOf(server.url)),
          Effect.fork
        )
        yield* server.arrival(1)
        yield* Fiber.interrupt(fiber)
        yield* server.letGo(1)
        assert.strictEqual(server.asked.length, 1)
      })
  )
})

describe("gathering evidence over HTTP", () => {
  const app = (url: string, transport?: Layer.Layer<HttpClient.HttpClient>) =>
    Layer.merge(
      memoryApp({ apifyToken: Option.some(Redacted.make(token)), apifyBaseUrl: url }),
      clientOf(url, transport)
    )

  const ingesting = Effect.fn("ingesting")(function*(brandId = "b") {
    const compileRunId = `compile-of-${brandId}`
    yield* addBrand(brandId)
    yield* addCompile(brandId, compileRunId)
    const source = yield* (yield* Sources).connect(brandId, { source: "instagram.posts", identifier: "cobble" })
    return ingestSource({ source, compileRunId, reason: "because" })
  })
  const posts = Array.from({ length: 20 }, (_, index) => ({ id: `p${index}`, caption: `Boots ${index}` }))
  const instagram = (actor: Actor) => actors({ "apify~instagram-scraper": actor }, token)

  it.scoped("waits for a slow run, in spite of hiccups, and keeps no more than the cap", () =>
    Effect.gen(function*() {
      const platform = instagram({
        statuses: ["READY", "RUNNING", "RUNNING", "SUCCEEDED"],
        items: posts,
        overflows: true
      })
      const hiccups: Record<number, Answer> = { 1: { status: 429 }, 3: "reset", 5: { status: 502 }, 8: "cut" }
      const server = yield* apifyServer((asked, nth) => hiccups[nth] ?? platform(asked))
      const { clock } = hastyClock()
      const ingested = yield* Effect.flatten(ingesting()).pipe(Effect.provide(app(server.url)), Effect.withClock(clock))
      assert.deepInclude(ingested, { _tag: "Succeeded", rawItems: 8, created: 8 })
      const starts = server.asked.filter(({ method }) => method === "POST")
      assert.deepInclude(JSON.parse(starts.at(-1)?.body ?? ""), { resultsLimit: 8 })
      assert.include(server.asked.at(-1)?.path, "?limit=8&offset=0")
    }))

  it.scoped("finds the run that a start made although it was answered with 502, among others of its actor", () =>
    Effect.gen(function*() {
      const platform = instagram({ items: posts })
      const server = yield* apifyServer((asked, nth) => {
        if (nth === 1) {
          // Another program's run with another input, and a long time ago one with the same.
          platform({ ...asked, body: JSON.stringify({ ...JSON.parse(asked.body), resultsLimit: 3 }) })
          const answer = platform(asked)
          platform({ ...asked, body: "{}" })
          assert.deepInclude(answer, { status: 201 })
          return { status: 502, body: "<html>" }
        }
        return platform(asked)
      })
      const { clock } = hastyClock()
      yield* Effect.gen(function*() {
        assert.deepInclude(yield* Effect.flatten(ingesting()), { _tag: "Succeeded", rawItems: 8 })
        const sql = yield* SqlClient.SqlClient
        const rows = yield* sql`SELECT platform_run_id FROM brandbrain_apify_run`
        assert.deepStrictEqual(rows, [{ platform_run_id: "run-2" }])
      }).pipe(Effect.provide(app(server.url)), Effect.withClock(clock))
      assert.strictEqual(server.asked.filter(({ method }) => method === "POST").length, 1)
    }))

  it.scoped("finds a run however many others its actor has started since, and looks at none that is too old", () =>
    Effect.gen(function*() {
      const platform = actors({ "apify~instagram-scraper": {} }, token)
      const startedAt = Date.UTC(2026, 0, 1)
      // Of 260 runs every second was started an hour later than the one before it. The third is looked for.
      const at = (id: string) => new Date(startedAt + Math.floor(Number(id.split("-").at(-1)) / 2) * 3_600_000)
      const server = yield* apifyServer((asked) => {
        const written = platform(asked)
        return asked.method === "GET" && asked.path.includes("/runs?")
          ? {
            ...written,
            body: JSON.parse(JSON.stringify(written.body), (_, value: unknown) => {
              const { id } = { id: "", ...typeof value === "object" ? value : null }
              return id.startsWith("run-") ? { ...value as object, startedAt: at(id).toISOString() } : value
            }) as unknown
          }
          : written
      })
      yield* Effect.gen(function*() {
        const { findRuns, startRun } = yield* ActorPlatform
        const input = { username: ["cobble"] }
        yield* startRun("apify~instagram-scraper", { username: ["other0"] }, limits)
        // The rest are started as the first was, without a request for each.
        const [first] = server.asked
        assert(first)
        for (let index = 1; index < 260; index++) {
          const each = index === 2 ? input : { username: [`other${index}`] }
          assert.deepInclude(platform({ ...first, body: JSON.stringify(each) }), { status: 201 })
        }
        const sought = at("run-3").getTime()
        const found = yield* findRuns("apify~instagram-scraper", input, sought)
        assert.deepStrictEqual(found.map(({ id }) => id), ["run-3"])
        const pages = () => server.asked.filter(({ path }) => path.includes("/runs?") && path.includes("desc=1")).length
        assert.strictEqual(pages(), 3)
        const inputs = server.asked.filter(({ path }) => path.includes("/records/INPUT")).map(({ path }) => path)
        assert.include(inputs.join(), "store-of-run-2/")
        assert.notInclude(inputs.join(), "store-of-run-1/")
        assert.deepStrictEqual(yield* findRuns("apify~instagram-scraper", input, at("run-258").getTime()), [])
        assert.strictEqual(pages(), 4)
      }).pipe(Effect.provide(clientOf(server.url)))
    }))

  it.scoped("says in its actor's words why a run failed, in one line and without the token", () =>
    Effect.gen(function*() {
      const statusMessage = `The profile\nis private (${token})`
      const server = yield* apifyServer(instagram({ statuses: ["FAILED"], statusMessage }))
      const ingested = yield* Effect.flatten(ingesting()).pipe(
        Effect.provide(app(server.url)),
        Effect.withClock(hastyClock().clock)
      )
      assert.deepInclude(ingested, { error: "The run ended as FAILED: The profile is private ([token])" })
    }))

  it.scoped.each(["FAILED", "TIMED-OUT", "ABORTED"])(
    "records a run that ends as %s",
    (status) =>
      Effect.gen(function*() {
        const server = yield* apifyServer(instagram({ statuses: ["RUNNING", status] }))
        const { clock } = hastyClock()
        const ingested = yield* Effect.flatten(ingesting()).pipe(
          Effect.provide(app(server.url)),
          Effect.withClock(clock)
        )
        assert.deepInclude(ingested, { _tag: "Failed", status: "failed", error: `The run ended as ${status}` })
      })
  )

  it.scoped("resumes the run of an attempt that was stopped: the platform sees one start", () =>
    Effect.gen(function*() {
      const server = yield* apifyServer(instagram({ statuses: ["RUNNING", "RUNNING", "SUCCEEDED"], items: posts }))
      yield* Effect.gen(function*() {
        const ingest = yield* ingesting()
        // The clock stands still, so this attempt has started its run and waits to look at it.
        const first = yield* Effect.fork(ingest)
        const sql = yield* SqlClient.SqlClient
        yield* Effect.repeat(
          Effect.zipRight(
            Effect.promise(() => new Promise(setImmediate)),
            sql`SELECT 1 FROM brandbrain_apify_run WHERE platform_run_id IS NOT NULL`
          ),
          { until: (rows) => rows.length === 1 }
        )
        yield* Fiber.interrupt(first)
        assert.deepInclude(yield* Effect.withClock(ingest, hastyClock().clock), { _tag: "Succeeded", rawItems: 8 })
      }).pipe(Effect.provide(app(server.url)))
      assert.strictEqual(server.asked.filter(({ method }) => method === "POST").length, 1)
    }))

  describe("told to stop while it starts a run", () => {
    const posted = (asked: ReadonlyArray<Asked>) => asked.filter(({ method }) => method === "POST").length
    const turn = Effect.promise(() => new Promise(setImmediate))
    const runs = Effect.gen(function*() {
      const sql = yield* SqlClient.SqlClient
      return yield* sql`SELECT status, platform_run_id, error_summary FROM brandbrain_apify_run`
    })

    it.scoped("waits for the answer and saves it, so that the next attempt does not pay again", () =>
      Effect.gen(function*() {
        const platform = instagram({ items: posts })
        let speak = () => {}
        const spoken = new Promise<void>((resolve) => {
          speak = resolve
        })
        const server = yield* apifyServer((asked, nth) =>
          nth === 1 ? spoken.then(() => platform(asked)) : platform(asked)
        )
        yield* Effect.gen(function*() {
          const ingest = yield* ingesting()
          const first = yield* Effect.fork(ingest)
          yield* server.arrival(1)
          yield* Fiber.interruptFork(first)
          yield* Effect.repeatN(turn, 20)
          assert.isTrue(Option.isNone(yield* Fiber.poll(first)))
          speak()
          assert.isTrue(Exit.isInterrupted(yield* Fiber.await(first)))
          assert.deepInclude((yield* runs)[0], { status: "running", platform_run_id: "run-1" })
          assert.deepInclude(yield* Effect.withClock(ingest, hastyClock().clock), { _tag: "Succeeded", rawItems: 8 })
        }).pipe(Effect.provide(app(server.url)))
        assert.strictEqual(posted(server.asked), 1)
      }))

    it.scoped.each(Object.keys(transports) as Array<keyof typeof transports>)(
      "waits no longer than 30 seconds; the next attempt looks for the run before it starts one (%s)",
      (transport) =>
        Effect.gen(function*() {
          const platform = instagram({ items: posts })
          const server = yield* apifyServer((asked, nth) => {
            const answer = platform(asked)
            return nth === 1 ? "hang" : answer
          })
          yield* Effect.gen(function*() {
            const ingest = yield* ingesting()
            const first = yield* Effect.fork(ingest)
            yield* server.arrival(1)
            yield* Fiber.interruptFork(first)
            yield* TestClock.adjust(29_999)
            assert.isTrue(Option.isNone(yield* Fiber.poll(first)))
            yield* TestClock.adjust(1)
            yield* server.letGo(1)
            assert.isTrue(Exit.isInterrupted(yield* Fiber.await(first)))
            assert.deepInclude((yield* runs)[0], { status: "starting", platform_run_id: null })
            assert.deepInclude(yield* Effect.withClock(ingest, hastyClock().clock), { _tag: "Succeeded", rawItems: 8 })
            assert.deepInclude((yield* runs)[0], { status: "succeeded", platform_run_id: "run-1" })
            assert.strictEqual(posted(server.asked), 1)
          }).pipe(Effect.provide(app(server.url, transports[transport])))
        })
    )

    it.scoped("does not ask again once the platform has said that it started none", () =>
      Effect.gen(function*() {
        const server = yield* apifyServer(() => ({ status: 429 }))
        yield* Effect.gen(function*() {
          const first = yield* Effect.fork(yield* ingesting())
          // The wait before the next request is the only sleep that ends so soon.
          yield* Effect.repeat(Effect.zipRight(turn, TestClock.sleeps()), {
            until: (sleeps) => [...sleeps].some((at) => at <= 1_250)
          })
          assert.isTrue(Exit.isInterrupted(yield* Fiber.interrupt(first)))
          assert.deepInclude((yield* runs)[0], { status: "starting" })
        }).pipe(Effect.provide(app(server.url)))
        assert.strictEqual(posted(server.asked), 1)
      }))
  })

  it.scoped("compiles the sample brand; an actor that is gone fails its source and nothing else", () =>
    Effect.gen(function*() {
      const { "streamers~youtube-scraper": _, ...known } = datasets
      const server = yield* apifyServer(
        actors(
          Object.fromEntries(
            Object.entries(known).map(([id, items]) => [id, { items, statuses: ["READY", "RUNNING", "SUCCEEDED"] }])
          ),
          token
        )
      )
      const { clock } = hastyClock()
      const evidence = yield* Effect.gen(function*() {
        const payload = yield* addCompile(yield* createSampleBrand(), "c")
        const { snapshot } = yield* compileBrand(payload, () => Effect.void)
        assert.isAbove(snapshot.meta.evidence_summary.item_count, 15)
        return (yield* (yield* CompileRuns).get("quillhaven", "c")).evidence_status
      }).pipe(Effect.provide(app(server.url)), Effect.withClock(clock))
      assert.strictEqual(evidence.refreshed.length, 5)
      assert.deepInclude(evidence.failed[0], {
        source: "youtube.channel_videos",
        error: "There is no such thing (404 record-not-found)"
      })
      assert.strictEqual(server.asked.filter(({ method }) => method === "POST").length, 6)
    }))

  it.scoped("shows the token to the platform and to nobody else", () =>
    Effect.gen(function*() {
      const seen: Array<string> = []
      const see = (...values: ReadonlyArray<unknown>) => {
        for (const value of values) {
          seen.push(
            String(value),
            inspect(value, { depth: Infinity, showHidden: true, maxStringLength: Infinity, maxArrayLength: Infinity })
          )
        }
      }
      const logger = Logger.make(({ annotations, cause, message, spans }) => {
        see(message, [...annotations], [...spans], cause, Cause.pretty(cause))
      })
      const spans: Array<Tracer.Span> = []
      const native = yield* Effect.tracer
      const tracer = Tracer.make({
        ...native,
        span: (...args) => {
          const span = native.span(...args)
          spans.push(span)
          return span
        }
      })

      const echo = anError(`no-${token}`, `${"x".repeat(272)}Bearer ${token} is not welcome`)
      const headers = { "x-echo": `Bearer ${token}`, "set-cookie": `token=${token}` }
      const failures: ReadonlyArray<Answer> = [
        { status: 400, body: echo, headers },
        { status: 429, body: echo, headers },
        { status: 500, body: echo, headers },
        { status: 302, headers: { ...headers, location: `http://127.0.0.1:1/?token=${token}` } },
        { body: `<html>${token}`, headers },
        { body: { data: { ...aRun("RUNNING"), status: { token } } }, headers },
        { body: { data: token }, headers },
        "reset",
        "cut"
      ]
      for (const failing of ["POST", "GET"]) {
        for (const transport of failing === "GET" ? Object.values(transports) : [transports.undici]) {
          let answer: (asked: Asked) => Answer = () => "reset"
          const server = yield* apifyServer((asked) => answer(asked))
          yield* Effect.gen(function*() {
            for (const [index, failure] of failures.entries()) {
              // Each has a platform of its own: on one that was used before, a lost start would find a run.
              const platform = instagram({ items: posts })
              answer = (asked) => asked.method === failing ? failure : platform(asked)
              const ingested = yield* Effect.flatten(ingesting(`brand-${index}`))
              assert.strictEqual(ingested._tag, "Failed")
              see(ingested)
              const asked = yield* ActorPlatform
              const exits = yield* Effect.all([
                asked.startRun("apify~instagram-scraper", { username: ["cobble"] }, limits),
                asked.getRun("run-1"),
                asked.getItems("dataset-1", { limit: 1, offset: 0 })
              ].map((call: Effect.Effect<unknown, ActorPlatformError>) => Effect.sandbox(call).pipe(Effect.either)))
              for (const exit of exits) {
                if (exit._tag === "Left") {
                  const error = Cause.squash(exit.left) as ActorPlatformError
                  see(error, error.stack, error.message, JSON.stringify(error), exit.left, JSON.stringify(exit.left))
                  see(Cause.pretty(exit.left, { renderErrorCause: true }))
                }
              }
            }
            const sql = yield* SqlClient.SqlClient
            assert.lengthOf(yield* sql`SELECT 1 FROM brandbrain_apify_run`, failures.length)
            const tables = yield* sql<{ name: string }>`SELECT name FROM sqlite_master WHERE type = 'table'`
            for (const { name } of tables) {
              see(yield* sql`SELECT * FROM ${sql(name)}`)
            }
          }).pipe(
            Effect.provide(app(server.url, transport)),
            Effect.withClock(hastyClock().clock),
            Effect.provide(Logger.replace(Logger.defaultLogger, logger)),
            Logger.withMinimumLogLevel(LogLevel.All),
            Effect.withTracer(tracer)
          )
          assert.isAbove(server.asked.length, failures.length)
          assert.isTrue(server.asked.every(({ headers }) => headers.authorization === `Bearer ${token}`))
        }
      }
      for (const span of spans) {
        see({ ...span, parent: span.parent.pipe(Option.map(({ spanId }) => spanId)) })
      }
      const names = new Set(spans.map(({ name }) => name))
      assert.isTrue(names.has("ApifyActorPlatform.startRun") && names.has("ApifyActorPlatform.request"))
      assert.isTrue(seen.some((text) => text.includes("The actor platform failed; trying again")))
      assert.isTrue(seen.some((text) => text.includes("no-[token]")))
      assert.deepStrictEqual(seen.filter((text) => text.includes("S3nt1nel")).slice(0, 3), [])
    }))
})
