import * as SqlClient from "@effect/sql/SqlClient"
import { Clock, Effect, Option, Schema } from "effect"
import { JobQueue } from "../../index.ts"
import { Brands } from "../brands/Brands.ts"
import type { BrandProfile } from "../brands/Brands.ts"
import type { Source } from "../brands/Source.ts"
import { Sources } from "../brands/Sources.ts"
import { BrandBrainConfig, isEnabled } from "../config/BrandBrainConfig.ts"
import { Synthesizer } from "../draft/Synthesizer.ts"
import { ApifyRuns } from "../gather/ApifyRuns.ts"
import { judgeFreshness } from "../gather/freshness.ts"
import { Snapshots } from "../snapshots/Snapshots.ts"
import { RandomId } from "../storage/RandomId.ts"
import { asStorageError } from "../storage/StorageError.ts"
import { inTurnOfBrand } from "../storage/turns.ts"
import { CompileJob } from "./CompileJob.ts"
import { findObstacles, Obstacle } from "./compileObstacles.ts"
import { CompileRuns } from "./CompileRuns.ts"
import { inputHash } from "./inputHash.ts"

/** The brand can't be compiled yet. Lists every obstacle; nothing was started. */
export class CompileRefused extends Schema.TaggedError<CompileRefused>()("CompileRefused", {
  brandId: Schema.String,
  reasons: Schema.Array(Obstacle)
}) {
  override get message() {
    const reasons = this.reasons.map((reason) =>
      "fields" in reason ? `${reason.code} (${reason.fields.join(", ")})` : reason.code
    )
    return `Brand ${this.brandId} cannot be compiled: ${reasons.join(", ")}`
  }
}

/** The version of the instructions that drafts follow. A new version makes every snapshot out of date. */
export const promptVersion = "v1"

/** The model that writes drafts unless another is named: BrandBrain's own rules. */
export const defaultModel = "rules-v1"

/**
 * Asks for a compile of the brand.
 *
 * Answers `Unchanged` with the latest snapshot if a compile could only repeat it: its inputs are the same and no
 * source is stale. Answers `UnderWay` if the brand already has an unfinished compile, even one that refreshes less.
 * Otherwise answers `Requested`: the compile run and its job were added together.
 */
export const requestCompile = Effect.fn("requestCompile")(function*(options: {
  readonly brandId: string
  readonly forceRefresh: boolean
  readonly model?: string
}) {
  const { brandId, forceRefresh, model = defaultModel } = options
  const sql = yield* SqlClient.SqlClient
  return yield* Effect.gen(function*() {
    const profile = yield* (yield* Brands).profile(brandId)
    const sources = yield* (yield* Sources).listEnabled(brandId)
    const reasons = findObstacles(profile.answers, sources.length)
    if (reasons.length > 0) return yield* new CompileRefused({ brandId, reasons })

    const unchanged = forceRefresh ? Option.none() : yield* findUnchanged(profile, sources, model)
    if (Option.isSome(unchanged)) return { _tag: "Unchanged", snapshot: unchanged.value } as const

    const compileRunId = yield* (yield* RandomId).next
    // This runs in the transaction that adds the compile run: both are committed, or neither.
    const { id: jobId } = yield* JobQueue.enqueue(CompileJob, {
      brand_id: brandId,
      compile_run_id: compileRunId,
      force_refresh: forceRefresh,
      prompt_version: promptVersion,
      model
    }, { partitionKey: brandId, uniqueKey: brandId, uniqueScope: "unfinished" })

    const runs = yield* CompileRuns
    // A brand with an unfinished compile holds the unique key, so the id is that job's and the run is there already.
    const underWay = yield* runs.findByJob(brandId, jobId)
    if (Option.isSome(underWay)) return { _tag: "UnderWay", compileRunId: underWay.value.id, jobId } as const

    yield* runs.add({ id: compileRunId, brandId, jobId, forceRefresh, promptVersion, model })
    return { _tag: "Requested", compileRunId, jobId } as const
  }).pipe(inTurnOfBrand(sql, brandId), asStorageError("requestCompile"))
})

/** The latest snapshot, if compiling the same inputs again would start no run and so repeat it. */
const findUnchanged = Effect.fn("findUnchanged")(
  function*(profile: BrandProfile, sources: ReadonlyArray<Source>, model: string) {
    const latest = yield* (yield* Snapshots).latest(profile.id)
    const { identity: synthesizer } = yield* Synthesizer
    const hash = inputHash({ ...profile, sources, promptVersion, model, synthesizer })
    const isUnchanged = Option.isSome(latest) && latest.value.input_hash === hash && !(yield* isAnyStale(sources))
    return isUnchanged ? latest : Option.none()
  }
)

/** True if a compile would start a run for one of the sources. A disabled capability never starts one. */
const isAnyStale = Effect.fn("isAnyStale")(function*(sources: ReadonlyArray<Source>) {
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
