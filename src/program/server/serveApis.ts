import { Effect } from "effect"
import { makeApp } from "../../brandbrain/http/server/app.ts"
import type { HttpSettings } from "../../brandbrain/http/server/HttpSettings.ts"
import { formatAddress } from "../../web/loopback.ts"
import type { Listener } from "./listen.ts"
import { serve } from "./serve.ts"

/** Serves BrandBrain's API on an open port until the scope closes. */
export const serveApis = (listener: Listener, { host, tokens }: HttpSettings) =>
  Effect.gen(function*() {
    const port = yield* serve(listener, yield* makeApp(tokens))
    yield* Effect.annotateLogs(Effect.logInfo(`The API listens on http://${formatAddress(host, port)}/api`), {
      documentation: "/api/docs"
    })
  })
