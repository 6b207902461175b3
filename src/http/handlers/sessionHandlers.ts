import * as HttpApiBuilder from "@effect/platform/HttpApiBuilder"
import * as OpenApi from "@effect/platform/OpenApi"
import { Clock, Effect } from "effect"
import { Caller } from "../api/access.ts"
import { HoldfastApi } from "../api/api.ts"
import { version } from "../../platform/version.ts"

/** The caller and the server. `address` is where the API is on it. */
export const sessionLive = (server: {
  readonly address: string
  readonly database: "sqlite" | "postgresql" | null
  readonly payloads: boolean
  readonly searchesErrors: boolean
}) => {
  const { address, database, payloads, searchesErrors } = server
  const document = { ...OpenApi.fromApi(HoldfastApi), servers: [{ url: address }] }
  return HttpApiBuilder.group(HoldfastApi, "session", (handlers) =>
    handlers
      .handle("get", () =>
        Effect.gen(function*() {
          const { access } = yield* Caller
          return { access, version, database, payloads, searchesErrors, now: yield* Clock.currentTimeMillis }
        }))
      .handle("document", () => Effect.succeed(document)))
}
