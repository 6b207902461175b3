import type * as HttpApp from "@effect/platform/HttpApp"
import * as HttpServerRequest from "@effect/platform/HttpServerRequest"
import type { Scope } from "effect"
import { Effect } from "effect"
import type { HoldfastHttp } from "../../http/server/make.ts"

/** Holdfast's requests by their path. All others are the other app's, which answers for what is nowhere, too. */
export const besideHoldfast = <R>(
  { app, prefix, probes }: HoldfastHttp,
  others: HttpApp.Default<never, R>
): HttpApp.Default<never, R | Scope.Scope> =>
  Effect.flatMap(HttpServerRequest.HttpServerRequest, ({ url }): HttpApp.Default<never, R | Scope.Scope> => {
    const path = url.replace(/[?#].*$/s, "")
    return path === prefix || path.startsWith(`${prefix}/`) ? app : probes.get(path) ?? others
  })
