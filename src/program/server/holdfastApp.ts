import { Effect, Exit, Option, Redacted, Scope } from "effect"
import { randomBytes } from "node:crypto"
import type { HttpSettings } from "../../cli/httpSettings.ts"
import { byToken } from "../../http/server/authorize.ts"
import type { Options } from "../../http/server/options.ts"
import { make } from "../../http/server/make.ts"
import { formatAddress, isLoopback } from "../../web/loopback.ts"

/** The kind of the database, the address of the server, whom Holdfast answers there, and whether they may only look. */
export type HoldfastSettings =
  & Pick<HttpSettings, "host" | "origins" | "readToken" | "showPayloads" | "token">
  & Pick<Options, "database">
  & { readonly readOnly?: boolean }

/**
 * Makes Holdfast's API by the settings. Without a token it makes one for this run. `linkTo` is the address of the
 * page on a port, with that token in the fragment, which no browser sends; none where the token was given. Run
 * `endEvents` before the server ends: answers that carry events would go on for all of its grace.
 */
export const holdfastApp = (settings: HoldfastSettings, also: Pick<Options, "metrics"> = {}) =>
  Effect.gen(function*() {
    const { database, host, origins, readOnly = false, readToken, showPayloads, token } = settings
    const full = Option.getOrElse(token, makeToken)
    const tokens = { full, read: Option.getOrUndefined(readToken) }
    const events = yield* Effect.acquireRelease(Scope.make(), (scope) => Scope.close(scope, Exit.void))
    const http = yield* make({
      ...readOnly ? { authorize: Effect.as(byToken(tokens), "read" as const) } : { tokens },
      hidePayloads: !showPayloads,
      loopbackOnly: isLoopback(host),
      origins,
      ...database === undefined ? {} : { database },
      ...also
    }).pipe(Scope.extend(events))
    const pageOn = (port: number) => `http://${formatAddress(host, port)}${http.prefix}/`
    return {
      http,
      endEvents: Scope.close(events, Exit.void),
      pageOn,
      linkTo: (port: number) =>
        Option.isSome(token) ? Option.none() : Option.some(`${pageOn(port)}#token=${Redacted.value(full)}`)
    }
  })

/** 256 bits. */
const makeToken = () => Redacted.make(randomBytes(32).toString("base64url"))
