import { Config, ConfigError, Context, Either, Layer, Option, Redacted } from "effect"
import type { Capability, CapVariable } from "./capability.ts"
import { capabilities, capVariables, registry } from "./capability.ts"

/** What an operator can set. */
export interface Settings {
  readonly caps: Readonly<Record<CapVariable, number>>
  /** Turns on the capability that nobody has validated yet. */
  readonly linkedinProfilePosts: boolean
  /** How much evidence a bundle may hold over all platforms. */
  readonly maxNormalizedItems: number
  /** How old, in hours, a run may be and still be used again. */
  readonly apifyRunTtlHours: number
  /** From how many sources of a brand is gathered at the same time, each with a run of its own. */
  readonly sourcesAtATime: number
  readonly apifyToken: Option.Option<Redacted.Redacted>
  readonly apifyBaseUrl: string
}

/** The settings of this process. */
export class BrandBrainConfig extends Context.Tag("holdfast/brandbrain/BrandBrainConfig")<
  BrandBrainConfig,
  Settings
>() {}

/** How many items one run of the capability may gather. */
export const capOf = (settings: Settings, capability: Capability): number =>
  settings.caps[registry[capability].capVariable]

/** Whether sources of the capability are gathered from at all. */
export const isEnabled = (settings: Settings, capability: Capability): boolean =>
  !registry[capability].unvalidated || settings.linkedinProfilePosts

/** A variable that is empty is as good as not set, as a shell script leaves it. */
export const unlessEmpty = (name: string, otherwise: string) =>
  Config.string(name).pipe(Config.withDefault(""), Config.map((text) => text.trim() === "" ? otherwise : text))

/** A number that is set must make sense: a cap of 0 or "ten" is a mistake, not a wish for the default. */
const positiveInteger = (name: string, otherwise: number): Config.Config<number> =>
  unlessEmpty(name, String(otherwise)).pipe(
    Config.mapOrFail((text) => {
      const number = /^\d{1,9}$/.test(text.trim()) ? Number(text) : 0
      return number > 0
        ? Either.right(number)
        : Either.left(
          ConfigError.InvalidData([name], `${name} must be a positive integer, but is ${JSON.stringify(text)}`)
        )
    })
  )

const defaultCaps = Object.fromEntries(
  capabilities.map((capability) => [registry[capability].capVariable, registry[capability].defaultCap])
) as Record<CapVariable, number>

const caps = Config.all(
  Object.fromEntries(capVariables.map((name) => [name, positiveInteger(name, defaultCaps[name])])) as Record<
    CapVariable,
    Config.Config<number>
  >
)

const baseUrl = unlessEmpty("APIFY_BASE_URL", "https://api.apify.com").pipe(
  Config.mapOrFail((text) =>
    /^https?:\/\//i.test(text) && URL.canParse(text)
      ? Either.right(text.replace(/\/+$/, ""))
      : Either.left(ConfigError.InvalidData(["APIFY_BASE_URL"], "APIFY_BASE_URL must be an http or https address"))
  )
)

/** An empty token is how a shell script says that there is none; a file's last newline is no part of one. */
const token = Config.string("APIFY_TOKEN").pipe(
  Config.map((text) => text.trim()),
  Config.mapOrFail((text) =>
    /^[!-~]*$/.test(text)
      ? Either.right(text === "" ? Option.none() : Option.some(Redacted.make(text)))
      : Either.left(
        ConfigError.InvalidData(["APIFY_TOKEN"], "APIFY_TOKEN may hold only printable ASCII characters and no spaces")
      )
  ),
  Config.withDefault(Option.none())
)

/** The settings as they are described to `Config`: every variable, its default and what it allows. */
export const config: Config.Config<Settings> = Config.all({
  caps,
  linkedinProfilePosts: Config.string("BRANDBRAIN_ENABLE_LINKEDIN_PROFILE_POSTS").pipe(
    Config.map((text) => ["true", "1", "yes", "on"].includes(text.trim().toLowerCase())),
    Config.withDefault(false)
  ),
  maxNormalizedItems: positiveInteger("BRANDBRAIN_MAX_NORMALIZED_ITEMS", 40),
  apifyRunTtlHours: positiveInteger("BRANDBRAIN_APIFY_RUN_TTL_HOURS", 24),
  sourcesAtATime: positiveInteger("BRANDBRAIN_SOURCES_AT_A_TIME", 4),
  apifyToken: token,
  apifyBaseUrl: baseUrl
})

/** The settings from the environment. Fails at start, naming the variable, when one makes no sense. */
export const layer: Layer.Layer<BrandBrainConfig, ConfigError.ConfigError> = Layer.effect(
  BrandBrainConfig,
  config
)
