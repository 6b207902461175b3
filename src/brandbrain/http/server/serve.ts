import * as HttpApiBuilder from "@effect/platform/HttpApiBuilder"
import * as HttpApiSwagger from "@effect/platform/HttpApiSwagger"
import * as HttpServerRequest from "@effect/platform/HttpServerRequest"
import * as NodeHttpServer from "@effect/platform-node/NodeHttpServer"
import * as NodeHttpServerRequest from "@effect/platform-node/NodeHttpServerRequest"
import type * as HttpServer from "@effect/platform/HttpServer"
import type { Duration, Scope } from "effect"
import { Deferred, Effect, Fiber, Layer, Schedule, Schema } from "effect"
import { createServer } from "node:http"
import type { IncomingMessage, Server, ServerResponse } from "node:http"
import type { Socket } from "node:net"
import { accessLive } from "./accessLive.ts"
import { answerAll } from "./answerAll.ts"
import { Api } from "../api/api.ts"
import { authenticate } from "./authenticate.ts"
import type { Authenticate } from "./authenticate.ts"
import { brandLive, brandsLive } from "../handlers/brandHandlers.ts"
import { compilesLive } from "../handlers/compileHandlers.ts"
import type { HttpSettings } from "./HttpSettings.ts"
import { onboardingLive } from "../handlers/onboardingHandlers.ts"
import { overridesLive } from "../handlers/overrideHandlers.ts"
import { snapshotsLive } from "../handlers/snapshotHandlers.ts"
import { sourcesLive } from "../handlers/sourceHandlers.ts"

/** The API cannot listen where it was told to. Nothing was started. */
export class CannotListen extends Schema.TaggedError<CannotListen>()("CannotListen", {
  host: Schema.String,
  port: Schema.Int,
  cause: Schema.Defect
}) {
  override get message() {
    const { code, message } = { code: "", message: "", ...this.cause as object }
    const reason = code === "EADDRINUSE"
      ? "another program listens there; choose another port with --http or HTTP_PORT"
      : code === "EACCES"
      ? "the system keeps that port for itself; choose one above 1023 with --http or HTTP_PORT"
      : code === "EADDRNOTAVAIL" || code === "ENOTFOUND"
      ? "this machine does not have that address; write another in HTTP_HOST"
      : message
    return `The API cannot listen on ${at(this.host, this.port)}: ${reason}`
  }
}

/** The API's settings, its port, and how long requests under way may go on at the end. */
export interface ServeOptions extends HttpSettings {
  /** 0 for any that is free. */
  readonly port: number
  readonly grace: Duration.Duration
  /** Ends the grace early. Never, unless given. */
  readonly graceOver?: Effect.Effect<void>
}

/** A port that is held, and answers that the API is not there yet. */
export interface Listener {
  readonly options: ServeOptions
  readonly server: HttpServer.HttpServer
  readonly node: Server
  readonly isStarting: (request: IncomingMessage, response: ServerResponse) => void
  /** Of requests that are not answered yet. */
  readonly underWay: ReadonlySet<ServerResponse>
}

/** Takes the port, before anything else is begun that would have to be undone if another program has it. */
export const listen = (options: ServeOptions): Effect.Effect<Listener, CannotListen, Scope.Scope> =>
  Effect.gen(function*() {
    const node = createServer(timeouts)
    const isStarting: Listener["isStarting"] = (_, response) => {
      response.writeHead(503, { "content-type": "application/json", "retry-after": "1" }).end(`{"error":"unavailable"}`)
    }
    const underWay = watchRequests(node)
    node.on("request", isStarting)
    const server = yield* NodeHttpServer.make(() => node, { host: options.host, port: options.port }).pipe(
      Effect.mapError(({ cause }) => new CannotListen({ host: options.host, port: options.port, cause }))
    )
    yield* Effect.addFinalizer(() =>
      Effect.sync(() => {
        node.close()
        node.closeAllConnections()
      })
    )
    return { options, server, node, isStarting, underWay }
  })

/**
 * Serves the API until the scope closes. Then it takes no more requests at once,
 * lets those under way end for the grace, and cuts off those that have not.
 */
export const serve = ({ isStarting, node, options, server, underWay }: Listener) =>
  Effect.gen(function*() {
    const asked = authenticate(options.tokens)
    const context = yield* Layer.build(apiLive(asked))
    const app = answerAll(asked)(yield* Effect.provide(HttpApiBuilder.httpApp, context)).pipe(Effect.provide(context))
    yield* server.serve(app, (handled) => Effect.zipRight(itsTurn, Effect.tap(handled, logged)))
    yield* Effect.addFinalizer(() =>
      // In a fiber of its own: this one has been interrupted, and could not give up waiting.
      endRequests(node, underWay, options).pipe(
        Effect.interruptible,
        Effect.forkDaemon,
        Effect.flatMap(Fiber.join)
      )
    )
    node.off("request", isStarting)
    const port = server.address._tag === "TcpAddress" ? server.address.port : options.port
    yield* Effect.annotateLogs(Effect.logInfo(`The API listens on http://${at(options.host, port)}/api`), {
      documentation: "/api/docs"
    })
  })

/** Runs the work with the API beside it: the work begins once the API answers, and both are told to end at the same time. */
export const beside = (listener: Listener) => <A, E, R>(work: Effect.Effect<A, E, R>) =>
  Effect.gen(function*() {
    const serving = yield* Deferred.make<void>()
    const ended = yield* Deferred.make<void>()
    const api = Effect.scoped(
      serve(listener).pipe(
        Effect.zipRight(Deferred.succeed(serving, undefined)),
        Effect.zipRight(Deferred.await(ended))
      )
    )
    const worker = Effect.ensuring(
      Effect.zipRight(Deferred.await(serving), work),
      Deferred.succeed(ended, undefined)
    )
    const [done] = yield* Effect.all([worker, api], { concurrency: "unbounded" })
    return done
  })

/** Callers that send a byte now and then, or read none of their answer, hold a connection no longer than this. */
const timeouts = { headersTimeout: 15_000, requestTimeout: 60_000, connectionsCheckingInterval: 5_000 }
const silentFor = 60_000

/** More than come at once from the people and programs of a few tenants. */
const mostConnections = 1000

/** No browser sends a request before the last one is answered, and few programs do; nobody needs more of them. */
const mostInTurn = 10

/**
 * The requests that are not answered yet.
 *
 * When a connection has gone, Node tells only the answer whose turn it is.
 * Those behind it would wait for ever, so they are told here.
 */
const watchRequests = (node: Server): ReadonlySet<ServerResponse> => {
  const underWay = new Set<ServerResponse>()
  const unanswered = (socket: Socket) => [...underWay].filter(({ req }) => req.socket === socket)
  node.maxConnections = mostConnections
  node.timeout = silentFor
  node.on("connection", (socket) => {
    socket.once("close", () => {
      for (const response of unanswered(socket)) if (response.socket === null) response.emit("close")
    })
  })
  node.on("request", ({ socket }, response) => {
    underWay.add(response)
    response.on("close", () => underWay.delete(response))
    if (unanswered(socket).length > mostInTurn) socket.destroy()
  })
  return underWay
}

/**
 * Waits until the answers to what the connection asked before have been sent. An
 * answer made before its turn would be held in memory as long as its caller likes.
 */
const itsTurn = Effect.flatMap(HttpServerRequest.HttpServerRequest, (request) => {
  const response = NodeHttpServerRequest.toServerResponse(request)
  return response.socket === null
    ? Effect.async<void>((resume) => void response.once("socket", () => resume(Effect.void)))
    : Effect.void
})

const apiLive = (asked: Authenticate) =>
  Layer.mergeAll(
    HttpApiBuilder.middlewareOpenApi({ path: "/api/openapi.json" }),
    HttpApiSwagger.layer({ path: "/api/docs" })
  ).pipe(
    Layer.provideMerge(HttpApiBuilder.api(Api)),
    Layer.provide([brandsLive, brandLive, onboardingLive, sourcesLive, compilesLive, snapshotsLive, overridesLive]),
    Layer.provide(accessLive(asked)),
    Layer.provideMerge(HttpApiBuilder.Router.Live),
    Layer.provideMerge(HttpApiBuilder.Middleware.layer),
    Layer.provideMerge(NodeHttpServer.layerContext)
  )

const logged = () =>
  Effect.flatMap(
    HttpServerRequest.HttpServerRequest,
    ({ method, url }) =>
      Effect.annotateLogs(Effect.logDebug("Answered a request"), { method, path: url.replace(/\?.*$/s, "") })
  )

/**
 * Takes no connection and no request any more, and waits for those under way.
 * A connection that is open and asks for nothing, as a browser keeps one, is not waited for.
 */
const endRequests = (
  server: Server,
  underWay: ReadonlySet<ServerResponse>,
  { grace, graceOver = Effect.never }: ServeOptions
) =>
  Effect.gen(function*() {
    const closed = yield* Deferred.make<void>()
    yield* Effect.sync(() => {
      for (const response of underWay) response.shouldKeepAlive = false
      server.prependListener("request", (_, response) => {
        response.shouldKeepAlive = false
      })
      server.close(() => Deferred.unsafeDone(closed, Effect.void))
    })
    const noneUnderWay: Effect.Effect<void> = Effect.suspend(() => {
      const [one] = underWay
      return one === undefined
        ? Effect.void
        : Effect.zipRight(
          Effect.async<void>((resume) => void one.once("close", () => resume(Effect.void))),
          noneUnderWay
        )
    })
    const isAnswered = yield* Effect.as(noneUnderWay, true).pipe(
      Effect.raceFirst(Effect.as(Effect.raceFirst(Effect.sleep(grace), graceOver), false))
    )
    if (!isAnswered) yield* Effect.logWarning("Requests still under way at the end of the grace are cut off")
    // The last words of an answer may be on their way still.
    yield* Effect.sync(() => server.closeIdleConnections()).pipe(
      Effect.repeat(Schedule.spaced("20 millis")),
      Effect.raceFirst(Deferred.await(closed)),
      Effect.timeoutOption(isAnswered ? "1 second" : "0 millis")
    )
    server.closeAllConnections()
    if (!isAnswered) yield* Effect.timeoutOption(noneUnderWay, "1 second")
  })

const at = (host: string, port: number) => `${host.includes(":") ? `[${host}]` : host}:${port}`
