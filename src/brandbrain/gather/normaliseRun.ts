import { Array, Effect, identity, Record } from "effect"
import type { Source } from "../brands/Source.ts"
import { Evidence } from "../evidence/Evidence.ts"
import { normaliseItem } from "../normalise/normaliseItem.ts"
import { ApifyRuns } from "./ApifyRuns.ts"

/** Normalises a run's raw items and saves them as evidence. Repeating it changes nothing. */
export const normaliseRun = Effect.fn("normaliseRun")(function*(source: Source, apifyRunId: string) {
  const raw = yield* (yield* ApifyRuns).rawItems(apifyRunId)
  const items = raw.map((text, index) =>
    normaliseItem(source.source, JSON.parse(text), { apify_run_id: apifyRunId, item_index: index }, source)
  )
  const skipped = Record.map(Array.groupBy(Array.getLefts(items), identity), ({ length }) => length)
  if (!Record.isEmptyRecord(skipped)) {
    yield* Effect.annotateLogs(Effect.logWarning("Skipped raw items that are not evidence"), {
      source: source.source,
      apifyRunId,
      ...skipped
    })
  }
  const { created, updated } = yield* (yield* Evidence).upsert(source, Array.getRights(items))
  return { rawItems: raw.length, created, updated }
})
