import * as HttpApp from "@effect/platform/HttpApp"
import * as HttpServerResponse from "@effect/platform/HttpServerResponse"
import type * as Headers from "@effect/platform/Headers"
import { Effect, Redacted } from "effect"
import { createHash, timingSafeEqual } from "node:crypto"
import { Unauthorized } from "./refusals.ts"

/** A token, and what its bearer is known as or may do. */
export interface TokenOf<A> {
  readonly token: Redacted.Redacted
  readonly bearer: A
}

/** True for a text that can stand in an Authorization header as it is. */
export const isToken = (text: string): boolean => /^[!-~]+$/.test(text)

/**
 * Finds the bearer of the token in a request's headers; null for none and for an unknown one.
 *
 * Compares the digests of all tokens, so that the time it takes reveals nothing about them.
 */
export const bearerOf = <A>(tokens: ReadonlyArray<TokenOf<A>>): (headers: Headers.Headers) => A | null => {
  const known = tokens.map(({ bearer, token }) => ({ bearer, digest: digest(Redacted.value(token)) }))
  return (headers) => {
    const [, given] = /^Bearer +(\S+) *$/i.exec(headers["authorization"] ?? "") ?? []
    const presented = digest(given ?? "")
    let found: A | null = null
    for (const each of known) {
      if (timingSafeEqual(each.digest, presented)) found = each.bearer
    }
    return given === undefined ? null : found
  }
}

const digest = (text: string) => createHash("sha256").update(text).digest()

/** Refuses a request without a known token, and says how to bring one. */
export const refuseUnauthorized = Effect.zipRight(
  HttpApp.appendPreResponseHandler((_, response) =>
    Effect.succeed(HttpServerResponse.setHeader(response, "www-authenticate", "Bearer"))
  ),
  new Unauthorized()
)
