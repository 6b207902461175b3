import { Schema } from "effect"

/** What the job `brandbrain.compile` carries. */
export const CompilePayload = Schema.Struct({
  brand_id: Schema.NonEmptyString,
  compile_run_id: Schema.NonEmptyString,
  force_refresh: Schema.Boolean,
  prompt_version: Schema.NonEmptyString,
  model: Schema.NonEmptyString
})
export type CompilePayload = typeof CompilePayload.Type

/** How far a compile has come. */
export const CompileProgress = Schema.Struct({
  stage: Schema.Literal("gathering", "drafting", "done"),
  sources_completed: Schema.Int,
  sources_total: Schema.Int
})
export type CompileProgress = typeof CompileProgress.Type
