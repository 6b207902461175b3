import * as HttpApi from "@effect/platform/HttpApi"
import * as HttpApiSchema from "@effect/platform/HttpApiSchema"
import type * as HttpApp from "@effect/platform/HttpApp"
import * as HttpServerRequest from "@effect/platform/HttpServerRequest"
import * as HttpServerResponse from "@effect/platform/HttpServerResponse"
import type { Schema } from "effect"
import { Cause, Effect, Predicate } from "effect"
import { Api } from "../api/api.ts"
import type { Authenticate } from "./authenticate.ts"
import { invalid } from "../handlers/readBody.ts"
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
} from "../api/refusals.ts"

/**
 * Answers what the endpoints leave unanswered, in the same form as they do: a
 * query that cannot be read, an address that is not there, a method that is not
 * there, and a bug.
 */
export const answerAll =
  (authenticate: Authenticate) => <R>(app: HttpApp.Default<unknown, R>): HttpApp.Default<never, R> =>
    Effect.catchAllCause(app, (cause) => {
      if (Cause.isInterruptedOnly(cause)) return Effect.interrupt
      const failure = Cause.squash(cause)
      if (Predicate.isTagged(failure, "HttpApiDecodeError")) return refuse(invalidRequest, invalid(issuesOf(failure)))
      return Predicate.isTagged(failure, "RouteNotFound")
        ? noRoute(authenticate)
        : Effect.zipRight(
          Effect.logError("A request failed unexpectedly", cause),
          refuse(internalError, new InternalError())
        )
    })

const issuesOf = (error: unknown) =>
  (error as { readonly issues: ReadonlyArray<{ readonly path: ReadonlyArray<PropertyKey>; readonly message: string }> })
    .issues

/** Answers a refusal as an endpoint would that has it among its errors. */
const refuse = <A, I>(refusal: Schema.Schema<A, I>, value: A, headers: Readonly<Record<string, string>> = {}) =>
  Effect.orDie(
    HttpServerResponse.schemaJson(refusal)(value, { status: HttpApiSchema.getStatusError(refusal), headers })
  )

/** Checks the caller first: a stranger does not learn which addresses there are. */
const noRoute = (authenticate: Authenticate) =>
  Effect.gen(function*() {
    yield* authenticate
    const request = yield* HttpServerRequest.HttpServerRequest
    const path = request.url.replace(/[?#].*$/s, "")
    const allowed = routes.filter(({ pattern }) => pattern.test(path)).map(({ method }) => method)
    const allow = [...allowed, ...allowed.includes("GET") ? ["HEAD"] : [], "OPTIONS"]
    // A path that looks like an address, but has a segment that cannot be decoded, is none.
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

const routes: Array<{ readonly method: string; readonly pattern: RegExp }> = []
HttpApi.reflect(Api, {
  onGroup: () => {},
  onEndpoint: ({ endpoint }) => {
    routes.push({ method: endpoint.method, pattern: new RegExp(`^${endpoint.path.replace(/:\w+/g, "[^/]+")}$`) })
  }
})
