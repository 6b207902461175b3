import { Context, Effect, Layer, Schema } from "effect"
import { languageLibrary } from "../language/languageLibrary.ts"
import { readBundle } from "../subjects/readBundle.ts"
import type { Draft } from "./Draft.ts"
import { synthesise } from "./synthesise.ts"
import type { DraftInput } from "./synthesise.ts"

/** No draft was written. The attempt fails, and the job decides whether to try again. */
export class SynthesisFailed extends Schema.TaggedError<SynthesisFailed>()("SynthesisFailed", {
  model: Schema.String,
  reason: Schema.String
}) {
  override get message() {
    return `${this.model} wrote no draft: ${this.reason}`
  }
}

/** Turns answers and evidence into a draft. */
export class Synthesizer extends Context.Tag("holdfast/brandbrain/Synthesizer")<Synthesizer, {
  /** Writes the draft. `model` and `promptVersion` are the compile's; the rules ignore them. */
  readonly draft: (
    input: DraftInput & { readonly model: string; readonly promptVersion: string }
  ) => Effect.Effect<Draft, SynthesisFailed>
}>() {}

/** Writes drafts by rule, without a model: the same input gives the same draft. */
export const layerByRule: Layer.Layer<Synthesizer> = Layer.succeed(Synthesizer, {
  draft: Effect.fn("Synthesizer.byRule")(function*(input) {
    return synthesise(input, yield* readBundle(input, yield* languageLibrary))
  })
})
