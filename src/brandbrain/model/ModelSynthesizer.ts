import * as HttpClient from "@effect/platform/HttpClient"
import { Effect, Layer, Option, Redacted } from "effect"
import { oneLine } from "../actors/PlatformFault.ts"
import { layerByRule, Synthesizer } from "../draft/Synthesizer.ts"
import { askModel } from "./askModel.ts"
import { checkEvidence, withStatements } from "./modelAnswer.ts"
import { ModelConfig } from "./ModelConfig.ts"
import { requestOf } from "./modelPrompt.ts"

/**
 * Has a model write what rules can only guess at, and the rules the rest.
 *
 * A model that cannot be asked, or whose answer cannot be used, fails no compile:
 * the rules' draft stands, with a warning in it and one in the log. The draft
 * says in `meta.synthesizer` who wrote it. Without a key the rules write all.
 */
export const layer: Layer.Layer<Synthesizer, never, ModelConfig | HttpClient.HttpClient> = Layer.effect(
  Synthesizer,
  Effect.gen(function*() {
    const rules = yield* Synthesizer
    const configured = yield* ModelConfig
    if (Option.isNone(configured)) return rules
    const settings = configured.value
    const client = yield* HttpClient.HttpClient
    const identity = `model ${settings.name} at ${addressOf(settings.baseUrl)}`
    const hideKey = (text: string) => text.replaceAll(Redacted.value(settings.apiKey), "[key]")
    return Synthesizer.of({
      identity,
      draft: Effect.fn("ModelSynthesizer.draft")(function*(input) {
        const { draft, writtenBy } = yield* rules.draft(input)
        // Without evidence there is nothing to ask the model, now or next time.
        if (input.bundle.length === 0) return { draft, writtenBy: identity }
        return yield* askModel(client, { ...settings, hideKey }, requestOf(settings.name, input)).pipe(
          Effect.mapError(({ reason, status }) =>
            reason.replace(/\bthe platform\b/i, "the model's server") + (status === null ? "" : ` (${status})`)
          ),
          Effect.flatMap((answer) => checkEvidence(answer, input)),
          Effect.map((answer) => {
            const { meta, ...fields } = withStatements(draft, answer)
            return {
              draft: { ...fields, meta: { ...meta, synthesizer: `model ${settings.name}` } },
              writtenBy: identity
            }
          }),
          Effect.catchAll((reason) =>
            Effect.logWarning("The model wrote no draft, so the rules did").pipe(
              Effect.annotateLogs({ model: settings.name, reason: oneLine(hideKey(reason), 300) }),
              Effect.as({
                draft: {
                  ...draft,
                  meta: {
                    ...draft.meta,
                    warnings: [
                      ...draft.meta.warnings,
                      `Written by rules, as the model ${settings.name} wrote nothing usable`
                    ]
                  }
                },
                writtenBy
              })
            )
          )
        )
      })
    })
  })
).pipe(Layer.provide(layerByRule))

/** The address of the API, without what may be secret in it. */
const addressOf = (baseUrl: string) => {
  const { host, pathname, protocol } = new URL(baseUrl)
  return `${protocol}//${host}${pathname}`
}
