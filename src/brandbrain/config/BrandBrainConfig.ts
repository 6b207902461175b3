import { Config, ConfigError, Context, Either, Layer, Option, Redacted } from "effect"
import { capabilities, capVariables, registry } from "./capability.ts"
import type { Capability, CapVariable } from "./capability.ts"

/** The settings that an operator can change. */
export interface Settings {
  readonly caps: Readonly<Record<CapVariable, number>>
  /** Enables the one capability that is not validated yet. */
  readonly linkedinProfilePosts: boolean
  /** The most items in a bundle. */
  readonly maxNormalizedItems: number
  /** The age in hours up to which a run is reused. */
  readonly apifyRunTtlHours: number
  /** The number of sources of a brand that are gathered from at the same time. */
  readonly sourcesAtATime: number
  readonly apifyToken: Option.Option<Redacted.Redacted>
  readonly apifyBaseUrl: string
}

/** The settings of this process. */
export class BrandBrainConfig extends Context.Tag("holdfast/brandbrain/BrandBrainConfig")<
  BrandBrainConfig,
  Settings
>() {}

/** The most items that one run of the capability may gather. */
export const capOf = (settings: Settings, capability: Capability): number =>
  settings.caps[registry[capability].capVariable]

/** True if sources of the capability are gathered from. */
export const isEnabled = (settings: Settings, capability: Capability): boolean =>
  !registry[capability].unvalidated || settings.linkedinProfilePosts

/** The variable, or the default if it is empty: shell scripts leave unset variables empty. */
export const unlessEmpty = (name: string, otherwise: string) =>
  Config.string(name).pipe(Config.withDefault(""), Config.map((text) => text.trim() === "" ? otherwise : text))

/** Fails for a number like 0 or "ten", which is a mistake and not a wish for the default. */
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

/** An empty token counts as none. Trimmed, since a token read from a file ends in a newline. */
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

/** Every variable with its default and its check. */
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

/** The settings from the environment. Fails at the start, and names the variable, if one is not valid. */
export const layer: Layer.Layer<BrandBrainConfig, ConfigError.ConfigError> = Layer.effect(
  BrandBrainConfig,
  config
)
