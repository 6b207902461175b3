import type { CompilePayload, CompileProgress } from "./CompileJob.ts"
import { Clock, Effect, Option, Ref } from "effect"
import { ApifyRuns } from "../gather/ApifyRuns.ts"
import { BrandBrainConfig, isEnabled } from "../config/BrandBrainConfig.ts"
import { Brands } from "../brands/Brands.ts"
import { CompileRuns } from "./CompileRuns.ts"
import { draftSnapshot } from "./draftSnapshot.ts"
import type { Outcome } from "./EvidenceStatus.ts"
import { judgeFreshness } from "../gather/freshness.ts"
import { disabledReason, ingestSource } from "../gather/ingestSource.ts"
import { normaliseRun } from "../gather/normaliseRun.ts"
import { Snapshots } from "../snapshots/Snapshots.ts"
import type { Source } from "../brands/Source.ts"
import { Sources } from "../brands/Sources.ts"

/**
 * Compiles a brand: gathers from every source, then saves a snapshot of what the evidence says.
 *
 * This is one attempt of a job, and may be made again after a crash at any
 * point. What an earlier attempt recorded stands, its actor runs are resumed, and
 * a compile that has its snapshot only answers it. A source that fails does not
 * fail the compile. `report` is called as work goes on; its failure is ours.
 */
export const compileBrand = Effect.fn("compileBrand")(
  function*<E, R>(payload: CompilePayload, report: (progress: CompileProgress) => Effect.Effect<void, E, R>) {
    const { brand_id: brandId, compile_run_id: compileRunId } = payload
    const run = yield* (yield* CompileRuns).begin(brandId, compileRunId)
    const existing = yield* (yield* Snapshots).ofCompile(brandId, compileRunId)
    if (run.status === "SUCCEEDED" && Option.isSome(existing)) {
      return existing.value
    }

    const profile = yield* (yield* Brands).profile(brandId)
    const sources = yield* (yield* Sources).enabled(brandId)
    const total = { sources_total: sources.length }
    const remaining = sources.filter((source) => !Object.hasOwn(run.recorded_sources, source.id))
    const { sourcesAtATime } = yield* BrandBrainConfig
    const completed = yield* Ref.make(sources.length - remaining.length)
    yield* report({ stage: "gathering", sources_completed: yield* completed, ...total })
    yield* Effect.forEach(
      remaining,
      Effect.fn(function*(source) {
        const outcome = yield* refresh(source, payload)
        yield* logOutcome(outcome)
        yield* (yield* CompileRuns).record(compileRunId, source.id, outcome)
        const done = yield* Ref.updateAndGet(completed, (count) => count + 1)
        yield* report({ stage: "gathering", sources_completed: done, ...total })
      }),
      { concurrency: sourcesAtATime, discard: true }
    )

    yield* report({ stage: "drafting", sources_completed: sources.length, ...total })
    const snapshot = yield* draftSnapshot({ payload, profile, sources })
    yield* report({ stage: "done", sources_completed: sources.length, ...total })
    const { warnings } = snapshot.snapshot.meta
    yield* (warnings.length === 0 ? Effect.logInfo("Compiled a brand") : Effect.logWarning("Compiled a brand")).pipe(
      Effect.annotateLogs({ version: snapshot.version, ...warnings.length > 0 ? { warnings } : {} })
    )
    return snapshot
  },
  (effect, payload) => Effect.annotateLogs(effect, { brandId: payload.brand_id, compileRunId: payload.compile_run_id })
)

/** Decides what a source needs and does it. */
const refresh = Effect.fn("refresh")(function*(source: Source, payload: CompilePayload) {
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
  // A run of this very compile is no cached one: an attempt before this made it and did not come to record it.
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
      } satisfies Outcome
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
      } satisfies Outcome
  }
})

/** What became of a source. What the platform said of a failure stays in the compile's status. */
const logOutcome = ({ entry, status }: Outcome) => {
  const { error, ...told } = { error: null, ...entry }
  return (error === null ? Effect.logInfo(`Source ${status}`) : Effect.logWarning(`Source ${status}`)).pipe(
    Effect.annotateLogs(told)
  )
}

const skipped = (source: Source, reason: string): Outcome => ({
  status: "skipped",
  entry: { source: source.source, reason }
})
