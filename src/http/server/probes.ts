import type * as HttpApp from "@effect/platform/HttpApp"
import * as HttpServerRequest from "@effect/platform/HttpServerRequest"
import * as HttpServerResponse from "@effect/platform/HttpServerResponse"
import { Effect } from "effect"
import { metricsContentType } from "../../telemetry/prometheus.ts"
import { refuse } from "../../web/answerUnhandled.ts"
import { InternalError, internalError, MethodNotAllowed, methodNotAllowed, unauthorized } from "../../web/refusals.ts"
import { forbidden } from "../api/refusals.ts"
import type { Authorize } from "./authorize.ts"
import { ofAnApi } from "./headers.ts"
import type { Readiness } from "./readiness.ts"

/** The paths at the root that monitoring asks, each with its app. */
export type Probes = ReadonlyMap<string, HttpApp.Default>

/**
 * `/healthz`: the process answers. `/readyz`: it can do its work, or why not. Both without a token and without data.
 * `/metrics`, if there is something to render: Prometheus text, for a caller that may read.
 */
export const makeProbes = (options: {
  readonly readiness: Readiness
  readonly authorize: Authorize
  readonly metrics: Effect.Effect<string> | undefined
}): Probes => {
  const { authorize, metrics, readiness } = options
  const health = answering(Effect.succeed(HttpServerResponse.unsafeJson({ status: "ok" })))
  const ready = answering(
    Effect.map(readiness, (reasons) =>
      reasons.length === 0
        ? HttpServerResponse.unsafeJson({ status: "ready" })
        : HttpServerResponse.unsafeJson({ status: "not_ready", reasons }, { status: 503 }))
  )
  return new Map([
    ["/healthz", health],
    ["/readyz", ready],
    ...metrics === undefined ? [] : [["/metrics", metricsApp(authorize, metrics)] as const]
  ])
}

const metricsApp = (authorize: Authorize, metrics: Effect.Effect<string>) =>
  answering(
    authorize.pipe(
      Effect.zipRight(metrics),
      Effect.map((text) => HttpServerResponse.text(text, { contentType: metricsContentType })),
      Effect.catchTags({
        unauthorized: (error) => refuse(unauthorized, error),
        forbidden: (error) => refuse(forbidden, error)
      })
    )
  )

const answering = (
  app: HttpApp.Default
): HttpApp.Default =>
  Effect.flatMap(
    HttpServerRequest.HttpServerRequest,
    ({ method }) => method === "GET" || method === "HEAD" ? app : refuseMethod
  ).pipe(
    Effect.catchAllDefect((defect) =>
      Effect.zipRight(
        Effect.logError("A request failed unexpectedly", defect),
        refuse(internalError, new InternalError())
      )
    ),
    Effect.map(HttpServerResponse.setHeaders(ofAnApi))
  )

const refuseMethod = refuse(methodNotAllowed, new MethodNotAllowed({ allowed: ["GET", "HEAD"] }), {
  allow: "GET, HEAD"
})
