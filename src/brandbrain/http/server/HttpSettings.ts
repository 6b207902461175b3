import { Config, ConfigError, Either, Redacted } from "effect"
import { isLoopback, withoutBrackets } from "../../../web/loopback.ts"
import { unlessEmpty } from "../../config/BrandBrainConfig.ts"

/** A token and its tenant. */
export interface TenantToken {
  readonly token: Redacted.Redacted
  readonly tenant: string
}

/** The address that the API listens on, and the tokens it accepts. */
export interface HttpSettings {
  readonly host: string
  /** Without tokens only this machine is answered, and there is one tenant. */
  readonly tokens: ReadonlyArray<TenantToken>
}

/** The tenant follows the last `=`. A problem is told by its position, since the text may be secret. */
const readTokens = (text: string): Either.Either<ReadonlyArray<TenantToken>, string> => {
  const tokens = new Map<string, TenantToken>()
  for (const [index, entry] of text.split(",").entries()) {
    const [, token = "", tenant = ""] = /^\s*([!-~]+)=([^=\s](?:[^=]*[^=\s])?)\s*$/.exec(entry) ?? []
    if (token === "") {
      return Either.left(
        `its entry ${
          index + 1
        } is not token=tenant; write token=tenant,token=tenant, a token of ASCII letters, digits and signs`
      )
    }
    if (tokens.has(token)) return Either.left(`its entry ${index + 1} has the token of one before it`)
    tokens.set(token, { token: Redacted.make(token), tenant })
  }
  return Either.right([...tokens.values()])
}

/** The tokens of HTTP_TOKENS. */
export const tenantTokens: Config.Config<ReadonlyArray<TenantToken>> = unlessEmpty("HTTP_TOKENS", "").pipe(
  Config.mapOrFail((text) =>
    text === ""
      ? Either.right([])
      : Either.mapLeft(
        readTokens(text),
        (problem) => ConfigError.InvalidData(["HTTP_TOKENS"], `HTTP_TOKENS: ${problem}`)
      )
  )
)

/** The settings, unless anyone could ask: `hostGivenBy` names the setting of the host. */
export const unlessOpen = (
  settings: HttpSettings,
  hostGivenBy: string
): Either.Either<HttpSettings, ConfigError.ConfigError> =>
  settings.tokens.length > 0 || isLoopback(settings.host)
    ? Either.right(settings)
    : Either.left(
      ConfigError.InvalidData(
        [hostGivenBy],
        `${hostGivenBy}: ${
          JSON.stringify(settings.host)
        } can be reached from other machines, and without HTTP_TOKENS anyone there `
          + "could ask; set HTTP_TOKENS, or write 127.0.0.1, ::1 or localhost"
      )
    )

export const httpSettings: Config.Config<HttpSettings> = Config.all({
  host: Config.map(unlessEmpty("HTTP_HOST", "127.0.0.1"), (host) => withoutBrackets(host.trim())),
  tokens: tenantTokens
}).pipe(Config.mapOrFail((settings) => unlessOpen(settings, "HTTP_HOST")))
