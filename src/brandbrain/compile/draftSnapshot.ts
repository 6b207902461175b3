import type { CompilePayload } from "./CompileJob.ts"
import { applyOverrides } from "../draft/applyOverrides.ts"
import * as SqlClient from "@effect/sql/SqlClient"
import { Effect, Option } from "effect"
import { BrandBrainConfig, capOf } from "../config/BrandBrainConfig.ts"
import type { Settings } from "../config/BrandBrainConfig.ts"
import type { BrandProfile } from "../brands/Brands.ts"
import { selectBundle } from "../evidence/selectBundle.ts"
import type { BundleLimits } from "../evidence/selectBundle.ts"
import { capabilities, registry } from "../config/capability.ts"
import { CompileRunNotFound, CompileRuns } from "./CompileRuns.ts"
import { Evidence } from "../evidence/Evidence.ts"
import { evidenceWarnings } from "./evidenceWarnings.ts"
import { reportFeatures } from "../draft/featureReport.ts"
import { inputHash } from "./inputHash.ts"
import { diffSnapshots } from "../snapshots/SnapshotDiff.ts"
import { bundleIdOf, reportIdOf, Snapshots } from "../snapshots/Snapshots.ts"
import type { Source } from "../brands/Source.ts"
import { storage } from "../storage/StorageError.ts"
import { Synthesizer } from "../draft/Synthesizer.ts"

/**
 * Turns the brand's evidence into its next snapshot and ends the compile.
 *
 * All that is written is written at once, so a compile has its bundle, report
 * and snapshot and is SUCCEEDED, or none of it.
 */
export const draftSnapshot = Effect.fn("draftSnapshot")(function*(options: {
  readonly payload: CompilePayload
  readonly profile: BrandProfile
  readonly sources: ReadonlyArray<Source>
}) {
  const { payload, profile, sources } = options
  const { brand_id: brandId, compile_run_id: compileRunId, model, prompt_version: promptVersion } = payload
  const candidates = yield* (yield* Evidence).candidates(brandId, sources.map(({ id }) => id))
  const bundle = selectBundle(candidates, bundleLimits(yield* BrandBrainConfig))
  const report = reportFeatures(bundle)
  const compileRuns = yield* CompileRuns
  const warnings = evidenceWarnings((yield* compileRuns.get(brandId, compileRunId)).evidence_status)
  const written = yield* (yield* Synthesizer).draft({
    brandName: profile.name,
    answers: profile.answers,
    bundle,
    bundleId: bundleIdOf(compileRunId),
    report,
    reportId: reportIdOf(compileRunId),
    model,
    promptVersion
  })
  const draft = { ...written, meta: { ...written.meta, warnings: [...written.meta.warnings, ...warnings] } }

  const sql = yield* SqlClient.SqlClient
  const snapshots = yield* Snapshots
  return yield* Effect.gen(function*() {
    const previous = Option.getOrNull(yield* snapshots.latest(brandId))
    const snapshot = applyOverrides(draft, profile.overrides, previous?.snapshot ?? null)
    yield* snapshots.save({
      brandId,
      compileRunId,
      version: (previous?.version ?? 0) + 1,
      itemIds: bundle.map((item) => item.id),
      report,
      inputHash: inputHash({ ...profile, sources, promptVersion, model }),
      snapshot,
      diff: diffSnapshots(previous, snapshot)
    })
    yield* compileRuns.succeed(compileRunId)
    // An attempt that was thought dead may have saved its own before us: then that is the compile's snapshot.
    const saved = yield* snapshots.ofCompile(brandId, compileRunId)
    return Option.isSome(saved) ? saved.value : yield* new CompileRunNotFound({ brandId, compileRunId })
  }).pipe(sql.withTransaction)
}, storage("draftSnapshot"))

/** What the settings allow a bundle to hold. Capabilities of one platform and content type share a cap. */
export const bundleLimits = (settings: Settings): BundleLimits => ({
  capOf: (platform, contentType) =>
    Math.max(
      0,
      ...capabilities
        .filter((each) => registry[each].platform === platform && registry[each].contentType === contentType)
        .map((each) => capOf(settings, each))
    ),
  maxItems: settings.maxNormalizedItems
})
