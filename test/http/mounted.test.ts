import * as HttpApp from "@effect/platform/HttpApp"
import * as HttpLayerRouter from "@effect/platform/HttpLayerRouter"
import * as HttpRouter from "@effect/platform/HttpRouter"
import * as HttpServer from "@effect/platform/HttpServer"
import * as HttpServerRequest from "@effect/platform/HttpServerRequest"
import * as HttpServerResponse from "@effect/platform/HttpServerResponse"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Layer, Redacted } from "effect"
import { Forbidden, layer, make, Unauthorized } from "../../src/http.ts"
import type { Authorize } from "../../src/http.ts"
import { bodyLimit } from "../../src/http/handlers/readBody.ts"
import { JobQueue } from "../../src/index.ts"
import { layerMemory } from "../../src/testing.ts"
import { Mail } from "./jobs.ts"

const tokens = { full: Redacted.make("s3nt1nel-full") }
const bearer = { authorization: "Bearer s3nt1nel-full" }

type Handler = (request: Request) => Promise<Response>

/** Asks a handler that is no server of Node's. */
const asking = (handler: Handler) => (method: string, path: string, options: RequestInit = {}) =>
  Effect.promise(async () => {
    const response = await handler(new Request(`http://app.example${path}`, { method, headers: bearer, ...options }))
    const text = await response.text()
    return {
      status: response.status,
      text,
      body: /json/.test(response.headers.get("content-type") ?? "") ? JSON.parse(text) as unknown : null
    }
  })

describe("in an app of one's own", () => {
  it.scopedLive("a layer adds it to the app's routes, under a prefix of its choice, with the probes", () =>
    Effect.gen(function*() {
      const queue = yield* JobQueue
      const { id } = yield* JobQueue.enqueue(Mail, { to: "ada" })
      const { dispose, handler } = HttpLayerRouter.toWebHandler(
        Layer.mergeAll(
          HttpLayerRouter.add("GET", "/mine", HttpServerResponse.text("mine")),
          layer({ tokens, prefix: "/admin/jobs" })
        ).pipe(Layer.provide(Layer.succeed(JobQueue, queue)), Layer.provideMerge(HttpServer.layerContext)),
        { disableLogger: true }
      )
      yield* Effect.addFinalizer(() => Effect.promise(dispose))
      const ask = asking(handler)
      assert.strictEqual((yield* ask("GET", "/mine")).text, "mine")
      assert.strictEqual((yield* ask("GET", "/healthz", { headers: {} })).status, 200)
      assert.deepInclude((yield* ask("GET", "/admin/jobs/api/session")).body, { access: "full", database: null })
      assert.strictEqual((yield* ask("GET", "/admin/jobs/api/session", { headers: {} })).status, 401)
      assert.strictEqual((yield* ask("GET", "/admin/jobs")).status, 308)
      assert.include((yield* ask("GET", "/admin/jobs/")).text, "The page was not built")
      const headers = { ...bearer, "content-type": "application/json" }
      const fates = yield* ask("POST", "/admin/jobs/api/jobs/actions", {
        headers,
        body: JSON.stringify({ action: "cancel", ids: [id] })
      })
      assert.deepStrictEqual(fates.body, { fates: [{ id, done: true, status: "cancelled" }] })
      const large = yield* ask("PUT", "/admin/jobs/api/pauses/queue/x", { headers, body: "x".repeat(bodyLimit + 1) })
      assert.deepStrictEqual([large.status, large.body], [413, { error: "body_too_large", limitBytes: bodyLimit }])
    }).pipe(Effect.provide(layerMemory)))

  for (const includePrefix of [true, false]) {
    it.scopedLive(`an app is mounted on a router, ${includePrefix ? "with" : "without"} the prefix in the addresses it gets`, () =>
      Effect.gen(function*() {
        const { app } = yield* make({ tokens })
        const ask = asking(
          HttpApp.toWebHandler(
            HttpRouter.empty.pipe(HttpRouter.mountApp("/holdfast", app, { includePrefix }))
          )
        )
        assert.deepInclude((yield* ask("GET", "/holdfast/api/session?x=1")).body, { access: "full" })
        assert.deepInclude((yield* ask("GET", "/holdfast/api/jobs?limit=0")).body, { error: "invalid_request" })
      }).pipe(Effect.provide(layerMemory)))
  }

  it.scopedLive("the app's own check decides who may read and who may change something", () =>
    Effect.gen(function*() {
      const authorize: Authorize = Effect.gen(function*() {
        const { headers } = yield* HttpServerRequest.HttpServerRequest
        switch (headers["x-user"] ?? "") {
          case "root":
            return "full"
          case "ada":
            return "read"
          case "eve":
            return yield* new Forbidden({ message: "not eve" })
          default:
            return yield* new Unauthorized()
        }
      })
      const { id } = yield* JobQueue.enqueue(Mail, { to: "ada" })
      const { app } = yield* make({ authorize })
      const ask = asking(HttpApp.toWebHandler(app))
      const as = (user: string, more: Readonly<Record<string, string>> = {}) => ({
        headers: { "x-user": user, ...more }
      })
      const at = "/holdfast/api"
      assert.deepStrictEqual((yield* ask("GET", `${at}/session`)).body, { error: "unauthorized" })
      assert.deepStrictEqual((yield* ask("GET", `${at}/session`, as("eve"))).body, {
        error: "forbidden",
        message: "not eve"
      })
      assert.deepInclude((yield* ask("GET", `${at}/session`, as("ada"))).body, { access: "read" })
      assert.strictEqual((yield* ask("DELETE", `${at}/jobs/${id}`, as("ada"))).status, 403)
      // A page of another site, in the browser of one who may.
      const foreign = yield* ask("DELETE", `${at}/jobs/${id}`, as("root", { origin: "http://evil.example" }))
      assert.strictEqual(foreign.status, 403)
      assert.strictEqual((yield* ask("DELETE", `${at}/jobs/${id}`, as("root"))).status, 200)
    }).pipe(Effect.provide(layerMemory)))

  it.scopedLive("behind a proxy it answers under the origins that it is told of", () =>
    Effect.gen(function*() {
      const { app } = yield* make({ tokens, loopbackOnly: true, origins: ["https://ops.example.com"] })
      const ask = asking(HttpApp.toWebHandler(app))
      const status = (headers: Readonly<Record<string, string>>) =>
        Effect.map(ask("GET", "/holdfast/api/session", { headers: { ...bearer, ...headers } }), ({ status }) => status)
      assert.strictEqual(yield* status({ host: "ops.example.com" }), 200)
      assert.strictEqual(yield* status({ host: "ops.example.com", origin: "https://ops.example.com" }), 200)
      assert.strictEqual(yield* status({ host: "127.0.0.1:3000", origin: "https://ops.example.com" }), 200)
      assert.strictEqual(yield* status({ host: "ops.example.net" }), 403)
      assert.strictEqual(yield* status({ host: "127.0.0.1:3000", origin: "https://ops.example.net" }), 403)
    }).pipe(Effect.provide(layerMemory)))
})
