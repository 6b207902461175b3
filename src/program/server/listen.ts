import * as NodeHttpServer from "@effect/platform-node/NodeHttpServer"
import type * as HttpServer from "@effect/platform/HttpServer"
import type { Duration, Scope } from "effect"
import { Effect, Schema } from "effect"
import { createServer } from "node:http"
import type { IncomingMessage, Server, ServerResponse } from "node:http"
import { formatAddress } from "../../web/loopback.ts"
import { watchRequests } from "./openRequests.ts"

/** The API cannot listen at its address. Nothing was started. */
export class CannotListen extends Schema.TaggedError<CannotListen>()("CannotListen", {
  host: Schema.String,
  port: Schema.Int,
  cause: Schema.Defect
}) {
  override get message() {
    const { code, message } = { code: "", message: "", ...this.cause as object }
    const reason = code === "EADDRINUSE"
      ? "another program listens there; choose another port with --http or HOLDFAST_HTTP_PORT"
      : code === "EACCES"
      ? "the system keeps that port for itself; choose one above 1023 with --http or HOLDFAST_HTTP_PORT"
      : code === "EADDRNOTAVAIL" || code === "ENOTFOUND"
      ? "this machine does not have that address; write another in HOLDFAST_HTTP_HOST"
      : message
    return `The API cannot listen on ${formatAddress(this.host, this.port)}: ${reason}`
  }
}

/** The address of the server, and its time to finish open requests at the end. */
export interface ServeOptions {
  readonly host: string
  /** 0 for any free port. */
  readonly port: number
  readonly grace: Duration.Duration
  /** Ends the grace early. Never, unless given. */
  readonly graceOver?: Effect.Effect<void>
}

/** An open port that answers 503 until the API is served on it. */
export interface Listener {
  readonly options: ServeOptions
  readonly server: HttpServer.HttpServer
  readonly node: Server
  readonly answerStarting: (request: IncomingMessage, response: ServerResponse) => void
  readonly openRequests: ReadonlySet<ServerResponse>
}

/** Opens the port first, so that nothing else has to be undone if another program has it. */
export const listen = (options: ServeOptions): Effect.Effect<Listener, CannotListen, Scope.Scope> =>
  Effect.gen(function*() {
    const node = createServer(timeouts)
    const answerStarting: Listener["answerStarting"] = (_, response) => {
      response.writeHead(503, { "content-type": "application/json", "retry-after": "1" }).end(`{"error":"unavailable"}`)
    }
    const openRequests = watchRequests(node)
    node.on("request", answerStarting)
    const server = yield* NodeHttpServer.make(() => node, { host: options.host, port: options.port }).pipe(
      Effect.mapError(({ cause }) => new CannotListen({ host: options.host, port: options.port, cause }))
    )
    yield* Effect.addFinalizer(() =>
      Effect.sync(() => {
        node.close()
        node.closeAllConnections()
      })
    )
    return { options, server, node, answerStarting, openRequests }
  })

/** A caller that sends a byte now and then holds a connection no longer than this. */
const timeouts = { headersTimeout: 15_000, requestTimeout: 60_000, connectionsCheckingInterval: 5_000 }
