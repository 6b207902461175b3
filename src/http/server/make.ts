import * as Etag from "@effect/platform/Etag"
import * as FileSystem from "@effect/platform/FileSystem"
import * as HttpApiBuilder from "@effect/platform/HttpApiBuilder"
import type * as HttpApp from "@effect/platform/HttpApp"
import * as HttpPlatform from "@effect/platform/HttpPlatform"
import * as HttpRouter from "@effect/platform/HttpRouter"
import * as HttpServerRequest from "@effect/platform/HttpServerRequest"
import * as HttpServerResponse from "@effect/platform/HttpServerResponse"
import * as Path from "@effect/platform/Path"
import { Effect, Layer } from "effect"
import type { Scope } from "effect"
import type { InvalidOption } from "../../index.ts"
import { JobQueue } from "../../index.ts"
import { answerUnhandled, refuse } from "../../web/answerUnhandled.ts"
import { pathOf, withoutOrigin } from "../../web/pathOf.ts"
import { NotFound, notFound, Unavailable, unavailable } from "../../web/refusals.ts"
import { Authorized } from "../api/access.ts"
import { HoldfastApi } from "../api/api.ts"
import { makeEventFeed } from "../feed/EventFeed.ts"
import { eventsLive } from "../handlers/eventHandlers.ts"
import { figuresLive } from "../handlers/figureHandlers.ts"
import { jobsLive } from "../handlers/jobHandlers.ts"
import { limitedQueue } from "../handlers/limitedQueue.ts"
import { pausesLive } from "../handlers/pauseHandlers.ts"
import { workersLive } from "../handlers/workerHandlers.ts"
import { sessionLive } from "../handlers/sessionHandlers.ts"
import { makeHistory } from "../history.ts"
import { ofAnApi, ofAPage } from "./headers.ts"
import type { Options } from "./options.ts"
import { settingsOf } from "./options.ts"
import type { Page } from "./page.ts"
import { pageApp, readPage } from "./page.ts"
import type { Probes } from "./probes.ts"
import { makeProbes } from "./probes.ts"
import { makeReadiness } from "./readiness.ts"

/** An app, for a scope that closes once its answer was sent. */
type App = HttpApp.Default<never, Scope.Scope>

/** Holdfast over HTTP, as apps that need nothing more. */
export interface HoldfastHttp {
  /** The path under which it is, as in `/holdfast`. */
  readonly prefix: string
  /** Answers every request. Give it those whose path is the prefix, or begins with the prefix and a slash. */
  readonly app: App
  /** The apps for `/healthz`, `/readyz` and, if there are metrics, `/metrics`, by their paths. */
  readonly probes: Probes
}

/** No call of the API takes longer, but for the events. */
const timeLimit = "30 seconds"

/** A name of 255 characters takes up to 3,060 in an address. The router takes 100 unless told otherwise. */
const longestSegment = 4000

/**
 * Makes the API of the job queue in the context, and what it watches with, until the scope closes.
 *
 * The history, the events and the probes begin now. When the scope closes the answers that carry events end.
 */
export const make = (options: Options): Effect.Effect<HoldfastHttp, InvalidOption, JobQueue | Scope.Scope> =>
  Effect.gen(function*() {
    const { authorize, database, eventClients, hides, metrics, page, payloads, prefix, searchesErrors, unready } =
      yield* settingsOf(
        options
      )
    const queue = yield* JobQueue
    const limited = limitedQueue(queue)
    const files = yield* readPage(page)
    const history = yield* makeHistory(queue)
    const feed = yield* makeEventFeed(queue, { clients: eventClients, payloads, beforeNews: limited.forget })
    const readiness = yield* makeReadiness(queue, unready)
    const groups = Layer.mergeAll(
      sessionLive({ address: `${prefix}/api`, database, payloads, searchesErrors }),
      jobsLive(limited, hides, searchesErrors),
      figuresLive(limited, history),
      pausesLive(limited),
      workersLive(limited),
      eventsLive(feed)
    )
    const context = yield* Layer.build(
      HttpApiBuilder.api(HoldfastApi).pipe(
        Layer.provide(groups),
        Layer.provide(
          Layer.succeed(Authorized, Authorized.of({ token: () => Effect.map(authorize, (access) => ({ access })) }))
        ),
        Layer.provideMerge(HttpApiBuilder.Router.Live),
        Layer.provideMerge(HttpApiBuilder.Middleware.layer),
        Layer.provideMerge(platform)
      )
    )
    const router = yield* HttpApiBuilder.httpApp.pipe(
      HttpRouter.withRouterConfig({ maxParamLength: longestSegment }),
      Effect.provide(context)
    )
    const api = Effect.provide(inTime(answerUnhandled(HoldfastApi, authorize)(router)), context)
    return { prefix, app: underPrefix(prefix, api, files), probes: makeProbes({ readiness, authorize, metrics }) }
  })

const inTime = <R>(app: HttpApp.Default<never, R>) =>
  app.pipe(
    Effect.timeoutOption(timeLimit),
    Effect.flatten,
    Effect.catchAll(() => Effect.zipRight(logLate, refuse(unavailable, new Unavailable()))),
    Effect.map(HttpServerResponse.setHeaders(ofAnApi))
  )

const logLate = Effect.flatMap(
  HttpServerRequest.HttpServerRequest,
  ({ method, url }) =>
    Effect.annotateLogs(Effect.logWarning(`A request was not answered within ${timeLimit}`), {
      method,
      path: pathOf(url)
    })
)

/** Services that the router asks for. This API does not use them, since no endpoint of it sends a file. */
const platform = Layer.mergeAll(HttpPlatform.layer, Etag.layer, Path.layer).pipe(
  Layer.provideMerge(FileSystem.layerNoop({})),
  Layer.provide(Etag.layer)
)

/** Sends a request to the API or to the page. */
const underPrefix = (prefix: string, api: App, page: Page): App =>
  Effect.flatMap(HttpServerRequest.HttpServerRequest, (request): App => {
    // A router that this is mounted on may have cut the address.
    const url = withoutOrigin(request.originalUrl)
    const path = pathOf(url)
    if (path === prefix) return redirected(prefix)
    if (path.startsWith(`${prefix}/api/`)) {
      return Effect.provideService(
        api,
        HttpServerRequest.HttpServerRequest,
        request.modify({ url: url.slice(`${prefix}/api`.length) })
      )
    }
    return path.startsWith(`${prefix}/`) ? pageApp(page, path.slice(prefix.length + 1)) ?? nothingThere : nothingThere
  })

/** The page finds its API from its own address, which has to end with a slash. */
const redirected = (prefix: string) =>
  Effect.succeed(HttpServerResponse.empty({ status: 308, headers: { ...ofAPage, location: `${prefix}/` } }))

const nothingThere = Effect.map(refuse(notFound, new NotFound()), HttpServerResponse.setHeaders(ofAnApi))
