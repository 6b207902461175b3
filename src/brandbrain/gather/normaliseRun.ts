import { Array, Effect, identity, Record } from "effect"
import { ApifyRuns } from "./ApifyRuns.ts"
import { Evidence } from "../evidence/Evidence.ts"
import { normalise } from "../normalise/normaliseItem.ts"
import type { Source } from "../brands/Source.ts"

/** Normalises all that a run brought and saves it as evidence. Doing it again changes nothing. */
export const normaliseRun = Effect.fn("normaliseRun")(function*(source: Source, apifyRunId: string) {
  const raw = yield* (yield* ApifyRuns).rawItems(apifyRunId)
  const read = raw.map((text, index) =>
    normalise(source.source, JSON.parse(text), { apify_run_id: apifyRunId, item_index: index }, source)
  )
  const skipped = Record.map(Array.groupBy(Array.getLefts(read), identity), ({ length }) => length)
  if (!Record.isEmptyRecord(skipped)) {
    yield* Effect.annotateLogs(Effect.logWarning("Skipped raw items that are not evidence"), {
      source: source.source,
      apifyRunId,
      ...skipped
    })
  }
  const items = Array.getRights(read)
  const { created, updated } = yield* (yield* Evidence).upsert(source, items)
  return { rawItems: raw.length, created, updated }
})
