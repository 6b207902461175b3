import * as SqlClient from "@effect/sql/SqlClient"
import { Clock, Effect, Option, Schema } from "effect"
import { ApifyRuns } from "../gather/ApifyRuns.ts"
import { BrandBrainConfig, isEnabled } from "../config/BrandBrainConfig.ts"
import { Brands } from "../brands/Brands.ts"
import type { CompilePayload } from "./CompilePayload.ts"
import { CompileRuns } from "./CompileRuns.ts"
import { judgeFreshness } from "../gather/freshness.ts"
import { gate, GateReason } from "./compileGate.ts"
import { inputHash } from "./inputHash.ts"
import { RandomId } from "../storage/RandomId.ts"
import { Snapshots } from "../snapshots/Snapshots.ts"
import type { Source } from "../brands/Source.ts"
import { Sources } from "../brands/Sources.ts"
import { storage } from "../storage/StorageError.ts"

/** The brand cannot be compiled yet. Says everything that stands in the way; nothing was started. */
export class CompileRefused extends Schema.TaggedError<CompileRefused>()("CompileRefused", {
  brandId: Schema.String,
  reasons: Schema.Array(GateReason)
}) {
  override get message() {
    const reasons = this.reasons.map((reason) =>
      "fields" in reason ? `${reason.code} (${reason.fields.join(", ")})` : reason.code
    )
    return `Brand ${this.brandId} cannot be compiled: ${reasons.join(", ")}`
  }
}

/** Which instructions a draft is written by. Changing them makes every snapshot out of date. */
export const promptVersion = "v1"

/** What writes drafts when nothing else is named: our own rules. */
export const defaultModel = "rules-v1"

/**
 * Asks for a compile of the brand.
 *
 * Answers the latest snapshot when another compile could only say the same:
 * nothing that decides it has changed and no source is stale. A brand is compiled
 * once at a time: while that is under way, this answers the compile there is, even if
 * it is to refresh less. Otherwise the compile run and its job are there when this
 * returns, in one transaction: both or neither.
 *
 * `enqueue` runs inside it and succeeds with the job's id: that of the brand's
 * unfinished compile where there is one.
 */
export const requestCompile = Effect.fn("requestCompile")(function*<E, R>(options: {
  readonly brandId: string
  readonly forceRefresh: boolean
  readonly model?: string
  readonly enqueue: (payload: CompilePayload) => Effect.Effect<string, E, R>
}) {
  const { brandId, enqueue, forceRefresh, model = defaultModel } = options
  const sql = yield* SqlClient.SqlClient
  return yield* Effect.gen(function*() {
    const profile = yield* (yield* Brands).profile(brandId)
    const sources = yield* (yield* Sources).enabled(brandId)
    const reasons = gate(profile.answers, sources.length)
    if (reasons.length > 0) {
      return yield* new CompileRefused({ brandId, reasons })
    }
    const latest = Option.getOrNull(yield* (yield* Snapshots).latest(brandId))
    const unchanged = latest !== null && !forceRefresh &&
      latest.input_hash === inputHash({ ...profile, sources, promptVersion, model }) &&
      !(yield* anyStale(sources))
    if (unchanged) {
      return { _tag: "Unchanged", snapshot: latest } as const
    }
    const compileRunId = yield* (yield* RandomId).next
    const jobId = yield* enqueue({
      brand_id: brandId,
      compile_run_id: compileRunId,
      force_refresh: forceRefresh,
      prompt_version: promptVersion,
      model
    })
    const runs = yield* CompileRuns
    const underWay = yield* runs.ofJob(brandId, jobId)
    if (Option.isSome(underWay)) {
      return { _tag: "UnderWay", compileRunId: underWay.value.id, jobId } as const
    }
    yield* runs.add({ id: compileRunId, brandId, jobId, forceRefresh, promptVersion, model })
    return { _tag: "Requested", compileRunId, jobId } as const
  }).pipe(sql.withTransaction, storage("requestCompile"))
})

/** Whether a compile would start a run for any of the sources. A disabled capability never does. */
const anyStale = Effect.fn("anyStale")(function*(sources: ReadonlyArray<Source>) {
  const settings = yield* BrandBrainConfig
  const runs = yield* ApifyRuns
  const now = yield* Clock.currentTimeMillis
  return yield* Effect.exists(
    sources.filter(({ source }) => isEnabled(settings, source)),
    (source) =>
      Effect.map(runs.newestSucceeded(source.id), (newest) =>
        !judgeFreshness({
          finishedAt: Option.getOrNull(newest)?.finished_at ?? null,
          now,
          ttlHours: settings.apifyRunTtlHours,
          forceRefresh: false
        }).fresh)
  )
})
