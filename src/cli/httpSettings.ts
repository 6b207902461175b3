import { Config, ConfigError, Either, Option, Redacted } from "effect"
import { isToken } from "../web/bearer.ts"
import { isLoopback, withoutBrackets } from "../web/loopback.ts"
import { isOrigin } from "../web/origin.ts"
import type { Reader } from "./settings.ts"
import { port, variable, yesOrNo } from "./settings.ts"

/** An address to listen on, as far as it was given. */
export interface Address {
  readonly host: Option.Option<string>
  readonly port: number
}

/** Reads `<port>` or `<host>:<port>`, an IPv6 address in brackets. */
export const address: Reader<Address> = (text) => {
  const [, host, digits = text] = /^(\[[^\]]*\]|[^:]*):(\d+)$/.exec(text) ?? []
  if (host === "") {
    return Either.left(`${JSON.stringify(text)} has no host; leave out the colon, or write 127.0.0.1:3000`)
  }
  return Either.mapBoth(port(digits), {
    onLeft: (problem) =>
      text.includes(":") ? `${JSON.stringify(text)} is not [host:]port; an IPv6 address stands in brackets` : problem,
    onRight: (port) => ({ host: Option.map(Option.fromNullable(host), withoutBrackets), port })
  })
}

/** A setting, and the variable that gave it. */
interface Named<A> {
  readonly value: A
  readonly name: string
}

/** The setting under its name, or under its older one; two that differ are refused. */
const eitherName = <A>(name: string, older: string, read: Reader<A>): Config.Config<Option.Option<Named<A>>> => {
  const under = (name: string) =>
    variable(name, (text) => Either.map(read(text), (value) => Option.some({ value, name })), Option.none<Named<A>>())
  return Config.all([under(name), under(older)]).pipe(
    Config.mapOrFail(([given, before]) =>
      Option.isSome(given) && Option.isSome(before) && given.value.value !== before.value.value
        ? Either.left(
          ConfigError.InvalidData(
            [name],
            `${name}: it is ${JSON.stringify(given.value.value)}, and ${older}, its older name, is ${
              JSON.stringify(before.value.value)
            }; set one of them`
          )
        )
        : Either.right(Option.orElse(given, () => before))
    )
  )
}

/** The port of HTTP, if the environment asks for one. */
export const httpPort = Config.map(
  eitherName("HOLDFAST_HTTP_PORT", "HTTP_PORT", port),
  Option.map(({ value }) => value)
)

const host = eitherName("HOLDFAST_HTTP_HOST", "HTTP_HOST", (text) => Either.right(withoutBrackets(text)))

const token = (name: string) =>
  variable(
    name,
    // The text is a secret.
    (text) =>
      isToken(text) ? Either.right(Option.some(Redacted.make(text))) : Either.left(
        "it has a space or a character that is not ASCII; use letters, digits and signs, as \"openssl rand -hex 32\" prints them"
      ),
    Option.none<Redacted.Redacted>()
  )

const origins: Reader<ReadonlyArray<string>> = (text) => {
  const given = text.split(",").map((origin) => origin.trim())
  const wrong = given.find((origin) => !isOrigin(origin))
  return wrong === undefined
    ? Either.right(given)
    : Either.left(
      `${
        JSON.stringify(wrong)
      } is not an origin; write one as in https://ops.example.com, or several with a comma between`
    )
}

/** The address that HTTP is served on, and the tokens and origins that Holdfast accepts there. */
export interface HttpSettings {
  readonly host: string
  /** The flag or the variable that gave the host. */
  readonly hostGivenBy: string
  /** None: one is made for this run. */
  readonly token: Option.Option<Redacted.Redacted>
  readonly readToken: Option.Option<Redacted.Redacted>
  readonly showPayloads: boolean
  readonly origins: ReadonlyArray<string>
}

/** Read once it is known that HTTP is served. `given` is the host of the flag. */
export const httpSettings = (given: Option.Option<string>): Config.Config<HttpSettings> =>
  Config.all({
    host,
    token: token("HOLDFAST_HTTP_TOKEN"),
    readToken: token("HOLDFAST_HTTP_READ_TOKEN"),
    showPayloads: variable("HOLDFAST_HTTP_SHOW_PAYLOADS", yesOrNo, true),
    origins: variable("HOLDFAST_HTTP_ORIGINS", origins, [])
  }).pipe(Config.mapOrFail((read) => {
    const named = Option.orElse(Option.map(given, (value) => ({ value, name: "--http" })), () => read.host)
    const { name, value } = Option.getOrElse(named, () => ({ value: "127.0.0.1", name: "HOLDFAST_HTTP_HOST" }))
    const settings: HttpSettings = { ...read, host: value, hostGivenBy: name }
    const problem = problemOf(settings)
    return problem === undefined ? Either.right(settings) : Either.left(problem)
  }))

/** Random letters and digits of this length are about 80 bits or more, which nobody guesses over a network. */
const shortestToken = 16

const problemOf = ({ host, readToken, token }: HttpSettings) => {
  if (Option.isNone(token) && !isLoopback(host)) {
    return ConfigError.InvalidData(
      ["HOLDFAST_HTTP_TOKEN"],
      `HOLDFAST_HTTP_TOKEN: it is not set, and ${
        JSON.stringify(host)
      } can be reached from other machines; set it to a long random `
        + "text, or listen on 127.0.0.1, ::1 or localhost"
    )
  }
  for (
    const [name, given] of [["HOLDFAST_HTTP_TOKEN", token], ["HOLDFAST_HTTP_READ_TOKEN", readToken]] as const
  ) {
    if (isLoopback(host) || Option.isNone(given) || Redacted.value(given.value).length >= shortestToken) continue
    return ConfigError.InvalidData(
      [name],
      `${name}: it has fewer than ${shortestToken} characters, and ${
        JSON.stringify(host)
      } can be reached from other machines; use `
        + `at least ${shortestToken} characters, as "openssl rand -hex 32" prints them`
    )
  }
  const isSame = Option.isSome(token) && Option.isSome(readToken) &&
    Redacted.value(token.value) === Redacted.value(readToken.value)
  return isSame
    ? ConfigError.InvalidData(
      ["HOLDFAST_HTTP_READ_TOKEN"],
      "HOLDFAST_HTTP_READ_TOKEN: it is the same as HOLDFAST_HTTP_TOKEN, which may do all; set another one"
    )
    : undefined
}
