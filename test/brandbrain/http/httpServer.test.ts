import { SqlClient } from "@effect/sql"
import { assert, describe, it } from "@effect/vitest"
import { Duration, Effect, Fiber, Layer, Logger, TestClock } from "effect"
import { connect } from "node:net"
import { Brands } from "../../../src/brandbrain/brands/Brands.ts"
import { bodyLimit } from "../../../src/brandbrain/http/handlers/readBody.ts"
import * as RandomId from "../../../src/brandbrain/storage/RandomId.ts"
import { listen } from "../../../src/program/server/listen.ts"
import { answers } from "../memoryApp.ts"
import { app, compiled, everything, running, serving } from "./httpApp.ts"
import type { Asked } from "./httpApp.ts"

describe("a request that cannot be read", () => {
  const json = { "content-type": "application/json" }
  const compile = "POST /api/brands/cobble/brandbrain/compile"
  const sources = "POST /api/brands/cobble/sources"
  const onboarding = "PUT /api/brands/cobble/onboarding"
  const overrides = "PATCH /api/brands/cobble/brandbrain/overrides"
  const brands = "POST /api/brands"
  const history = "GET /api/brands/cobble/brandbrain/history"
  const deep = (levels: number) => `${"[".repeat(levels)}${"]".repeat(levels)}`

  const refused: ReadonlyArray<readonly [string, string, Asked, number, ReadonlyArray<string>]> = [
    ["no JSON", compile, { body: "{\"force_refresh\":" }, 400, ["invalid_request", "expected JSON"]],
    ["no UTF-8", brands, { body: "{\"name\":\"\xff\"}", headers: { ...json, "x-latin": "1" } }, 400, []],
    ["no object", compile, { body: "[]" }, 400, ["expected a JSON object, got an array"]],
    ["null", compile, { body: "null" }, 400, ["expected a JSON object, got null"]],
    ["a wrong type", compile, { body: { force_refresh: "yes" } }, 400, ["force_refresh", "boolean", "yes"]],
    ["a misspelt member", compile, { body: { force_refesh: true } }, 400, ["force_refesh", "force_refresh"]],
    ["no name", brands, { body: {} }, 400, ["\"name\"", "is missing"]],
    ["no body", brands, {}, 400, ["\"name\"", "is missing"]],
    ["an empty name", brands, { body: { name: "  " } }, 400, ["expected a name of 1 to 200 characters"]],
    ["a name of two lines", brands, { body: { name: "a\nb" } }, 400, ["on one line"]],
    ["a name that nobody sees", brands, { body: { name: "\u200b \u202e\u3164" } }, 400, ["that can be seen"]],
    ["a query that is wrong twice", `${history}?page=x&page_size=1.5`, {}, 400, [
      "\"path\":\"page\"",
      "\"path\":\"page_size\""
    ]],
    ["two unknown things to include", "GET /api/brands/cobble/brandbrain/latest?include=pears,plums", {}, 400, [
      "pears",
      "plums"
    ]],
    ["a long name", brands, { body: { name: "x".repeat(201) } }, 400, ["1 to 200"]],
    ["an unknown capability", sources, { body: { source: "myspace.songs", identifier: "x" } }, 400, [
      "\"path\":\"source\"",
      "myspace.songs",
      "instagram.posts",
      "web.crawl_pages"
    ]],
    ["a malformed account", sources, { body: { source: "instagram.posts", identifier: "not one!" } }, 400, [
      "\"path\":\"identifier\"",
      "not one!",
      "a handle"
    ]],
    [
      "pages of an account",
      sources,
      {
        body: { source: "instagram.posts", identifier: "a", extra_start_urls: ["https://a.example"] }
      },
      400,
      ["extra_start_urls", "only web.crawl_pages"]
    ],
    ["an unknown question", onboarding, { body: { answers: { "tier9.size": "9" } } }, 422, [
      "invalid_answers",
      "UNKNOWN_QUESTION",
      "tier9.size",
      "tier0.edge"
    ]],
    // Each of them would be told of, in minutes of standing still.
    ["too many values", overrides, { body: { pinned_paths: Array(2000).fill(1) } }, 400, ["at most 2000 values"]],
    [
      "too many questions",
      onboarding,
      { body: { answers: Object.fromEntries(Array.from({ length: 2000 }, (_, n) => [`tier9.q${n}`, ""])) } },
      400,
      ["at most 2000 values"]
    ],
    ["an empty answer", onboarding, { body: { answers: { ...answers, "tier0.edge": [" "] } } }, 422, [
      "EMPTY_ANSWER",
      "tier0.edge"
    ]],
    ["an answer of a wrong type", onboarding, { body: { answers: { "tier0.who_for": ["All"] } } }, 400, [
      "answers.tier0.who_for",
      "a text of at most 2000 characters"
    ]],
    ["answers under a name that nothing can have", onboarding, { body: "{\"answers\":{\"__proto__\":\"x\"}}" }, 400, [
      "__proto__"
    ]],
    ["a path that is not there", overrides, { body: { pinned_paths: ["voice.volume"] } }, 400, [
      "pinned_paths.0",
      "voice.volume",
      "voice.tone_tags"
    ]],
    ["a deep value", overrides, { body: `{"overrides_json":{"voice.taboos":${deep(100_000)}}}` }, 400, [
      "at most 20 levels"
    ]],
    ["a form", compile, { body: "a=b", headers: { "content-type": "application/x-www-form-urlencoded" } }, 415, [
      "application/x-www-form-urlencoded",
      "send application/json"
    ]],
    ["a compressed body", compile, { body: "x", headers: { ...json, "content-encoding": "gzip" } }, 415, ["gzip"]],
    ["an unknown part", "GET /api/brands/cobble/brandbrain/latest?include=bundel", {}, 400, [
      "\"path\":\"include\"",
      "bundel",
      "evidence or bundle"
    ]],
    ["too much, said before", compile, { body: `"${"x".repeat(bodyLimit)}"` }, 413, [
      "body_too_large",
      String(bodyLimit)
    ]],
    [
      "too much, found out",
      compile,
      {
        body: `"${"x".repeat(bodyLimit)}"`,
        headers: { ...json, "transfer-encoding": "chunked" }
      },
      413,
      ["body_too_large"]
    ],
    ["no address", "GET /api/brand", {}, 404, ["not_found"]],
    ["no method", "DELETE /api/brands", {}, 405, ["method_not_allowed", "GET", "POST"]],
    ["no method, and an address in capitals", "DELETE /API/Brands//", {}, 405, ["method_not_allowed", "GET", "POST"]],
    ["a path that cannot be decoded", "GET /api/brands/%E0%A4%A", {}, 404, ["not_found"]]
  ]
  it.scoped("is refused with what is wrong and what is allowed, and changes nothing", () =>
    Effect.gen(function*() {
      const { acme, ask } = yield* compiled
      const before = yield* everything
      for (const [name, call, asked, status, words] of refused) {
        const [method = "", path = ""] = call.split(" ")
        const body = name === "no UTF-8" ? Buffer.from(String(asked.body), "latin1") : asked.body
        const answer = yield* ask(method, path, { ...acme, ...asked, body })
        assert.strictEqual(answer.status, status, `${name}: ${answer.text}`)
        for (const word of words) assert.include(answer.text, word, name)
        assert.isBelow(answer.text.length, 2_000, name)
      }
      assert.deepStrictEqual(yield* everything, before)
    }).pipe(Effect.provide(app())))

  it.scoped("and a method that is not there are told of, with the methods that are", () =>
    Effect.gen(function*() {
      const { acme, ask } = yield* compiled
      const options = yield* ask("OPTIONS", "/api/brands/cobble/sources", acme)
      assert.deepStrictEqual([options.status, options.headers["allow"]], [204, "GET, POST, HEAD, OPTIONS"])
      const head = yield* ask("HEAD", "/api/brands", acme)
      assert.deepStrictEqual([head.status, head.text], [200, ""])
      assert.strictEqual((yield* ask("GET", "/api/nothing")).status, 401)
    }).pipe(Effect.provide(app())))
})

describe("without tokens", () => {
  it.scoped("a program on this machine is answered, as the one tenant, and a page in a browser is not", () =>
    Effect.gen(function*() {
      const brands = yield* Brands
      yield* brands.add({ id: "mine", tenantId: "default", name: "Mine" })
      yield* brands.add({ id: "theirs", tenantId: "acme", name: "Theirs" })
      const { ask, port } = yield* serving({ tokens: [] })
      for (const host of [`127.0.0.1:${port}`, "localhost", `LOCALHOST:${port}`, "[::1]:80", "127.8.9.1"]) {
        const { body } = yield* ask("GET", "/api/brands", { headers: { host } })
        assert.deepInclude(body, {
          brands: [{ brand_id: "mine", name: "Mine", created_at: "1970-01-01T00:00:00.000Z" }]
        })
      }
      assert.strictEqual((yield* ask("GET", "/api/brands/theirs")).status, 404)
      for (
        const host of ["evil.example", "127.0.0.1.evil.example", "localhost.evil.example:80", "0.0.0.0", "10.0.0.1"]
      ) {
        const refused = yield* ask("POST", "/api/brands", { headers: { host }, body: { name: "x" } })
        assert.deepInclude(refused.body, { error: "forbidden" })
        assert.include(refused.text, host)
      }
      const host = `127.0.0.1:${port}`
      for (const origin of ["https://evil.example", "null", `https://${host}`, "http://127.0.0.1:1"]) {
        const refused = yield* ask("POST", "/api/brands", { headers: { host, origin }, body: { name: "x" } })
        assert.deepInclude(refused.body, { error: "forbidden" })
      }
      const own = { headers: { host, origin: `http://${host}` }, body: { name: "x" } }
      assert.strictEqual((yield* ask("POST", "/api/brands", own)).status, 201)
    }).pipe(Effect.provide(app())))
})

describe("what goes wrong behind the API", () => {
  /** The log's lines of a run, as text. */
  const logOf = <A, E, R>(effect: Effect.Effect<A, E, R>) =>
    Effect.gen(function*() {
      const lines: Array<string> = []
      const noting = Logger.replace(
        Logger.defaultLogger,
        Logger.map(Logger.jsonLogger, (line) => void lines.push(line))
      )
      yield* Effect.provide(effect, noting)
      return lines.join("\n")
    })

  it.scoped("is told to the log, and to the caller no more than that it did; no line holds a token", () =>
    Effect.gen(function*() {
      const log = yield* logOf(Effect.gen(function*() {
        const { acme, ask } = yield* compiled
        const sql = yield* SqlClient.SqlClient
        yield* sql`ALTER TABLE brandbrain_onboarding RENAME TO elsewhere`
        const away = yield* ask("GET", "/api/brands/cobble/onboarding", acme)
        assert.deepStrictEqual([away.status, away.body], [503, { error: "unavailable" }])
        const bug = yield* ask("POST", "/api/brands", { ...acme, body: { name: "Cobble" } })
        assert.deepStrictEqual([bug.status, bug.body], [500, { error: "internal_error" }])
      }))
      assert.include(log, "The database failed during a request")
      assert.include(log, "Brands.profile: The database failed")
      assert.include(log, "no such table")
      assert.include(log, "A request failed unexpectedly")
      assert.include(log, "out of ids")
      assert.notInclude(log, "s3nt1nel")
    }).pipe(Effect.provide(app({ ids: brokenIds }))))

  const brokenIds = Layer.effect(
    RandomId.RandomId,
    Effect.map(RandomId.RandomId, ({ next }) => {
      let left = 1
      return RandomId.RandomId.of({ next: Effect.suspend(() => left-- > 0 ? next : Effect.dieMessage("out of ids")) })
    })
  ).pipe(Layer.provide(RandomId.layer))
})

describe("the end of the server", () => {
  const head = `POST /api/brands HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer s3nt1nel-acme\r\n` +
    `Content-Type: application/json\r\nContent-Length: 17\r\n\r\n`

  /** A request of which the first half has arrived. */
  const halfSent = (port: number) =>
    Effect.async<{ readonly finish: () => void; readonly answer: Effect.Effect<string> }>((resume) => {
      let text = ""
      const socket = connect(port, "127.0.0.1", () => socket.write(`${head}{"name":`))
      const ended = new Promise<string>((resolve) => {
        socket.setEncoding("utf8").on("data", (chunk: string) => text += chunk)
        socket.on("error", () => {}).on("close", () => resolve(text))
      })
      resume(Effect.succeed({ finish: () => void socket.write("\"Cobble\"}"), answer: Effect.promise(() => ended) }))
    })

  /** Waits until nobody listens on the port. */
  const refusedBy = (port: number) =>
    Effect.async<boolean>((resume) => {
      const socket = connect(port, "127.0.0.1", () => {
        socket.destroy()
        resume(Effect.succeed(false))
      })
      socket.on("error", () => resume(Effect.succeed(true)))
    }).pipe(Effect.repeat({ until: (isRefused) => isRefused }))

  it.scoped("lets a request under way end, takes no other, and waits for no silent connection", () =>
    Effect.gen(function*() {
      const { ask, end, port } = yield* running()
      const silent = connect(port, "127.0.0.1").on("error", () => {})
      const slow = yield* halfSent(port)
      // What was sent before it has arrived when this is answered.
      yield* ask("GET", "/api/brands", { token: "s3nt1nel-acme" })
      const ending = yield* Effect.fork(end)
      yield* refusedBy(port)
      slow.finish()
      const answer = yield* slow.answer
      assert.match(answer, /^HTTP\/1.1 201 Created/)
      assert.match(answer, /\r\nConnection: close\r\n/i)
      yield* TestClock.adjust("1 second")
      yield* Fiber.join(ending)
      silent.destroy()
    }).pipe(Effect.provide(app())))

  it.scoped.each([["of the grace", false], ["of it by a second signal", true]] as const)(
    "cuts off what has not ended by the end %s",
    ([, early]) =>
      Effect.gen(function*() {
        const over = yield* Effect.makeLatch(false)
        const { ask, end, port } = yield* running({ graceOver: over.await })
        const slow = yield* halfSent(port)
        yield* ask("GET", "/api/brands", { token: "s3nt1nel-acme" })
        const ending = yield* Effect.fork(end)
        yield* refusedBy(port)
        yield* TestClock.adjust("24 seconds")
        assert.isNull(ending.unsafePoll())
        yield* early ? over.open : TestClock.adjust("1 second")
        assert.strictEqual(yield* slow.answer, "")
        yield* TestClock.adjust("1 second")
        yield* Fiber.join(ending)
      }).pipe(Effect.provide(app()))
  )

  it.scoped(
    "does not wait for answers to a connection that is gone, though they were still in its queue",
    () =>
      Effect.gen(function*() {
        const { ask, end, port, openRequests } = yield* running()
        const until = (size: (size: number) => boolean) =>
          Effect.promise(() => new Promise<number>((resolve) => setImmediate(() => resolve(openRequests())))).pipe(
            Effect.repeat({ until: size })
          )
        const request = `GET /api/docs HTTP/1.1\r\nHost: localhost\r\n\r\n`
        // It reads nothing, so that all but the first answers stay here.
        const unread = connect(port, "127.0.0.1", () => unread.write(request.repeat(9))).on("error", () => {}).pause()
        yield* until((size) => size > 5)
        // Others are answered meanwhile.
        assert.strictEqual((yield* ask("GET", "/api/brands", { token: "s3nt1nel-acme" })).status, 200)
        unread.resetAndDestroy()
        yield* until((size) => size === 0)

        const greedy = connect(port, "127.0.0.1", () => greedy.write(request.repeat(20))).on("error", () => {})
        greedy.resume()
        yield* Effect.promise(() => new Promise((resolve) => greedy.on("close", resolve)))
        yield* until((size) => size === 0)

        const ending = yield* Effect.fork(end)
        yield* TestClock.adjust("1 second")
        yield* Fiber.join(ending)
      }).pipe(Effect.provide(app())),
    20_000
  )

  it.scoped("and its start: a port that another program has is told in a sentence", () =>
    Effect.gen(function*() {
      const { port } = yield* serving()
      const taken = yield* Effect.flip(
        listen({ host: "127.0.0.1", port, grace: Duration.zero })
      )
      assert.strictEqual(taken._tag, "CannotListen")
      assert.include(taken.message, `127.0.0.1:${port}: another program listens there`)
    }).pipe(Effect.provide(app())))
})
