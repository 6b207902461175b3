import * as HttpApiBuilder from "@effect/platform/HttpApiBuilder"
import * as HttpApiSwagger from "@effect/platform/HttpApiSwagger"
import * as HttpServerResponse from "@effect/platform/HttpServerResponse"
import * as NodeHttpServer from "@effect/platform-node/NodeHttpServer"
import { Effect, Layer } from "effect"
import { answerUnhandled } from "../../../web/answerUnhandled.ts"
import { Api } from "../api/api.ts"
import { brandLive, brandsLive } from "../handlers/brandHandlers.ts"
import { compilesLive } from "../handlers/compileHandlers.ts"
import { onboardingLive } from "../handlers/onboardingHandlers.ts"
import { overridesLive } from "../handlers/overrideHandlers.ts"
import { snapshotsLive } from "../handlers/snapshotHandlers.ts"
import { sourcesLive } from "../handlers/sourceHandlers.ts"
import { accessLive } from "./accessLive.ts"
import { authenticate } from "./authenticate.ts"
import type { Authenticate } from "./authenticate.ts"
import type { TenantToken } from "./HttpSettings.ts"

/** The API as an app that answers every request. Without tokens it answers this machine only, and there is one tenant. */
export const makeApp = (tokens: ReadonlyArray<TenantToken>) =>
  Effect.gen(function*() {
    const authenticated = authenticate(tokens)
    const context = yield* Layer.build(apiLive(authenticated))
    return answerUnhandled(Api, authenticated)(yield* Effect.provide(HttpApiBuilder.httpApp, context)).pipe(
      Effect.map(HttpServerResponse.setHeaders(inNoFrame)),
      Effect.provide(context)
    )
  })

/** Keeps pages of other sites from showing an answer in a frame, and so having a person click what they do not see. */
const inNoFrame = { "content-security-policy": "frame-ancestors 'none'", "x-frame-options": "DENY" }

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
