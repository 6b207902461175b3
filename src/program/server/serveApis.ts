import * as HttpServerRequest from "@effect/platform/HttpServerRequest"
import type * as HttpApp from "@effect/platform/HttpApp"
import { Effect, Exit, Option, Redacted, Scope } from "effect"
import { randomBytes } from "node:crypto"
import { makeApp } from "../../brandbrain/http/server/app.ts"
import type { Streams } from "../../cli/Streams.ts"
import type { HoldfastHttp } from "../../http/server/make.ts"
import { make } from "../../http/server/make.ts"
import { Gauges, metricsText } from "../../telemetry.ts"
import { formatAddress, isLoopback } from "../../web/loopback.ts"
import type { ApiSettings } from "./apiSettings.ts"
import type { Listener } from "./listen.ts"
import { serve } from "./serve.ts"

/** Serves BrandBrain's API and Holdfast's on an open port until the scope closes. */
export const serveApis = (listener: Listener, settings: ApiSettings, streams: Streams) =>
  Effect.gen(function*() {
    const { database, host, origins, readToken, showPayloads, tokens } = settings
    const brandbrain = yield* makeApp(tokens)
    const full = Option.getOrElse(settings.token, makeToken)
    // Closed at the end, and before that: answers that carry events would go on for all of the grace.
    const events = yield* Effect.acquireRelease(Scope.make(), (scope) => Scope.close(scope, Exit.void))
    const holdfast = yield* make({
      tokens: { full, read: Option.getOrUndefined(readToken) },
      hidePayloads: !showPayloads,
      loopbackOnly: isLoopback(host),
      origins,
      database,
      metrics: Effect.provideService(metricsText, Gauges, yield* Gauges)
    }).pipe(Scope.extend(events))
    const port = yield* serve(listener, sideBySide(holdfast, brandbrain))
    yield* Effect.addFinalizer(() => Scope.close(events, Exit.void))

    const url = `http://${formatAddress(host, port)}`
    yield* Effect.annotateLogs(Effect.logInfo(`The API listens on ${url}/api`), { documentation: "/api/docs" })
    yield* Effect.logInfo(`Holdfast's page and API: ${url}${holdfast.prefix}/`)
    if (Option.isNone(settings.token)) {
      yield* tell(streams, `${url}${holdfast.prefix}/#token=${Redacted.value(full)}`)
    }
  })

/** 256 bits. */
const makeToken = () => Redacted.make(randomBytes(32).toString("base64url"))

/** Past the log, which may be sent elsewhere. */
const tell = ({ out, screen, stderr }: Streams, address: string) =>
  Effect.sync(() =>
    void (Option.isSome(screen) ? out : stderr).write(
      `The page, with a token that was made for this run and is in no log: ${address}\n`
    )
  )

/** Holdfast's requests by their path. All others are BrandBrain's, which answers for what is nowhere, too. */
export const sideBySide = <R>(
  { app, prefix, probes }: HoldfastHttp,
  others: HttpApp.Default<never, R>
): HttpApp.Default<never, R | Scope.Scope> =>
  Effect.flatMap(HttpServerRequest.HttpServerRequest, ({ url }): HttpApp.Default<never, R | Scope.Scope> => {
    const path = url.replace(/[?#].*$/s, "")
    return path === prefix || path.startsWith(`${prefix}/`) ? app : probes.get(path) ?? others
  })
