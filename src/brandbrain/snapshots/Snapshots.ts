import { Context, Schema } from "effect"
import type { Effect, Option } from "effect"
import { Draft } from "../draft/Draft.ts"
import type { FeatureReport } from "../draft/featureReport.ts"
import { deriveId } from "../storage/deriveId.ts"
import type { StorageError } from "../storage/StorageError.ts"
import { SnapshotDiff } from "./SnapshotDiff.ts"

/** A brand as one compile described it. `version` counts the brand's snapshots from 1. */
export const Snapshot = Schema.Struct({
  id: Schema.String,
  brand_id: Schema.String,
  compile_run_id: Schema.String,
  version: Schema.Int,
  bundle_id: Schema.String,
  feature_report_id: Schema.String,
  /** The hash of the inputs it was compiled from. */
  input_hash: Schema.String,
  snapshot: Schema.parseJson(Draft),
  diff: Schema.parseJson(SnapshotDiff),
  created_at: Schema.Int
})
export type Snapshot = typeof Snapshot.Type

/** A snapshot in a list, with its changes but without its content. */
export const SnapshotSummary = Schema.Struct({
  id: Schema.String,
  compile_run_id: Schema.String,
  version: Schema.Int,
  diff: Schema.parseJson(SnapshotDiff),
  created_at: Schema.Int
})
export type SnapshotSummary = typeof SnapshotSummary.Type

/** Snapshots, with the bundles and reports they are based on. */
export class Snapshots extends Context.Tag("holdfast/brandbrain/Snapshots")<Snapshots, {
  /** Saves the compile's bundle, report and snapshot together. A compile that already has them keeps them. */
  readonly save: (snapshot: {
    readonly brandId: string
    readonly compileRunId: string
    readonly version: number
    readonly itemIds: ReadonlyArray<string>
    readonly report: FeatureReport
    readonly inputHash: string
    readonly snapshot: Draft
    readonly diff: SnapshotDiff
  }) => Effect.Effect<void, StorageError>
  readonly findByCompile: (
    brandId: string,
    compileRunId: string
  ) => Effect.Effect<Option.Option<Snapshot>, StorageError>
  readonly latest: (brandId: string) => Effect.Effect<Option.Option<Snapshot>, StorageError>
  /** Newest first. */
  readonly history: (
    brandId: string,
    page: { readonly limit: number; readonly offset: number }
  ) => Effect.Effect<ReadonlyArray<SnapshotSummary>, StorageError>
  readonly count: (brandId: string) => Effect.Effect<number, StorageError>
  /** The feature report of the brand's newest snapshot. */
  readonly latestReport: (brandId: string) => Effect.Effect<Option.Option<unknown>, StorageError>
  /** The ids of the evidence in a bundle, best first. */
  readonly bundleItemIds: (
    brandId: string,
    bundleId: string
  ) => Effect.Effect<Option.Option<ReadonlyArray<string>>, StorageError>
}>() {}

/** The id of the compile's bundle. Known before it is saved, since the snapshot names it. */
export const bundleIdOf = (compileRunId: string): string => deriveId("bundle", compileRunId)

/** The id of the compile's feature report. */
export const reportIdOf = (compileRunId: string): string => deriveId("feature_report", compileRunId)
