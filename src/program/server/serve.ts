import type * as HttpApp from "@effect/platform/HttpApp"
import * as HttpServerRequest from "@effect/platform/HttpServerRequest"
import { Deferred, Effect, Fiber } from "effect"
import type { Listener } from "./listen.ts"
import { pathOf } from "../../web/pathOf.ts"
import { endRequests, waitForTurn } from "./openRequests.ts"

/**
 * Serves an app on an open port until the scope closes. Answers the port.
 *
 * Then it accepts no more requests, lets the open ones finish within the grace, and cuts off the rest.
 */
export const serve = <R>(
  { answerStarting, node, openRequests, options, server }: Listener,
  app: HttpApp.Default<never, R>
) =>
  Effect.gen(function*() {
    yield* server.serve(app, (handled) => Effect.zipRight(waitForTurn, Effect.tap(handled, logRequest)))
    yield* Effect.addFinalizer(() =>
      // In a fiber of its own, since this one has been interrupted and could not time out.
      endRequests(node, openRequests, options).pipe(
        Effect.interruptible,
        Effect.forkDaemon,
        Effect.flatMap(Fiber.join)
      )
    )
    node.off("request", answerStarting)
    return server.address._tag === "TcpAddress" ? server.address.port : options.port
  })

/** Runs the work with a server beside it. The work starts once the server answers, and both are told to end together. */
export const serveBeside =
  <E1, R1>(serving: Effect.Effect<unknown, E1, R1>) => <A, E, R>(work: Effect.Effect<A, E, R>) =>
    Effect.gen(function*() {
      const served = yield* Deferred.make<void>()
      const ended = yield* Deferred.make<void>()
      const server = Effect.scoped(
        serving.pipe(Effect.zipRight(Deferred.succeed(served, undefined)), Effect.zipRight(Deferred.await(ended)))
      )
      const worker = Effect.ensuring(
        Effect.zipRight(Deferred.await(served), work),
        Deferred.succeed(ended, undefined)
      )
      const [result] = yield* Effect.all([worker, server], { concurrency: "unbounded" })
      return result
    })

const logRequest = () =>
  Effect.flatMap(
    HttpServerRequest.HttpServerRequest,
    ({ method, url }) => Effect.annotateLogs(Effect.logDebug("Answered a request"), { method, path: pathOf(url) })
  )
