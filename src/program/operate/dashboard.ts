import type * as HttpApp from "@effect/platform/HttpApp"
import * as HttpServerRequest from "@effect/platform/HttpServerRequest"
import * as HttpServerResponse from "@effect/platform/HttpServerResponse"
import { Console, Duration, Effect, Option } from "effect"
import { jsonText } from "../../cli/answer.ts"
import type { Address } from "../../cli/httpSettings.ts"
import { httpPort, httpSettings } from "../../cli/httpSettings.ts"
import { lastingSettings, queueToChange, queueToRead } from "../../cli/openQueue.ts"
import { besideHoldfast } from "../server/besideHoldfast.ts"
import { holdfastApp } from "../server/holdfastApp.ts"
import { listen } from "../server/listen.ts"
import { serve } from "../server/serve.ts"

/** The flags of the command as they were given. */
export interface DashboardFlags {
  readonly http: Option.Option<Address>
  readonly readOnly: boolean
  readonly json: boolean
}

/** The time for open requests at the end. The page asks again what was cut off. */
const grace = Duration.seconds(2)

/** Serves the page and the API of the database that the environment names, prints the link to it, and ends when it is told to. */
export const dashboard = ({ http, json, readOnly }: DashboardFlags) =>
  Effect.gen(function*() {
    const { database } = yield* lastingSettings
    const settings = yield* httpSettings(Option.flatMap(http, ({ host }) => host))
    const variable = yield* httpPort
    const port = Option.getOrElse(Option.orElse(Option.map(http, ({ port }) => port), () => variable), () => 0)
    const listener = yield* listen({ host: settings.host, port, grace })
    return yield* Effect.gen(function*() {
      const app = yield* holdfastApp({ ...settings, database: database.database, readOnly })
      const listensOn = yield* serve(listener, besideHoldfast(app.http, toThePage(app.http.prefix)))
      yield* Effect.addFinalizer(() => app.endEvents)
      const link = Option.getOrElse(app.linkTo(listensOn), () => app.pageOn(listensOn))
      yield* Console.log(json ? jsonText({ link, readOnly }) : `Open ${link}`)
      return yield* Effect.never
    }).pipe(Effect.scoped, Effect.provide(readOnly ? queueToRead : queueToChange))
  }).pipe(Effect.scoped)

/** A person who types the address alone wants the page. */
const toThePage = (prefix: string): HttpApp.Default =>
  Effect.map(HttpServerRequest.HttpServerRequest, ({ url }) =>
    /^\/(?:[?#]|$)/.test(url)
      ? HttpServerResponse.empty({ status: 302, headers: { location: `${prefix}/` } })
      : HttpServerResponse.empty({ status: 404 }))
