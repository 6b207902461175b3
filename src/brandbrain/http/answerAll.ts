import * as HttpApi from "@effect/platform/HttpApi"
import type * as HttpApp from "@effect/platform/HttpApp"
import * as HttpServerRequest from "@effect/platform/HttpServerRequest"
import * as HttpServerResponse from "@effect/platform/HttpServerResponse"
import { Cause, Effect } from "effect"
import { Api } from "./api.ts"
import type { Authenticate } from "./authenticate.ts"
import { invalid } from "./readBody.ts"

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
      if (isTagged(failure, "HttpApiDecodeError")) {
        return refusal(400, { error: "invalid_request", issues: invalid(issuesOf(failure)).issues })
      }
      return isTagged(failure, "RouteNotFound")
        ? notFound(authenticate)
        : Effect.zipRight(
          Effect.logError("A request failed unexpectedly", cause),
          refusal(500, { error: "internal_error" })
        )
    })

const isTagged = (value: unknown, tag: string): value is { readonly _tag: string } =>
  typeof value === "object" && value !== null && "_tag" in value && value._tag === tag

const issuesOf = (error: unknown) =>
  (error as { readonly issues: ReadonlyArray<{ readonly path: ReadonlyArray<PropertyKey>; readonly message: string }> })
    .issues

const refusal = (status: number, body: object, headers: Readonly<Record<string, string>> = {}) =>
  Effect.orDie(HttpServerResponse.json(body, { status, headers }))

/** Says that there is no such address only to a caller that would be answered. */
const notFound = (authenticate: Authenticate) =>
  Effect.gen(function*() {
    yield* authenticate
    const request = yield* HttpServerRequest.HttpServerRequest
    const path = request.url.replace(/[?#].*$/s, "")
    const allowed = routes.filter(({ pattern }) => pattern.test(path)).map(({ method }) => method)
    const allow = [...allowed, ...allowed.includes("GET") ? ["HEAD"] : [], "OPTIONS"]
    // A path that looks like an address, but has a segment that cannot be decoded, is none.
    const isAddress = allowed.length > 0 && (request.method === "OPTIONS" || !allow.includes(request.method))
    if (!isAddress) return yield* refusal(404, { error: "not_found" })
    const headers = { allow: allow.join(", ") }
    return request.method === "OPTIONS"
      ? HttpServerResponse.empty({ status: 204, headers })
      : yield* refusal(405, { error: "method_not_allowed", allowed: allow }, headers)
  }).pipe(
    Effect.catchTags({
      unauthorized: () => refusal(401, { error: "unauthorized" }),
      forbidden: ({ message }) => refusal(403, { error: "forbidden", message })
    })
  )

const routes: Array<{ readonly method: string; readonly pattern: RegExp }> = []
HttpApi.reflect(Api, {
  onGroup: () => {},
  onEndpoint: ({ endpoint }) => {
    routes.push({ method: endpoint.method, pattern: new RegExp(`^${endpoint.path.replace(/:\w+/g, "[^/]+")}$`) })
  }
})
