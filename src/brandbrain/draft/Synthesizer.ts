import { Context, Effect, Layer, Schema } from "effect"
import type { Draft } from "./Draft.ts"
import { languageLibrary } from "../language/languageLibrary.ts"
import { readBundle } from "../language/readBundle.ts"
import { synthesise } from "./synthesise.ts"
import type { DraftInput } from "./synthesise.ts"

/** No draft could be written. The compile fails, and its job decides whether there is another attempt. */
export class SynthesisFailed extends Schema.TaggedError<SynthesisFailed>()("SynthesisFailed", {
  model: Schema.String,
  reason: Schema.String
}) {
  override get message() {
    return `${this.model} wrote no draft: ${this.reason}`
  }
}

/** Whoever turns answers and evidence into a draft. */
export class Synthesizer extends Context.Tag("holdfast/brandbrain/Synthesizer")<Synthesizer, {
  /** Writes the draft. `model` and `promptVersion` are the compile's; by rule, they change nothing. */
  readonly draft: (
    input: DraftInput & { readonly model: string; readonly promptVersion: string }
  ) => Effect.Effect<Draft, SynthesisFailed>
}>() {}

/** Writes by rule, without a model: the same input gives the same draft. */
export const layerByRule: Layer.Layer<Synthesizer> = Layer.succeed(Synthesizer, {
  draft: Effect.fn("Synthesizer.byRule")(function*(input) {
    return synthesise(input, yield* readBundle(input, yield* languageLibrary))
  })
})
