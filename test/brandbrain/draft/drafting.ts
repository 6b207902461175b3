import { Effect, TestContext } from "effect"
import { synthesise } from "../../../src/brandbrain/draft/synthesise.ts"
import type { DraftInput } from "../../../src/brandbrain/draft/synthesise.ts"
import { languageLibrary } from "../../../src/brandbrain/language/languageLibrary.ts"
import { readBundle } from "../../../src/brandbrain/subjects/readBundle.ts"

const library = await Effect.runPromise(languageLibrary)

/** The draft that the rules write, at once: on a test's clock a turn for others takes no time. */
export const drafted = (input: DraftInput) =>
  Effect.runSync(
    Effect.map(readBundle(input, library), (reading) => synthesise(input, reading)).pipe(
      Effect.provide(TestContext.TestContext)
    )
  )
