import { Schema, Struct } from "effect"
import { JobRecord } from "./JobRecord.ts"

/** The characters (code points) of an error that a summary shows. */
export const shownOfError = 500

/**
 * A job without its JSON: what a list shows, read without the payload. `lastError` has at
 * most its first 500 characters. `JobQueue.get` answers the whole job.
 */
export class JobSummary extends Schema.Class<JobSummary>("JobSummary")(
  Struct.omit(JobRecord.fields, "payload", "progress", "result", "errors", "lastErrorValue", "unreadable")
) {}
