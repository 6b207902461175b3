import { Effect, Either, Redacted } from "effect"
import type { JobSummary } from "../../index.ts"
import { InvalidOption } from "../../index.ts"
import { isToken } from "../../web/bearer.ts"
import { isOrigin } from "../../web/origin.ts"
import type { Hides } from "../handlers/jobViews.ts"
import { builtPage } from "../shipped.ts"
import type { Addresses, Authorize, Tokens } from "./authorize.ts"
import { byToken, checked } from "./authorize.ts"

/** The options of Holdfast's HTTP API. Give either `tokens` or `authorize`: it is closed otherwise. */
export interface Options {
  /** The path under which the page and the API are. `/holdfast` unless given. */
  readonly prefix?: string
  /** Tokens for `Authorization: Bearer <token>`: `full` may do all, `read` only what changes nothing. */
  readonly tokens?: Tokens
  /**
   * The app's own check of a request, run before anything of it is read. Fails with `Unauthorized` or `Forbidden`,
   * or answers what the caller may do.
   */
  readonly authorize?: Authorize
  /**
   * True hides every job's payload, progress, result and texts of errors; a function those of the jobs for which it
   * answers true. It is given no JSON, which a list does not read. None are hidden unless given.
   */
  readonly hidePayloads?: boolean | ((job: JobSummary) => boolean)
  /** True where the server listens on this machine only: requests by another host name are refused. False unless given. */
  readonly loopbackOnly?: boolean
  /** Origins under which a proxy shows the page, as in `https://ops.example.com`, beside the server's own. */
  readonly origins?: ReadonlyArray<string>
  /** The kind of database, for people to see. */
  readonly database?: "sqlite" | "postgresql"
  /** Most callers that read the events at once, from 1 to 1000. 20 unless given. */
  readonly eventClients?: number
  /** The folder of the page. That which the package ships, unless given. */
  readonly page?: string
  /** Renders `/metrics`, which is not there unless given. */
  readonly metrics?: Effect.Effect<string>
  /** Further reasons for which this server is not ready, a sentence for each. */
  readonly unready?: Effect.Effect<ReadonlyArray<string>>
}

/** The options, checked. */
export interface Settings {
  readonly prefix: string
  readonly authorize: Authorize
  readonly hides: Hides
  readonly payloads: boolean
  /** False where texts of errors are hidden, since a search for one would tell them letter by letter. */
  readonly searchesErrors: boolean
  readonly database: "sqlite" | "postgresql" | null
  readonly eventClients: number
  readonly page: string
  readonly metrics: Effect.Effect<string> | undefined
  readonly unready: Effect.Effect<ReadonlyArray<string>>
}

/** Checks the options, or names the one that does not fit. */
export const settingsOf = (options: Options): Either.Either<Settings, InvalidOption> =>
  Either.gen(function*() {
    const { eventClients = 20, hidePayloads = false } = options
    if (!Number.isInteger(eventClients) || eventClients < 1 || eventClients > 1000) {
      return yield* refused("eventClients", String(eventClients), "a whole number from 1 to 1000")
    }
    return {
      prefix: yield* prefixOf(options.prefix ?? "/holdfast"),
      authorize: checked(yield* authorizeOf(options), yield* addressesOf(options)),
      hides: typeof hidePayloads === "function" ? hidePayloads : () => hidePayloads,
      payloads: hidePayloads !== true,
      searchesErrors: hidePayloads === false,
      database: options.database ?? null,
      eventClients,
      page: options.page ?? builtPage,
      metrics: options.metrics,
      unready: options.unready ?? Effect.succeed([])
    }
  })

const refused = (option: string, given: string, allowed: string) =>
  Either.left(new InvalidOption({ option, given, allowed }))

const prefixOf = (prefix: string) =>
  /^(?:\/[\w.~-]+)+$/.test(prefix)
    ? Either.right(prefix)
    : refused(
      "prefix",
      JSON.stringify(prefix),
      "a path as in /holdfast or /admin/jobs: letters, digits and . _ ~ - between slashes"
    )

const authorizeOf = ({ authorize, tokens }: Options) => {
  if ((tokens === undefined) === (authorize === undefined)) {
    return refused("tokens and authorize", tokens === undefined ? "neither" : "both", "one of the two")
  }
  if (authorize !== undefined) return Either.right(authorize)
  for (const [name, token] of Object.entries(tokens ?? {})) {
    // The text is a secret.
    if (token !== undefined && !isToken(Redacted.value(token as Redacted.Redacted))) {
      return refused(`tokens.${name}`, "something else", "ASCII letters, digits and signs, without spaces")
    }
  }
  if (tokens?.read !== undefined && Redacted.value(tokens.read) === Redacted.value(tokens.full)) {
    return refused("tokens.read", "the full token", "another one")
  }
  return tokens === undefined ? refused("tokens", "none", "tokens") : Either.right(byToken(tokens))
}

const addressesOf = ({ loopbackOnly = false, origins = [] }: Options): Either.Either<Addresses, InvalidOption> => {
  const wrong = origins.find((origin) => !isOrigin(origin))
  return wrong === undefined
    ? Either.right({ loopbackOnly, origins })
    : refused("origins", JSON.stringify(wrong), "origins as in https://ops.example.com, without a path")
}
