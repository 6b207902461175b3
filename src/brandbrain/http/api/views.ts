import * as HttpApiSchema from "@effect/platform/HttpApiSchema"
import { DateTime, Schema, Struct } from "effect"
import { Answers } from "../../brands/answers.ts"
import { CompileProgress } from "../../compile/CompileJob.ts"
import { EvidenceStatus } from "../../compile/EvidenceStatus.ts"
import { Capability } from "../../config/capability.ts"
import { Draft } from "../../draft/Draft.ts"
import { EvidenceItem } from "../../evidence/EvidenceItem.ts"
import { SnapshotDiff } from "../../snapshots/SnapshotDiff.ts"

/** The answers of the API, with their keys on the wire. */

/** ISO 8601, in UTC. */
export const Instant = Schema.DateTimeUtc.annotations({ jsonSchema: { type: "string", format: "date-time" } })
export const instant = (millis: number): DateTime.Utc => DateTime.unsafeMake(millis)

const brand = { brand_id: Schema.String, name: Schema.String, created_at: Instant }

export const BrandView = Schema.Struct(brand).annotations({ identifier: "Brand" })
export const NewBrandView = Schema.Struct(brand).annotations(
  HttpApiSchema.annotations({ status: 201, identifier: "NewBrand" })
)
export const BrandList = Schema.Struct({ brands: Schema.Array(BrandView) })

export const AnswersView = Schema.Struct({ answers: Answers })

const source = {
  source_id: Schema.String,
  /** `platform.capability`. */
  source: Capability,
  /** Normalised. */
  identifier: Schema.String,
  extra_start_urls: Schema.Array(Schema.String),
  enabled: Schema.Boolean,
  created_at: Instant,
  updated_at: Instant
}

export const SourceView = Schema.Struct(source).annotations({ identifier: "Source" })
export const SourceList = Schema.Struct({ sources: Schema.Array(SourceView) })

export const NewSourceView = Schema.Struct(source).annotations(
  HttpApiSchema.annotations({ status: 201, identifier: "NewSource" })
)

const snapshot = { snapshot_id: Schema.String, created_at: Instant, snapshot_json: Draft }

export const SnapshotView = Schema.Struct(snapshot).annotations({ identifier: "Snapshot" })

export const Requested = Schema.Struct({
  compile_run_id: Schema.String,
  status: Schema.Literal("PENDING"),
  /** The address of its status. */
  poll_url: Schema.String
}).annotations(HttpApiSchema.annotations({ status: 202, identifier: "Requested" }))

export const Unchanged = Schema.Struct({
  /** The compile that made the snapshot. */
  compile_run_id: Schema.String,
  status: Schema.Literal("UNCHANGED"),
  snapshot: SnapshotView
}).annotations({ identifier: "Unchanged" })

const run = { compile_run_id: Schema.String }

export const CompileStatusView = Schema.Union(
  Schema.Struct({ ...run, status: Schema.Literal("PENDING") }),
  Schema.Struct({ ...run, status: Schema.Literal("RUNNING"), progress: CompileProgress }),
  Schema.Struct({
    ...run,
    status: Schema.Literal("SUCCEEDED"),
    evidence_status: EvidenceStatus,
    snapshot: SnapshotView
  }),
  Schema.Struct({
    ...run,
    status: Schema.Literal("FAILED"),
    error: Schema.String,
    evidence_status: EvidenceStatus
  })
)
export type CompileStatusView = typeof CompileStatusView.Type

/** One post, video or page, with its text and address. */
export const EvidenceView = Schema.Struct({
  ...Struct.omit(EvidenceItem.fields, "raw_refs"),
  published_at: Schema.NullOr(Instant)
}).annotations({
  identifier: "Evidence"
})

export const LatestView = Schema.Struct({
  ...snapshot,
  brand_id: Schema.String,
  compile_run_id: Schema.String,
  /** The evidence that the snapshot cites, if requested. */
  evidence: Schema.optionalWith(Schema.Array(EvidenceView), { exact: true }),
  /** All evidence that the snapshot is based on, best first, if requested. */
  bundle: Schema.optionalWith(
    Schema.Struct({ bundle_id: Schema.String, items: Schema.Array(EvidenceView) }),
    { exact: true }
  )
}).annotations({ identifier: "LatestSnapshot" })

export const History = Schema.Struct({
  /** Newest first. */
  snapshots: Schema.Array(
    Schema.Struct({ snapshot_id: Schema.String, created_at: Instant, diff_summary: SnapshotDiff })
  ),
  page: Schema.Int,
  page_size: Schema.Int,
  total: Schema.Int
})

export const OverridesView = Schema.Struct({
  brand_id: Schema.String,
  overrides_json: Schema.Record({ key: Schema.String, value: Schema.Unknown }),
  pinned_paths: Schema.Array(Schema.String),
  /** Null if nothing was ever overridden or pinned. */
  updated_at: Schema.NullOr(Instant)
}).annotations({ identifier: "Overrides" })
