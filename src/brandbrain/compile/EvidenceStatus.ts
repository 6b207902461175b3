import { Schema } from "effect"
import { Capability } from "../config/capability.ts"

const counts = { normalized_created: Schema.Int, normalized_updated: Schema.Int }

/** The capability is disabled, so nothing was started. */
export const Skipped = Schema.Struct({ source: Capability, reason: Schema.String })

/** The newest run is fresh enough to be reused. */
export const Reused = Schema.Struct({
  source: Capability,
  reason: Schema.String,
  run_age_hours: Schema.Number,
  apify_run_id: Schema.String,
  ...counts
})

/** A run was made for this compile. */
export const Refreshed = Schema.Struct({
  source: Capability,
  reason: Schema.String,
  apify_run_id: Schema.String,
  apify_run_status: Schema.String,
  raw_items_count: Schema.Int,
  ...counts
})

/** A run was due and failed. The compile goes on without this source. */
export const Failed = Schema.Struct({
  source: Capability,
  /** The reason why a run was due. */
  reason: Schema.String,
  /** The reason why it failed. */
  error: Schema.String,
  apify_run_id: Schema.String,
  apify_run_status: Schema.String
})

/** The outcomes of all sources of a compile. Each source is under exactly one key, in the order they ended. */
export const EvidenceStatus = Schema.Struct({
  skipped: Schema.Array(Skipped),
  reused: Schema.Array(Reused),
  refreshed: Schema.Array(Refreshed),
  failed: Schema.Array(Failed)
})
export type EvidenceStatus = typeof EvidenceStatus.Type

/** The outcome of one source. `status` is the key it is recorded under. */
export type Outcome =
  | { readonly status: "skipped"; readonly entry: typeof Skipped.Type }
  | { readonly status: "reused"; readonly entry: typeof Reused.Type }
  | { readonly status: "refreshed"; readonly entry: typeof Refreshed.Type }
  | { readonly status: "failed"; readonly entry: typeof Failed.Type }
