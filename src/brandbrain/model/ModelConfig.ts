import { Config, ConfigError, Context, Either, Layer, Option, Redacted } from "effect"
import { unlessEmpty } from "../config/BrandBrainConfig.ts"

/** The address, key and name of a language model that writes drafts. */
export interface ModelSettings {
  readonly apiKey: Redacted.Redacted
  readonly baseUrl: string
  readonly name: string
}

/** The model of this process; none unless a key for it is set. */
export class ModelConfig extends Context.Tag("holdfast/brandbrain/ModelConfig")<
  ModelConfig,
  Option.Option<ModelSettings>
>() {}

const invalid = (name: string, problem: string) => ConfigError.InvalidData([name], `${name} ${problem}`)

const apiKey = unlessEmpty("MODEL_API_KEY", "").pipe(
  Config.map((text) => text.trim()),
  Config.mapOrFail((text) =>
    /^[!-~]*$/.test(text)
      ? Either.right(text === "" ? Option.none() : Option.some(Redacted.make(text)))
      : Either.left(invalid("MODEL_API_KEY", "may hold only printable ASCII characters and no spaces"))
  )
)

const baseUrl = unlessEmpty("MODEL_BASE_URL", "https://api.openai.com/v1").pipe(
  Config.mapOrFail((text) =>
    /^https?:\/\//i.test(text.trim()) && URL.canParse(text.trim())
      ? Either.right(text.trim().replace(/\/+$/, ""))
      : Either.left(invalid("MODEL_BASE_URL", "must be an http or https address"))
  )
)

const name = Config.map(unlessEmpty("MODEL_NAME", "gpt-4o-mini"), (text) => text.trim())

/** The settings as they are described to `Config`. */
export const config: Config.Config<Option.Option<ModelSettings>> = Config.map(
  Config.all({ apiKey, baseUrl, name }),
  ({ apiKey, baseUrl, name }) => Option.map(apiKey, (apiKey) => ({ apiKey, baseUrl, name }))
)

/** The settings from the environment. */
export const layer: Layer.Layer<ModelConfig, ConfigError.ConfigError> = Layer.effect(ModelConfig, config)
