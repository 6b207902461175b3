import { NodeHttpClient } from "@effect/platform-node"
import { SqlClient } from "@effect/sql"
import { Clock, Duration, Effect, Exit, Fiber, Layer, Redacted, Scope, TestClock } from "effect"
import { request } from "node:http"
import { Brands } from "../../../src/brandbrain/brands/Brands.ts"
import { Sources } from "../../../src/brandbrain/brands/Sources.ts"
import { CompileJob } from "../../../src/brandbrain/compile/CompileJob.ts"
import { CompileJobLive } from "../../../src/brandbrain/compile/CompileJobLive.ts"
import * as Synthesizer from "../../../src/brandbrain/draft/Synthesizer.ts"
import { client } from "../../../src/brandbrain/http/api/client.ts"
import { makeApp } from "../../../src/brandbrain/http/server/app.ts"
import type { HttpSettings } from "../../../src/brandbrain/http/server/HttpSettings.ts"
import * as RandomId from "../../../src/brandbrain/storage/RandomId.ts"
import { Worker } from "../../../src/index.ts"
import { listen } from "../../../src/program/server/listen.ts"
import type { ServeOptions } from "../../../src/program/server/listen.ts"
import { serve } from "../../../src/program/server/serve.ts"
import { layerMemory } from "../../../src/testing.ts"
import { answers, appOn } from "../memoryApp.ts"
import { scriptedPlatform } from "../scriptedPlatform.ts"

/** Two tenants, each with a token. */
export const tokens = ["acme", "other"].map((tenant) => ({ tenant, token: Redacted.make(`s3nt1nel-${tenant}`) }))

export const captions = [
  "We mend hiking boots by hand, welt by welt.",
  "Hiking boots want wax before winter. Shop now, link in bio.",
  "Who resoled these hiking boots? We did.",
  "New laces for old shoes. Order yours, link in bio."
]

/** The app and its jobs in memory. Actor runs bring these posts, at once. */
export const app = (
  options: {
    readonly synthesizer?: Layer.Layer<Synthesizer.Synthesizer>
    readonly ids?: Layer.Layer<RandomId.RandomId>
  } = {}
) =>
  CompileJobLive.pipe(
    Layer.provide(options.synthesizer ?? Synthesizer.layerByRule),
    Layer.provideMerge(Layer.mergeAll(appOn(), options.ids ?? RandomId.layer)),
    Layer.provideMerge(
      scriptedPlatform(() => ({
        items: captions.map((caption, index) => ({
          id: `p${index}`,
          url: `https://www.instagram.com/p/p${index}/`,
          ownerUsername: "cobble",
          caption,
          timestamp: "2025-01-01T00:00:00.000Z",
          likesCount: index
        }))
      })).layer
    ),
    Layer.provideMerge(layerMemory)
  )

export interface Answer {
  readonly status: number
  readonly headers: Readonly<Record<string, string | ReadonlyArray<string> | undefined>>
  readonly text: string
  /** What the text says, if it says anything. */
  readonly body: unknown
}

export interface Asked {
  readonly token?: string
  readonly headers?: Readonly<Record<string, string>>
  /** Sent as JSON, unless it is text already. */
  readonly body?: unknown
}

/** The API on a port of its own until the scope closes, in real time, so that no test that fails waits forever. */
export const serving = (options: Partial<ServeOptions & HttpSettings> = {}) =>
  Effect.acquireRelease(running(options), ({ end }) => Effect.withClock(end, Clock.make()))

/** The API on a port of its own until `end`. */
export const running = Effect.fn("running")(function*(options: Partial<ServeOptions & HttpSettings> = {}) {
  const scope = yield* Scope.make()
  return { ...yield* Scope.extend(started(options), scope), end: Scope.close(scope, Exit.void) }
})

const started = Effect.fn("started")(function*(options: Partial<ServeOptions & HttpSettings>) {
  const listener = yield* listen({ host: "127.0.0.1", port: 0, grace: Duration.seconds(25), ...options })
  const port = yield* serve(listener, yield* makeApp(options.tokens ?? tokens))
  return {
    port,
    /** How many requests are not answered yet. */
    openRequests: () => listener.openRequests.size,
    /** A request on a connection of its own. */
    ask: (method: string, path: string, asked: Asked = {}) => send(port, method, path, asked),
    clientOf: (tenant: string) =>
      client({ baseUrl: `http://127.0.0.1:${port}`, token: Redacted.make(`s3nt1nel-${tenant}`) }).pipe(
        Effect.provide(
          Layer.provide(NodeHttpClient.layerWithoutAgent, NodeHttpClient.makeAgentLayer({ keepAlive: false }))
        )
      )
  }
})

const send = (port: number, method: string, path: string, { body, headers, token }: Asked) =>
  Effect.async<Answer>((resume) => {
    const text = typeof body === "string" || Buffer.isBuffer(body) || body === undefined ? body : JSON.stringify(body)
    const isChunked = headers !== undefined && "transfer-encoding" in headers
    const asking = request({
      port,
      method,
      path,
      agent: false,
      headers: {
        ...token === undefined ? {} : { authorization: `Bearer ${token}` },
        ...text === undefined || isChunked
          ? {}
          : { "content-type": "application/json", "content-length": String(Buffer.byteLength(text)) },
        ...headers
      }
    }, (response) => {
      let text = ""
      response.setEncoding("utf8").on("data", (chunk: string) => text += chunk).on("end", () => {
        const { headers, statusCode: status = 0 } = response
        const isJson = headers["content-type"]?.includes("json") ?? false
        resume(
          Effect.succeed({ status, headers, text, body: isJson && text !== "" ? JSON.parse(text) as unknown : null })
        )
      })
    })
    asking.on("error", (error) => resume(Effect.die(error)))
    asking.end(text)
  })

/** A brand of acme's that has been compiled once, and one of another tenant's. */
export const compiled = Effect.gen(function*() {
  const brands = yield* Brands
  yield* brands.add({ id: "cobble", tenantId: "acme", name: "Cobble" })
  yield* brands.add({ id: "rival", tenantId: "other", name: "Rival" })
  yield* brands.saveAnswers("cobble", answers)
  const { id: sourceId } = yield* (yield* Sources).connect("cobble", {
    source: "instagram.posts",
    identifier: "cobble"
  })
  const api = yield* serving()
  const acme = { token: "s3nt1nel-acme" }
  const asked = yield* api.ask("POST", "/api/brands/cobble/brandbrain/compile", acme)
  const { compile_run_id: runId } = asked.body as { readonly compile_run_id: string }
  yield* work
  return { ...api, acme, sourceId, runId }
})

/** Runs the jobs that are due. */
export const work = Effect.gen(function*() {
  const worker = yield* Effect.fork(Worker.run({ jobs: [CompileJob], once: true }))
  yield* TestClock.adjust("10 minutes")
  yield* Fiber.join(worker)
})

/** What is in every table, to show that nothing of it has changed. */
export const everything = Effect.gen(function*() {
  const sql = yield* SqlClient.SqlClient
  const tables = yield* sql<{ name: string }>`SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name`
  return yield* Effect.forEach(tables, ({ name }) => sql`SELECT * FROM ${sql(name)}`)
})
