import * as HttpServerRequest from "@effect/platform/HttpServerRequest"
import type { Redacted } from "effect"
import { Effect } from "effect"
import { bearerOf, refuseUnauthorized } from "../../web/bearer.ts"
import { hostOf, isLoopback } from "../../web/loopback.ts"
import type { Unauthorized } from "../../web/refusals.ts"
import { Forbidden } from "../../web/refusals.ts"
import type { Access } from "../api/access.ts"

/** Tells what the caller of a request may do, or refuses it. */
export type Authorize = Effect.Effect<Access, Forbidden | Unauthorized, HttpServerRequest.HttpServerRequest>

/** The tokens that callers bring. */
export interface Tokens {
  readonly full: Redacted.Redacted
  readonly read?: Redacted.Redacted | undefined
}

/** Knows a caller by its token. */
export const byToken = ({ full, read }: Tokens): Authorize => {
  const accessOf = bearerOf<Access>([
    { token: full, bearer: "full" },
    ...read === undefined ? [] : [{ token: read, bearer: "read" as const }]
  ])
  return Effect.flatMap(HttpServerRequest.HttpServerRequest, ({ headers }) => {
    const access = accessOf(headers)
    return access === null ? refuseUnauthorized : Effect.succeed(access)
  })
}

/** Whom a request may come from, beside its caller. */
export interface Addresses {
  /** True where the server listens on this machine only: then nobody knows it by another name, but a page that attacks it. */
  readonly loopbackOnly: boolean
  /** Origins under which a proxy shows the page, as in `https://ops.example.com`. */
  readonly origins: ReadonlyArray<string>
}

/**
 * The same, and then for the address of the request and what it is to do.
 *
 * Any page in a browser can send requests here, and can point a host name of its own at this machine. Without the token it
 * is refused anyway; this stands also where the app's own check goes by cookies.
 */
export const checked = (authorize: Authorize, { loopbackOnly, origins }: Addresses): Authorize => {
  const known = new Set(origins.map((origin) => origin.toLowerCase()))
  const hosts = new Set(origins.map((origin) => new URL(origin).host))
  return Effect.gen(function*() {
    const { headers, method } = yield* HttpServerRequest.HttpServerRequest
    const host = (headers["host"] ?? "").toLowerCase()
    if (loopbackOnly && !isLoopback(hostOf(host)) && !hosts.has(host)) {
      return yield* new Forbidden({ message: `The host is ${shown(host)}; ask 127.0.0.1 or localhost` })
    }
    const origin = headers["origin"]?.toLowerCase()
    if (origin !== undefined && !known.has(origin) && !isOriginOf(host, origin)) {
      return yield* new Forbidden({
        message: `Origin ${
          origin.slice(0, 200)
        } is not allowed; add it to HOLDFAST_HTTP_ORIGINS, or the option origins, if it is yours`
      })
    }
    const access = yield* authorize
    return access === "full" || isSafe(method)
      ? access
      : yield* new Forbidden({ message: `The token may only read, and ${method} changes something` })
  })
}

const shown = (header: string) => JSON.stringify(header.slice(0, 200))

/** A proxy that speaks TLS passes the host on, and not that it does. */
const isOriginOf = (host: string, origin: string) =>
  host !== "" && (origin === `http://${host}` || origin === `https://${host}`)

const isSafe = (method: string) => method === "GET" || method === "HEAD" || method === "OPTIONS"
