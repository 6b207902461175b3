import type * as HttpApp from "@effect/platform/HttpApp"
import * as HttpServerRequest from "@effect/platform/HttpServerRequest"
import type { Scope } from "effect"
import { Effect } from "effect"
import type { HoldfastHttp } from "../../http/server/make.ts"
import { pathOf, withoutOrigin } from "../../web/pathOf.ts"

/** Holdfast's requests by their path. All others are the other app's, which answers for what is nowhere, too. */
export const besideHoldfast = <R>(
  { app, prefix, probes }: HoldfastHttp,
  others: HttpApp.Default<never, R>
): HttpApp.Default<never, R | Scope.Scope> =>
  Effect.flatMap(HttpServerRequest.HttpServerRequest, (request): HttpApp.Default<never, R | Scope.Scope> => {
    const path = pathOf(request.url)
    if (path === prefix || path.startsWith(`${prefix}/`)) return app
    const other: HttpApp.Default<never, R> = probes.get(path) ?? others
    // The router of the other app reads no origin.
    return Effect.provideService(
      other,
      HttpServerRequest.HttpServerRequest,
      request.modify({ url: withoutOrigin(request.url) })
    )
  })
