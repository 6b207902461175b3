import { Data } from "effect"
import type {
  JobNotFound,
  JobNotMatching,
  JobNotPending,
  JobNotRetryable,
  JobRunning,
  StoreError,
  UniqueKeyTaken
} from "./errors.ts"
import type { JobStatus } from "./JobRecord.ts"

/** Why an action changed nothing of one of many jobs. A StoreError is of a row that refused the write. */
export type NotDone =
  | JobNotMatching
  | JobNotFound
  | JobNotPending
  | JobNotRetryable
  | JobRunning
  | UniqueKeyTaken
  | StoreError

/** The fate of one job of an action. */
export type JobFate = Data.TaggedEnum<{
  /** The action was carried out. `status` is the one that the job has now, or had if it was deleted. */
  Done: { readonly jobId: string; readonly status: JobStatus }
  /** Nothing of the job was changed. */
  NotDone: { readonly jobId: string; readonly error: NotDone }
}>
export const JobFate = Data.taggedEnum<JobFate>()
