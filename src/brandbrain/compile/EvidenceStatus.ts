import { Schema } from "effect"
import { Capability } from "../config/capability.ts"

const counts = { normalized_created: Schema.Int, normalized_updated: Schema.Int }

/** The capability is disabled: nothing was started. */
export const Skipped = Schema.Struct({ source: Capability, reason: Schema.String })

/** The newest run is young enough to be used again. */
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

/** A run was due and brought nothing. The compile goes on without this source. */
export const Failed = Schema.Struct({
  source: Capability,
  /** Why a run was due. */
  reason: Schema.String,
  /** Why it brought nothing. */
  error: Schema.String,
  apify_run_id: Schema.String,
  apify_run_status: Schema.String
})

/** What became of every source of a compile; each stands under exactly one key, in the order they ended. */
export const EvidenceStatus = Schema.Struct({
  skipped: Schema.Array(Skipped),
  reused: Schema.Array(Reused),
  refreshed: Schema.Array(Refreshed),
  failed: Schema.Array(Failed)
})
export type EvidenceStatus = typeof EvidenceStatus.Type

/** What became of one source. `status` is the key it is recorded under. */
export type Outcome =
  | { readonly status: "skipped"; readonly entry: typeof Skipped.Type }
  | { readonly status: "reused"; readonly entry: typeof Reused.Type }
  | { readonly status: "refreshed"; readonly entry: typeof Refreshed.Type }
  | { readonly status: "failed"; readonly entry: typeof Failed.Type }
