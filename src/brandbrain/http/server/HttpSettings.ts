import { Config, ConfigError, Either, Redacted } from "effect"
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

/** True for a name or address that only this machine can reach. */
export const isLoopback = (host: string): boolean =>
  /^(?:localhost|127(?:\.\d{1,3}){3}|\[?(?:::1|::ffff:127(?:\.\d{1,3}){3})\]?)$/i.test(host)

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

/** An IPv6 address without the brackets of a URL, which no socket takes. */
const withoutBrackets = (host: string) => /^\[(.*)\]$/.exec(host)?.[1] ?? host

export const httpSettings: Config.Config<HttpSettings> = Config.all({
  host: Config.map(unlessEmpty("HTTP_HOST", "127.0.0.1"), (host) => withoutBrackets(host.trim())),
  tokens: unlessEmpty("HTTP_TOKENS", "").pipe(
    Config.mapOrFail((text) =>
      text === ""
        ? Either.right([])
        : Either.mapLeft(readTokens(text), (problem) =>
          ConfigError.InvalidData(["HTTP_TOKENS"], `HTTP_TOKENS: ${problem}`))
    )
  )
}).pipe(
  Config.mapOrFail((settings) =>
    settings.tokens.length > 0 || isLoopback(settings.host)
      ? Either.right(settings)
      : Either.left(
        ConfigError.InvalidData(
          ["HTTP_HOST"],
          `HTTP_HOST: ${
            JSON.stringify(settings.host)
          } can be reached from other machines, and without HTTP_TOKENS anyone there `
            + "could ask; set HTTP_TOKENS, or write 127.0.0.1, ::1 or localhost"
        )
      )
  )
)
