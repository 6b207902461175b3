import { NodeHttpClient } from "@effect/platform-node"
import * as HttpServerRequest from "@effect/platform/HttpServerRequest"
import * as HttpServerResponse from "@effect/platform/HttpServerResponse"
import { Clock, Duration, Effect, Exit, Layer, Redacted, Scope } from "effect"
import { request } from "node:http"
import type { IncomingMessage } from "node:http"
import { client } from "../../src/http/api/client.ts"
import { make } from "../../src/http/server/make.ts"
import type { Options } from "../../src/http/server/options.ts"
import { listen } from "../../src/program/server/listen.ts"
import { serve } from "../../src/program/server/serve.ts"
import { besideHoldfast } from "../../src/program/server/besideHoldfast.ts"

/** The tokens of a server under test. BrandBrain's is none of them. */
export const tokens = { full: "s3nt1nel-full", read: "s3nt1nel-read", brandbrain: "s3nt1nel-acme" }

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

const options: Options = {
  tokens: { full: Redacted.make(tokens.full), read: Redacted.make(tokens.read) },
  loopbackOnly: true,
  database: "sqlite"
}

/** Holdfast over HTTP on a port of its own until the scope closes, in real time, so that no test that fails waits forever. */
export const serving = (given: Partial<Options> = {}) =>
  Effect.acquireRelease(running(given), ({ end }) => Effect.withClock(end, Clock.make()))

/** The same until `end`. */
export const running = Effect.fn("running")(function*(given: Partial<Options> = {}) {
  const scope = yield* Scope.make()
  return { ...yield* Scope.extend(started(given), scope), end: Scope.close(scope, Exit.void) }
})

const started = Effect.fn("started")(function*(given: Partial<Options>) {
  const listener = yield* listen({ host: "127.0.0.1", port: 0, grace: Duration.seconds(25) })
  const events = yield* Effect.acquireRelease(Scope.make(), (scope) => Scope.close(scope, Exit.void))
  const holdfast = yield* Scope.extend(make({ ...options, ...given }), events)
  const nobody = Effect.map(
    HttpServerRequest.HttpServerRequest,
    ({ url }) => HttpServerResponse.text(`nobody's at ${url}`, { status: 404 })
  )
  const port = yield* serve(listener, besideHoldfast(holdfast, nobody))
  yield* Effect.addFinalizer(() => Scope.close(events, Exit.void))
  return {
    port,
    openRequests: () => listener.openRequests.size,
    /** A request on a connection of its own, to a path under the API. */
    ask: (method: string, path: string, asked: Asked = {}) => send(port, method, `/holdfast/api${path}`, asked),
    /** The same to any path. */
    askAt: (method: string, path: string, asked: Asked = {}) => send(port, method, path, asked),
    client: (token: string) =>
      client({ baseUrl: `http://127.0.0.1:${port}/holdfast/api`, token: Redacted.make(token) }).pipe(
        Effect.provide(
          Layer.provide(NodeHttpClient.layerWithoutAgent, NodeHttpClient.makeAgentLayer({ keepAlive: false }))
        )
      )
  }
})

/** Sends a request, and gives its answer once all of it is there. */
const send = (port: number, method: string, path: string, asked: Asked) =>
  Effect.flatMap(begin(port, method, path, asked), (response) =>
    Effect.async<Answer>((resume) => {
      let text = ""
      response.setEncoding("latin1").on("data", (chunk: string) => text += chunk).on("end", () => {
        const { headers, statusCode: status = 0 } = response
        const isJson = headers["content-type"]?.includes("json") ?? false
        const utf8 = Buffer.from(text, "latin1").toString()
        resume(
          Effect.succeed({
            status,
            headers,
            text: headers["content-encoding"] === undefined ? utf8 : text,
            body: isJson && text !== "" ? JSON.parse(utf8) as unknown : null
          })
        )
      })
    }))

/** Sends a request, and gives its answer once it begins. */
export const begin = (port: number, method: string, path: string, { body, headers, token }: Asked) =>
  Effect.async<IncomingMessage>((resume) => {
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
    }, (response) => resume(Effect.succeed(response)))
    asking.on("error", (error) => resume(Effect.die(error)))
    asking.end(text)
  })
