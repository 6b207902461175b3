import * as HttpApi from "@effect/platform/HttpApi"
import * as HttpApiSchema from "@effect/platform/HttpApiSchema"
import type * as HttpApp from "@effect/platform/HttpApp"
import * as HttpServerRequest from "@effect/platform/HttpServerRequest"
import * as HttpServerResponse from "@effect/platform/HttpServerResponse"
import type { Schema } from "effect"
import { Cause, Effect, Predicate } from "effect"
import { Api } from "../api/api.ts"
import { forbidden } from "../api/refusals.ts"
import {
  InternalError,
  internalError,
  invalidRequest,
  MethodNotAllowed,
  methodNotAllowed,
  NotFound,
  notFound,
  unauthorized
} from "../../../web/refusals.ts"
import { refuseIssues } from "../../../web/refuseIssues.ts"
import type { Authenticate } from "./authenticate.ts"

/**
 * Answers everything that the endpoints do not, in the same form.
 *
 * That is a query that does not decode, an unknown address, an unknown method, and a bug.
 */
export const answerUnhandled =
  (authenticate: Authenticate) => <R>(app: HttpApp.Default<unknown, R>): HttpApp.Default<never, R> =>
    Effect.catchAllCause(app, (cause) => {
      if (Cause.isInterruptedOnly(cause)) return Effect.interrupt
      const failure = Cause.squash(cause)
      if (Predicate.isTagged(failure, "HttpApiDecodeError")) {
        return refuse(invalidRequest, refuseIssues(issuesOf(failure)))
      }
      return Predicate.isTagged(failure, "RouteNotFound")
        ? answerNoRoute(authenticate)
        : Effect.zipRight(
          Effect.logError("A request failed unexpectedly", cause),
          refuse(internalError, new InternalError())
        )
    })

const issuesOf = (error: unknown) =>
  (error as { readonly issues: ReadonlyArray<{ readonly path: ReadonlyArray<PropertyKey>; readonly message: string }> })
    .issues

/** Answers as an endpoint does that declares this error. */
const refuse = <A, I>(refusal: Schema.Schema<A, I>, value: A, headers: Readonly<Record<string, string>> = {}) =>
  Effect.orDie(
    HttpServerResponse.schemaJson(refusal)(value, { status: HttpApiSchema.getStatusError(refusal), headers })
  )

/** Checks the caller first, so that a stranger learns no addresses. */
const answerNoRoute = (authenticate: Authenticate) =>
  Effect.gen(function*() {
    yield* authenticate
    const request = yield* HttpServerRequest.HttpServerRequest
    const path = request.url.replace(/[?#].*$/s, "").replace(/\/{2,}/g, "/")
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

/** As the router reads addresses: in any case, with slashes at the end or several in a row. */
const routes: Array<{ readonly method: string; readonly pattern: RegExp }> = []
HttpApi.reflect(Api, {
  onGroup: () => {},
  onEndpoint: ({ endpoint }) => {
    routes.push({ method: endpoint.method, pattern: new RegExp(`^${endpoint.path.replace(/:\w+/g, "[^/]+")}/?$`, "i") })
  }
})
