import * as HttpApiBuilder from "@effect/platform/HttpApiBuilder"
import * as HttpApiSwagger from "@effect/platform/HttpApiSwagger"
import * as HttpServerRequest from "@effect/platform/HttpServerRequest"
import * as HttpServerResponse from "@effect/platform/HttpServerResponse"
import * as NodeHttpServer from "@effect/platform-node/NodeHttpServer"
import { Deferred, Effect, Fiber, Layer } from "effect"
import { Api } from "../api/api.ts"
import { brandLive, brandsLive } from "../handlers/brandHandlers.ts"
import { compilesLive } from "../handlers/compileHandlers.ts"
import { onboardingLive } from "../handlers/onboardingHandlers.ts"
import { overridesLive } from "../handlers/overrideHandlers.ts"
import { snapshotsLive } from "../handlers/snapshotHandlers.ts"
import { sourcesLive } from "../handlers/sourceHandlers.ts"
import { accessLive } from "./accessLive.ts"
import { answerUnhandled } from "./answerUnhandled.ts"
import { authenticate } from "./authenticate.ts"
import type { Authenticate } from "./authenticate.ts"
import { formatAddress } from "./listen.ts"
import type { Listener } from "./listen.ts"
import { endRequests, waitForTurn } from "./openRequests.ts"

/**
 * Serves the API until the scope closes.
 *
 * Then it accepts no more requests, lets the open ones finish within the grace, and cuts off the rest.
 */
export const serve = ({ answerStarting, node, openRequests, options, server }: Listener) =>
  Effect.gen(function*() {
    const authenticated = authenticate(options.tokens)
    const context = yield* Layer.build(apiLive(authenticated))
    const app = answerUnhandled(authenticated)(yield* Effect.provide(HttpApiBuilder.httpApp, context)).pipe(
      Effect.map(HttpServerResponse.setHeaders(inNoFrame)),
      Effect.provide(context)
    )
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
    const port = server.address._tag === "TcpAddress" ? server.address.port : options.port
    yield* Effect.annotateLogs(Effect.logInfo(`The API listens on http://${formatAddress(options.host, port)}/api`), {
      documentation: "/api/docs"
    })
  })

/** Keeps pages of other sites from showing an answer in a frame, and so having a person click what they do not see. */
const inNoFrame = { "content-security-policy": "frame-ancestors 'none'", "x-frame-options": "DENY" }

/** Runs the work with the API beside it. The work starts once the API answers, and both are told to end together. */
export const serveBeside = (listener: Listener) => <A, E, R>(work: Effect.Effect<A, E, R>) =>
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
    const [result] = yield* Effect.all([worker, api], { concurrency: "unbounded" })
    return result
  })

const apiLive = (authenticated: Authenticate) =>
  Layer.mergeAll(
    HttpApiBuilder.middlewareOpenApi({ path: "/api/openapi.json" }),
    HttpApiSwagger.layer({ path: "/api/docs" })
  ).pipe(
    Layer.provideMerge(HttpApiBuilder.api(Api)),
    Layer.provide([brandsLive, brandLive, onboardingLive, sourcesLive, compilesLive, snapshotsLive, overridesLive]),
    Layer.provide(accessLive(authenticated)),
    Layer.provideMerge(HttpApiBuilder.Router.Live),
    Layer.provideMerge(HttpApiBuilder.Middleware.layer),
    Layer.provideMerge(NodeHttpServer.layerContext)
  )

const logRequest = () =>
  Effect.flatMap(
    HttpServerRequest.HttpServerRequest,
    ({ method, url }) =>
      Effect.annotateLogs(Effect.logDebug("Answered a request"), { method, path: url.replace(/\?.*$/s, "") })
  )
