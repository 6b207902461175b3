import { Schema } from "effect"

const pattern = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/

/**
 * A job's identity: a UUID in lower case. Holdfast makes version 7, which rises
 * with time and keeps inserts cheap; a caller may bring any version.
 */
export const JobId = Schema.String.pipe(
  Schema.pattern(pattern, { identifier: "JobId", description: "a UUID in lower case" }),
  Schema.brand("JobId")
)
export type JobId = typeof JobId.Type

/**
 * A job's identity as its row has it. An app's own SQL may have given one that
 * no enqueue would take; its job is claimed, shown and settled all the same.
 */
export const StoredJobId = Schema.String.pipe(Schema.brand("JobId"))
