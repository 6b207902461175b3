import { Effect, Either } from "effect"
import { ApifyRuns } from "./ApifyRuns.ts"
import { Evidence } from "../evidence/Evidence.ts"
import { counted } from "../draft/featureReport.ts"
import { normalise } from "../normalise/normaliseItem.ts"
import type { Source } from "../brands/Source.ts"

/** Normalises all that a run brought and saves it as evidence. Doing it again changes nothing. */
export const normaliseRun = Effect.fn("normaliseRun")(function*(source: Source, apifyRunId: string) {
  const raw = yield* (yield* ApifyRuns).rawItems(apifyRunId)
  const read = raw.map((text, index) =>
    normalise(source.source, JSON.parse(text), { apify_run_id: apifyRunId, item_index: index }, source)
  )
  const skipped = counted(read.flatMap((item) => Either.isLeft(item) ? [item.left] : []))
  if (skipped.length > 0) {
    yield* Effect.logWarning("Some raw items are no evidence").pipe(
      Effect.annotateLogs({ source: source.source, apifyRunId }),
      Effect.annotateLogs(Object.fromEntries(skipped.map(({ items, phrase }) => [phrase, items])))
    )
  }
  const items = read.flatMap((item) => Either.isRight(item) ? [item.right] : [])
  const { created, updated } = yield* (yield* Evidence).upsert(source, items)
  return { rawItems: raw.length, created, updated }
})
