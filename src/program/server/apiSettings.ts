import type { Duration } from "effect"
import { ConfigError, Effect, Option, Redacted } from "effect"
import type { TenantToken } from "../../brandbrain/http/server/HttpSettings.ts"
import { tenantTokens, unlessOpen } from "../../brandbrain/http/server/HttpSettings.ts"
import type { Flags } from "../../cli/flags.ts"
import type { HttpSettings } from "../../cli/httpSettings.ts"
import { httpSettings } from "../../cli/httpSettings.ts"
import type { Settings } from "../../cli/settings.ts"

/** The address of the server, and whom each of its two APIs answers. */
export interface ApiSettings extends HttpSettings {
  readonly port: number
  readonly grace: Duration.Duration
  readonly database: "sqlite" | "postgresql"
  /** BrandBrain's. */
  readonly tokens: ReadonlyArray<TenantToken>
}

/** Reads what the APIs need, or says which of it would open one of them to those who may not ask. */
export const apiSettings = (
  flags: Flags,
  port: number,
  { database: { database }, shutdownGrace }: Settings
): Effect.Effect<ApiSettings, ConfigError.ConfigError> =>
  Effect.gen(function*() {
    const tokens = yield* tenantTokens
    const settings = yield* httpSettings(Option.flatMap(flags.http, ({ host }) => host))
    const { host } = yield* unlessOpen({ host: settings.host, tokens }, settings.hostGivenBy)
    const tenants = new Set(tokens.map(({ token }) => Redacted.value(token)))
    for (
      const [name, token] of [["HOLDFAST_HTTP_TOKEN", settings.token], [
        "HOLDFAST_HTTP_READ_TOKEN",
        settings.readToken
      ]] as const
    ) {
      if (Option.isSome(token) && tenants.has(Redacted.value(token.value))) {
        return yield* Effect.fail(ConfigError.InvalidData(
          [name],
          `${name}: it is one of HTTP_TOKENS, whose bearers may see brands and not jobs; set another one`
        ))
      }
    }
    return { ...settings, host, tokens, port, grace: shutdownGrace, database }
  })
