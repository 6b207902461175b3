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

/** A draft, and the `identity` of the synthesizer that wrote it. */
export interface Written {
  readonly draft: Draft
  readonly writtenBy: string
}

/** Turns answers and evidence into a draft. */
export class Synthesizer extends Context.Tag("holdfast/brandbrain/Synthesizer")<Synthesizer, {
  /** The method, and the model if there is one. It is part of a compile's inputs, and never holds a key. */
  readonly identity: string
  /**
   * Writes the draft. `model` and `promptVersion` are the compile's; the rules ignore them.
   *
   * `writtenBy` differs from `identity` if another synthesizer had to stand in. The next compile then tries again.
   */
  readonly draft: (
    input: DraftInput & { readonly model: string; readonly promptVersion: string }
  ) => Effect.Effect<Written, SynthesisFailed>
}>() {}

/** Writes drafts by rule, without a model: the same input gives the same draft. */
export const layerByRule: Layer.Layer<Synthesizer> = Layer.succeed(Synthesizer, {
  identity: "rules",
  draft: Effect.fn("Synthesizer.byRule")(function*(input) {
    return { draft: synthesise(input, yield* readBundle(input, yield* languageLibrary)), writtenBy: "rules" }
  })
})
