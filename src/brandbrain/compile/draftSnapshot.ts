import * as SqlClient from "@effect/sql/SqlClient"
import { Effect, Option } from "effect"
import type { BrandProfile } from "../brands/Brands.ts"
import type { Source } from "../brands/Source.ts"
import { BrandBrainConfig, capOf } from "../config/BrandBrainConfig.ts"
import type { Settings } from "../config/BrandBrainConfig.ts"
import { capabilities, registry } from "../config/capability.ts"
import { applyOverrides } from "../draft/applyOverrides.ts"
import { reportFeatures } from "../draft/featureReport.ts"
import { Synthesizer } from "../draft/Synthesizer.ts"
import { Evidence } from "../evidence/Evidence.ts"
import { selectBundle } from "../evidence/selectBundle.ts"
import type { BundleLimits } from "../evidence/selectBundle.ts"
import { diffSnapshots } from "../snapshots/SnapshotDiff.ts"
import { bundleIdOf, reportIdOf, Snapshots } from "../snapshots/Snapshots.ts"
import { asStorageError } from "../storage/StorageError.ts"
import { inTurnOfBrand } from "../storage/turns.ts"
import type { CompilePayload } from "./CompileJob.ts"
import { CompileRunNotFound, CompileRuns } from "./CompileRuns.ts"
import { evidenceWarnings } from "./evidenceWarnings.ts"
import { inputHash } from "./inputHash.ts"

/**
 * Drafts the brand's next snapshot from its evidence, and ends the compile.
 *
 * One transaction saves the bundle, report and snapshot and marks the compile as succeeded.
 */
export const draftSnapshot = Effect.fn("draftSnapshot")(function*(options: {
  readonly payload: CompilePayload
  readonly profile: BrandProfile
  readonly sources: ReadonlyArray<Source>
}) {
  const { payload, profile, sources } = options
  const { brand_id: brandId, compile_run_id: compileRunId, model, prompt_version: promptVersion } = payload
  const candidates = yield* (yield* Evidence).findCandidates(brandId, sources.map(({ id }) => id))
  const bundle = selectBundle(candidates, bundleLimits(yield* BrandBrainConfig))
  const report = reportFeatures(bundle)
  const compileRuns = yield* CompileRuns
  const warnings = evidenceWarnings((yield* compileRuns.get(brandId, compileRunId)).evidence_status)
  const { draft: written, writtenBy } = yield* (yield* Synthesizer).draft({
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
      inputHash: inputHash({ ...profile, sources, promptVersion, model, synthesizer: writtenBy }),
      snapshot,
      diff: diffSnapshots(previous, snapshot)
    })
    yield* compileRuns.markSucceeded(compileRunId)
    // An attempt that was thought dead may have saved its snapshot first; then that one counts.
    const saved = yield* snapshots.findByCompile(brandId, compileRunId)
    return Option.isSome(saved) ? saved.value : yield* new CompileRunNotFound({ brandId, compileRunId })
  }).pipe(inTurnOfBrand(sql, brandId))
}, asStorageError("draftSnapshot"))

/** The limits of a bundle under these settings. Capabilities of one platform and content type share a cap. */
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
