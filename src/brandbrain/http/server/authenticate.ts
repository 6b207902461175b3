import * as HttpApp from "@effect/platform/HttpApp"
import * as HttpServerRequest from "@effect/platform/HttpServerRequest"
import * as HttpServerResponse from "@effect/platform/HttpServerResponse"
import { Effect, Redacted } from "effect"
import { createHash, timingSafeEqual } from "node:crypto"
import { defaultTenant } from "../../brands/Brands.ts"
import { Forbidden, Unauthorized } from "../../../web/refusals.ts"
import { isLoopback } from "./HttpSettings.ts"
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

/** Compares the digests of all tokens, so that the time it takes reveals nothing about them. */
const byToken = (tokens: ReadonlyArray<TenantToken>): Authenticate => {
  const known = tokens.map(({ tenant, token }) => ({ tenant, digest: digest(Redacted.value(token)) }))
  return Effect.flatMap(HttpServerRequest.HttpServerRequest, ({ headers }) => {
    const [, given] = /^Bearer +(\S+) *$/i.exec(headers["authorization"] ?? "") ?? []
    const presented = digest(given ?? "")
    let tenant: string | null = null
    for (const each of known) {
      if (timingSafeEqual(each.digest, presented)) tenant = each.tenant
    }
    return given === undefined || tenant === null ? unauthorized : Effect.succeed({ id: tenant })
  })
}

const digest = (text: string) => createHash("sha256").update(text).digest()

const unauthorized = Effect.zipRight(
  HttpApp.appendPreResponseHandler((_, response) =>
    Effect.succeed(HttpServerResponse.setHeader(response, "www-authenticate", "Bearer"))
  ),
  new Unauthorized()
)

/**
 * Checks the host and the origin.
 *
 * Any page in a browser can send requests to this machine, and can point a host name of its own at it. Either would
 * compile at the owner's cost.
 */
const onThisMachine: Authenticate = Effect.flatMap(HttpServerRequest.HttpServerRequest, ({ headers }) => {
  const host = headers["host"] ?? ""
  if (!isLoopback(host.replace(/:\d*$/, ""))) {
    return new Forbidden({
      message: `The host is ${JSON.stringify(host.slice(0, 200))}; without HTTP_TOKENS ask 127.0.0.1 or localhost`
    })
  }
  const origin = headers["origin"]
  return origin === undefined || origin.toLowerCase() === `http://${host}`.toLowerCase()
    ? Effect.succeed({ id: defaultTenant })
    : new Forbidden({ message: "Without HTTP_TOKENS no page of another origin is answered" })
})
