import { Clock, Effect, Option } from "effect"
import type { Source } from "../brands/Source.ts"
import { BrandBrainConfig, isEnabled } from "../config/BrandBrainConfig.ts"
import { ApifyRuns } from "../gather/ApifyRuns.ts"
import { judgeFreshness } from "../gather/freshness.ts"
import { disabledReason, ingestSource } from "../gather/ingestSource.ts"
import type { Ingested } from "../gather/ingestSource.ts"
import { normaliseRun } from "../gather/normaliseRun.ts"
import type { CompilePayload } from "./CompileJob.ts"
import type { Outcome } from "./EvidenceStatus.ts"

/** Brings a source's evidence up to date: skips a disabled source, reuses a fresh run, and gathers otherwise. */
export const refreshSource = Effect.fn("refreshSource")(function*(source: Source, payload: CompilePayload) {
  const settings = yield* BrandBrainConfig
  if (!isEnabled(settings, source.source)) {
    return skipped(source, disabledReason(source))
  }
  const runs = yield* ApifyRuns
  const newest = Option.getOrNull(yield* runs.newestSucceeded(source.id))
  const verdict = judgeFreshness({
    finishedAt: newest?.finished_at ?? null,
    now: yield* Clock.currentTimeMillis,
    ttlHours: settings.apifyRunTtlHours,
    forceRefresh: payload.force_refresh
  })
  // A run of this compile is not a cached one: an earlier attempt made it and stopped before it recorded the outcome.
  if (verdict.fresh && newest !== null && newest.compile_run_id !== payload.compile_run_id) {
    const { created, updated } = yield* normaliseRun(source, newest.id)
    return {
      status: "reused",
      entry: {
        source: source.source,
        reason: verdict.reason,
        run_age_hours: verdict.ageHours,
        apify_run_id: newest.id,
        normalized_created: created,
        normalized_updated: updated
      }
    } satisfies Outcome
  }
  yield* Effect.logInfo("Gathering from a source").pipe(
    Effect.annotateLogs({ source: source.source, reason: verdict.reason })
  )
  const ingested = yield* ingestSource({
    source,
    compileRunId: payload.compile_run_id,
    reason: verdict.reason,
    forced: payload.force_refresh
  })
  return outcomeOf(source, ingested)
})

const outcomeOf = (source: Source, ingested: Ingested): Outcome => {
  switch (ingested._tag) {
    case "Disabled":
      return skipped(source, ingested.reason)
    case "Succeeded":
      return {
        status: "refreshed",
        entry: {
          source: source.source,
          reason: ingested.reason,
          apify_run_id: ingested.apifyRunId,
          apify_run_status: "succeeded",
          raw_items_count: ingested.rawItems,
          normalized_created: ingested.created,
          normalized_updated: ingested.updated
        }
      }
    case "Failed":
      return {
        status: "failed",
        entry: {
          source: source.source,
          reason: ingested.reason,
          error: ingested.error,
          apify_run_id: ingested.apifyRunId,
          apify_run_status: ingested.status
        }
      }
  }
}

const skipped = (source: Source, reason: string): Outcome => ({
  status: "skipped",
  entry: { source: source.source, reason }
})
