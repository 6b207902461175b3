import * as HttpApi from "@effect/platform/HttpApi"
import type * as HttpApiGroup from "@effect/platform/HttpApiGroup"
import * as HttpApiSchema from "@effect/platform/HttpApiSchema"
import type * as HttpApp from "@effect/platform/HttpApp"
import * as HttpServerRequest from "@effect/platform/HttpServerRequest"
import * as HttpServerResponse from "@effect/platform/HttpServerResponse"
import type { Schema } from "effect"
import { Cause, Effect, Predicate } from "effect"
import { pathOf } from "./pathOf.ts"
import type { Forbidden, Unauthorized } from "./refusals.ts"
import {
  forbidden,
  InternalError,
  internalError,
  invalidRequest,
  MethodNotAllowed,
  methodNotAllowed,
  NotFound,
  notFound,
  unauthorized
} from "./refusals.ts"
import { refuseIssues } from "./refuseIssues.ts"

/**
 * Answers everything that the endpoints of an API do not, in the same form.
 *
 * That is a query that does not decode, an unknown address, an unknown method, and a bug. `check` lets a caller
 * through: a stranger learns no addresses.
 */
export const answerUnhandled = <Id extends string, Groups extends HttpApiGroup.HttpApiGroup.Any, E, R>(
  api: HttpApi.HttpApi<Id, Groups, E, R>,
  check: Effect.Effect<unknown, Forbidden | Unauthorized, HttpServerRequest.HttpServerRequest>
) => {
  const noRoute = answerNoRoute(routesOf(api), check)
  return <R>(app: HttpApp.Default<unknown, R>): HttpApp.Default<never, R> =>
    Effect.catchAllCause(app, (cause) => {
      if (Cause.isInterruptedOnly(cause)) return Effect.interrupt
      const failure = Cause.squash(cause)
      if (Predicate.isTagged(failure, "HttpApiDecodeError")) {
        return refuse(invalidRequest, refuseIssues(issuesOf(failure)))
      }
      return Predicate.isTagged(failure, "RouteNotFound")
        ? noRoute
        : Effect.zipRight(
          Effect.logError("A request failed unexpectedly", cause),
          refuse(internalError, new InternalError())
        )
    })
}

const issuesOf = (error: unknown) =>
  (error as { readonly issues: ReadonlyArray<{ readonly path: ReadonlyArray<PropertyKey>; readonly message: string }> })
    .issues

/** Answers as an endpoint does that declares this error. */
export const refuse = <A, I>(
  refusal: Schema.Schema<A, I>,
  value: A,
  headers: Readonly<Record<string, string>> = {}
): Effect.Effect<HttpServerResponse.HttpServerResponse> =>
  Effect.orDie(
    HttpServerResponse.schemaJson(refusal)(value, { status: HttpApiSchema.getStatusError(refusal), headers })
  )

/** Checks the caller first. */
const answerNoRoute = (
  routes: ReadonlyArray<Route>,
  check: Effect.Effect<unknown, Forbidden | Unauthorized, HttpServerRequest.HttpServerRequest>
) =>
  Effect.gen(function*() {
    yield* check
    const request = yield* HttpServerRequest.HttpServerRequest
    const path = pathOf(request.url).replace(/\/{2,}/g, "/")
    const allowed = routes.filter(({ pattern }) => pattern.test(path)).map(({ method }) => method)
    const allow = [...allowed, ...allowed.includes("GET") ? ["HEAD"] : [], "OPTIONS"]
    // The path may look like an address and still have a segment that cannot be decoded.
    const isAddress = allowed.length > 0 && (request.method === "OPTIONS" || !allow.includes(request.method))
    if (!isAddress) return yield* refuse(notFound, new NotFound())
    const headers = { allow: allow.join(", ") }
    return request.method === "OPTIONS"
      ? HttpServerResponse.empty({ status: 204, headers })
      : yield* refuse(methodNotAllowed, new MethodNotAllowed({ allowed: allow }), headers)
  }).pipe(
    Effect.catchTags({
      unauthorized: (error) => refuse(unauthorized, error),
      forbidden: (error) => refuse(forbidden, error)
    })
  )

interface Route {
  readonly method: string
  readonly pattern: RegExp
}

/** As the router reads addresses: in any case, with slashes at the end or several in a row. */
const routesOf = <Id extends string, Groups extends HttpApiGroup.HttpApiGroup.Any, E, R>(
  api: HttpApi.HttpApi<Id, Groups, E, R>
): ReadonlyArray<Route> => {
  const routes: Array<Route> = []
  HttpApi.reflect(api, {
    onGroup: () => {},
    onEndpoint: ({ endpoint }) => {
      const pattern = endpoint.path.replace(/[.]/g, "\\.").replace(/:\w+/g, "[^/]+")
      routes.push({ method: endpoint.method, pattern: new RegExp(`^${pattern}/?$`, "i") })
    }
  })
  return routes
}
