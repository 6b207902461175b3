import { Schema } from "effect"
import { Job } from "../../index.ts"

/** The payload of the job `brandbrain.compile`. */
export const CompilePayload = Schema.Struct({
  brand_id: Schema.NonEmptyString,
  compile_run_id: Schema.NonEmptyString,
  force_refresh: Schema.Boolean,
  prompt_version: Schema.NonEmptyString,
  model: Schema.NonEmptyString
})
export type CompilePayload = typeof CompilePayload.Type

/** The progress that a compile reports through its job. */
export const CompileProgress = Schema.Struct({
  stage: Schema.Literal("gathering", "drafting", "done"),
  sources_completed: Schema.Int,
  sources_total: Schema.Int
})
export type CompileProgress = typeof CompileProgress.Type

/** Compiles one brand. It waits minutes for scrapers, so it is a job and not a request handler. */
export const CompileJob = Job.make("brandbrain.compile", { payload: CompilePayload })
