import { HttpApi } from "@effect/platform"
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { HoldfastApi } from "../../src/http/api/api.ts"
import { JobQueue } from "../../src/index.ts"
import { layerMemory } from "../../src/testing.ts"
import { Mail } from "./jobs.ts"
import { serving, tokens } from "./serving.ts"
import type { Asked } from "./serving.ts"

/** Every call, with what it is given and what a caller that may make it is answered. */
const calls: Readonly<Record<string, { readonly status: number; readonly body?: unknown }>> = {
  "GET /session": { status: 200 },
  "GET /openapi.json": { status: 200 },
  "GET /jobs": { status: 200 },
  "GET /count": { status: 200 },
  "POST /jobs/actions": { status: 200, body: { action: "run-now", ids: ["00000000-0000-7000-8000-000000000000"] } },
  "GET /jobs/:id": { status: 200 },
  "GET /jobs/:id/explanation": { status: 200 },
  "POST /jobs/:id/cancel": { status: 200 },
  "POST /jobs/:id/retry": { status: 409 },
  "POST /jobs/:id/run-now": { status: 200 },
  "PATCH /jobs/:id": { status: 200, body: { priority: 5 } },
  "DELETE /jobs/:id": { status: 200 },
  "GET /stats": { status: 200 },
  "GET /history": { status: 200 },
  "GET /pauses": { status: 200 },
  "GET /workers": { status: 200 },
  "PUT /pauses/:scope/:name": { status: 200, body: { by: "ada" } },
  "DELETE /pauses/:scope/:name": { status: 200 },
  // The answer of a GET has no end.
  "HEAD /events": { status: 200 }
}

const unauthorized = [401, "unauthorized"] as const
const forbidden = [403, "forbidden"] as const

describe("who may make a call", () => {
  it("is tested of every call of the API", () => {
    const found: Array<string> = []
    HttpApi.reflect(HoldfastApi, {
      onGroup: () => {},
      onEndpoint: ({ endpoint }) => void found.push(`${endpoint.method} ${endpoint.path}`)
    })
    assert.deepStrictEqual(
      found.map((call) => call.replace("GET /events", "HEAD /events")).toSorted(),
      Object.keys(calls).toSorted()
    )
  })

  it.scoped.each(Object.entries(calls))(
    "by its token, its host and its origin: %s",
    ([call, { body, status }]) =>
      Effect.gen(function*() {
        const { id } = yield* JobQueue.enqueue(Mail, { to: "ada" })
        const { ask, port } = yield* serving()
        const [method = "", path = ""] = call.split(" ")
        const to = path.replace(":id", id).replace(":scope", "queue").replace(":name", "default")
        const told = (asked: Asked) =>
          Effect.map(
            ask(method, to, { body, ...asked }),
            (answer) =>
              [answer.status, method === "HEAD" ? "" : (answer.body as { error?: string }).error ?? ""] as const
          )
        const isRead = method === "GET" || method === "HEAD"
        const said = ([status, error]: readonly [number, string]) => [status, method === "HEAD" ? "" : error] as const

        const before = yield* JobQueue.get(id)
        for (const headers of [{}, { host: "localhost" }, { host: `[::1]:${port}` }]) {
          for (const token of [undefined, "", "s3nt1nel", tokens.brandbrain, `${tokens.full}x`]) {
            assert.deepStrictEqual(
              yield* told({ headers, ...token === undefined ? {} : { token } }),
              said(unauthorized),
              `token ${token}`
            )
          }
          if (!isRead) assert.deepStrictEqual(yield* told({ headers, token: tokens.read }), said(forbidden))
        }
        for (
          const headers of [
            { host: "evil.example" },
            { host: "127.0.0.1.evil.example" },
            { origin: "http://evil.example" },
            { origin: "null" },
            { origin: `http://127.0.0.1:${port + 1}` },
            { host: "evil.example", origin: "http://evil.example" }
          ]
        ) {
          for (const token of [undefined, tokens.brandbrain, tokens.read, tokens.full]) {
            const asked = { headers, ...token === undefined ? {} : { token } }
            assert.deepStrictEqual(yield* told(asked), said(forbidden), JSON.stringify(asked))
          }
        }
        assert.deepStrictEqual(yield* JobQueue.get(id), before)
        assert.deepStrictEqual(yield* JobQueue.pauses, [])

        // From another page of the server itself, and from no page at all.
        const own = { origin: `http://localhost:${port}` }
        if (isRead) {
          assert.strictEqual((yield* told({ token: tokens.read, headers: own }))[0], status)
          assert.strictEqual((yield* told({ token: tokens.full }))[0], status)
        } else assert.strictEqual((yield* told({ token: tokens.full, headers: own }))[0], status)
      }).pipe(Effect.provide(layerMemory))
  )

  it.scoped("is asked first: a stranger is told the same whatever the request is, and no address", () =>
    Effect.gen(function*() {
      const { ask } = yield* serving()
      for (
        const [method, path, asked] of [
          ["GET", "/nothing", {}],
          ["GET", "/jobs?limit=x", {}],
          ["GET", "/jobs/none", {}],
          ["PATCH", "/jobs/none", { body: "{" }],
          ["DELETE", "/session", {}],
          ["OPTIONS", "/jobs", {}]
        ] as const
      ) {
        const answer = yield* ask(method, path, asked)
        assert.deepStrictEqual([answer.status, answer.body], [401, { error: "unauthorized" }], `${method} ${path}`)
        assert.strictEqual(answer.headers["www-authenticate"], "Bearer")
      }
    }).pipe(Effect.provide(layerMemory)))
})

describe("an address with its origin, as a proxy's client sends it", () => {
  it.scoped("goes to the same API as without", () =>
    Effect.gen(function*() {
      const { askAt, port } = yield* serving()
      const origin = `http://127.0.0.1:${port}`
      const session = yield* askAt("GET", `${origin}/holdfast/api/session?x=1`, { token: tokens.full })
      assert.deepInclude(session.body, { access: "full" })
      assert.strictEqual((yield* askAt("GET", `${origin}/holdfast`)).status, 308)
      assert.deepStrictEqual((yield* askAt("GET", `${origin}/healthz`)).body, { status: "ok" })
      assert.strictEqual((yield* askAt("GET", `${origin}/holdfastish?x=1`)).text, "nobody's at /holdfastish?x=1")
      assert.strictEqual((yield* askAt("GET", `${origin}?x=1`)).text, "nobody's at /?x=1")
    }).pipe(Effect.provide(layerMemory)))
})

describe("an answer", () => {
  it.scoped("is kept by nobody, shown in no frame and read by no other site", () =>
    Effect.gen(function*() {
      const { ask } = yield* serving()
      for (const asked of [{}, { token: tokens.read }]) {
        const { headers } = yield* ask("GET", "/session", asked)
        assert.deepInclude(headers, {
          "cache-control": "no-store",
          "content-security-policy": "default-src 'none'; frame-ancestors 'none'",
          "x-content-type-options": "nosniff",
          "referrer-policy": "no-referrer",
          "x-frame-options": "DENY"
        })
        assert.isUndefined(headers["access-control-allow-origin"])
      }
    }).pipe(Effect.provide(layerMemory)))
})
