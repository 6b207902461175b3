import type { Answers } from "../brands/answers.ts"
import type { Overrides } from "../brands/Overrides.ts"
import type { Source } from "../brands/Source.ts"
import { canonicalJson, hashJson } from "../json/canonicalJson.ts"

/** Everything that decides the result of a compile, except the evidence. */
export interface CompileInputs {
  readonly answers: Answers
  readonly overrides: Overrides
  /** The enabled ones. */
  readonly sources: ReadonlyArray<Source>
  readonly promptVersion: string
  readonly model: string
  /** The `identity` of the synthesizer. */
  readonly synthesizer: string
}

/** SHA-256 of the inputs. Equal inputs with fresh evidence need no second compile. */
export const inputHash = (inputs: CompileInputs): string =>
  hashJson({
    answers: inputs.answers,
    overrides: inputs.overrides.overrides,
    pinned_paths: [...inputs.overrides.pinned_paths].sort(),
    sources: inputs.sources
      .map(({ extraStartUrls, identifier, source }) => ({ source, identifier, extra_start_urls: extraStartUrls }))
      .map(canonicalJson)
      .sort(),
    prompt_version: inputs.promptVersion,
    model: inputs.model,
    synthesizer: inputs.synthesizer
  })
