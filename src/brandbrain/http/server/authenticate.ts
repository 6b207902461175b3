import * as HttpServerRequest from "@effect/platform/HttpServerRequest"
import { Effect } from "effect"
import { bearerOf, refuseUnauthorized } from "../../../web/bearer.ts"
import { hostOf, isLoopback } from "../../../web/loopback.ts"
import { defaultTenant } from "../../brands/Brands.ts"
import { Forbidden } from "../../../web/refusals.ts"
import type { Unauthorized } from "../../../web/refusals.ts"
import type { TenantToken } from "./HttpSettings.ts"

/** Finds the tenant that a request comes from. */
export type Authenticate = Effect.Effect<
  { readonly id: string },
  Forbidden | Unauthorized,
  HttpServerRequest.HttpServerRequest
>

/** With tokens, a request must bring one of them. Without, it must come from a program on this machine. */
export const authenticate = (tokens: ReadonlyArray<TenantToken>): Authenticate =>
  tokens.length === 0 ? onThisMachine : byToken(tokens)

const byToken = (tokens: ReadonlyArray<TenantToken>): Authenticate => {
  const tenantOf = bearerOf(tokens.map(({ tenant, token }) => ({ token, bearer: tenant })))
  return Effect.flatMap(HttpServerRequest.HttpServerRequest, ({ headers }) => {
    const tenant = tenantOf(headers)
    return tenant === null ? refuseUnauthorized : Effect.succeed({ id: tenant })
  })
}

/**
 * Checks the host and the origin.
 *
 * Any page in a browser can send requests to this machine, and can point a host name of its own at it. Either would
 * compile at the owner's cost.
 */
const onThisMachine: Authenticate = Effect.flatMap(HttpServerRequest.HttpServerRequest, ({ headers }) => {
  const host = headers["host"] ?? ""
  if (!isLoopback(hostOf(host))) {
    return new Forbidden({
      message: `The host is ${JSON.stringify(host.slice(0, 200))}; without HTTP_TOKENS ask 127.0.0.1 or localhost`
    })
  }
  const origin = headers["origin"]
  return origin === undefined || origin.toLowerCase() === `http://${host}`.toLowerCase()
    ? Effect.succeed({ id: defaultTenant })
    : new Forbidden({ message: "Without HTTP_TOKENS no page of another origin is answered" })
})
