import { Effect, Option } from "effect"
import { makeApp } from "../../brandbrain/http/server/app.ts"
import type { Streams } from "../../cli/Streams.ts"
import { Gauges, metricsText } from "../../telemetry.ts"
import { formatAddress } from "../../web/loopback.ts"
import type { ApiSettings } from "./apiSettings.ts"
import { besideHoldfast } from "./besideHoldfast.ts"
import { holdfastApp } from "./holdfastApp.ts"
import type { Listener } from "./listen.ts"
import { serve } from "./serve.ts"

/** Serves BrandBrain's API and Holdfast's on an open port until the scope closes. */
export const serveApis = (listener: Listener, settings: ApiSettings, streams: Streams) =>
  Effect.gen(function*() {
    const brandbrain = yield* makeApp(settings.tokens)
    const metrics = Effect.provideService(metricsText, Gauges, yield* Gauges)
    const { endEvents, http, linkTo, pageOn } = yield* holdfastApp(settings, { metrics })
    const port = yield* serve(listener, besideHoldfast(http, brandbrain))
    yield* Effect.addFinalizer(() => endEvents)

    const url = `http://${formatAddress(settings.host, port)}`
    yield* Effect.annotateLogs(Effect.logInfo(`The API listens on ${url}/api`), { documentation: "/api/docs" })
    yield* Effect.logInfo(`Holdfast's page and API: ${pageOn(port)}`)
    yield* Option.match(linkTo(port), { onNone: () => Effect.void, onSome: (link) => tell(streams, link) })
  })

/** Past the log, which may be sent elsewhere. */
const tell = ({ out, screen, stderr }: Streams, address: string) =>
  Effect.sync(() =>
    void (Option.isSome(screen) ? out : stderr).write(
      `The page, with a token that was made for this run and is in no log: ${address}\n`
    )
  )
