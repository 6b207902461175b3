import * as HttpServerRequest from "@effect/platform/HttpServerRequest"
import * as NodeHttpServerRequest from "@effect/platform-node/NodeHttpServerRequest"
import type { Duration } from "effect"
import { Deferred, Effect, Schedule } from "effect"
import type { Server, ServerResponse } from "node:http"
import type { Socket } from "node:net"

/** Callers that read none of their answer hold a connection no longer than this many milliseconds. */
const silentFor = 60_000

/** More than the people and programs of a few tenants open at once. */
const maxConnections = 1000

/** Browsers never send a request before the last one is answered, and few programs do. */
const maxPipelined = 10

/**
 * Keeps a set of the requests that are not answered yet, and limits the connections.
 *
 * When a connection closes, Node tells only the answer whose turn it is. Those behind it would wait forever, so they
 * are told here.
 */
export const watchRequests = (node: Server): ReadonlySet<ServerResponse> => {
  const open = new Set<ServerResponse>()
  const openOn = (socket: Socket) => [...open].filter(({ req }) => req.socket === socket)
  node.maxConnections = maxConnections
  node.timeout = silentFor
  node.on("connection", (socket) => {
    socket.once("close", () => {
      for (const response of openOn(socket)) if (response.socket === null) response.emit("close")
    })
  })
  node.on("request", ({ socket }, response) => {
    open.add(response)
    response.on("close", () => open.delete(response))
    if (openOn(socket).length > maxPipelined) socket.destroy()
  })
  return open
}

/**
 * Waits until the earlier answers on the same connection have been sent.
 *
 * An answer made before its turn would be held in memory until its caller reads it.
 */
export const waitForTurn = Effect.flatMap(HttpServerRequest.HttpServerRequest, (request) => {
  const response = NodeHttpServerRequest.toServerResponse(request)
  return Effect.async<void>((resume) => {
    if (response.socket === null) response.once("socket", () => resume(Effect.void))
    else resume(Effect.void)
  })
})

/**
 * Accepts no more connections or requests, waits for the open requests, and cuts off those left after the grace.
 *
 * Idle connections, as a browser keeps them, are not waited for.
 */
export const endRequests = (
  server: Server,
  open: ReadonlySet<ServerResponse>,
  { grace, graceOver = Effect.never }: { readonly grace: Duration.Duration; readonly graceOver?: Effect.Effect<void> }
) =>
  Effect.gen(function*() {
    const closed = yield* Deferred.make<void>()
    yield* Effect.sync(() => {
      for (const response of open) response.shouldKeepAlive = false
      server.prependListener("request", (_, response) => {
        response.shouldKeepAlive = false
      })
      server.close(() => Deferred.unsafeDone(closed, Effect.void))
    })
    const allAnswered = Effect.async<void>((resume) => {
      const lookAgain = () => {
        const [one] = open
        if (one === undefined) resume(Effect.void)
        else one.once("close", lookAgain)
      }
      lookAgain()
    })
    const inTime = yield* Effect.as(allAnswered, true).pipe(
      Effect.raceFirst(Effect.as(Effect.raceFirst(Effect.sleep(grace), graceOver), false))
    )
    if (!inTime) yield* Effect.logWarning("Cutting off the requests that are still open after the grace")
    // The last bytes of an answer may still be on their way.
    yield* Effect.sync(() => server.closeIdleConnections()).pipe(
      Effect.repeat(Schedule.spaced("20 millis")),
      Effect.raceFirst(Deferred.await(closed)),
      Effect.timeoutOption(inTime ? "1 second" : "0 millis")
    )
    server.closeAllConnections()
    if (!inTime) yield* Effect.timeoutOption(allAnswered, "1 second")
  })
