import { Schema } from "effect"
import type { JobStatus } from "./JobRecord.ts"

/** The things that a person does to many jobs. `run-now` makes a pending job due now. */
export const JobAction = Schema.Literal("cancel", "retry", "run-now", "delete")
export type JobAction = typeof JobAction.Type

/** The statuses of the jobs that each action changes. Others are refused, or stay as they are. */
export const statusesOf: Readonly<Record<JobAction, ReadonlyArray<JobStatus>>> = {
  cancel: ["pending", "running"],
  retry: ["failed", "cancelled"],
  "run-now": ["pending"],
  delete: ["waiting", "pending", "succeeded", "failed", "cancelled"]
}
