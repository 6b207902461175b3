import type { Table } from "./Table.ts"

/** The table of jobs, with every column that Holdfast makes. A test holds it to the migrations. */
export const jobsTable: Table = {
  name: "holdfast_jobs",
  key: ["id"],
  columns: {
    id: "id",
    queue: "text",
    kind: "text",
    payload: "json",
    first_payload: "json",
    status: "text",
    priority: "int",
    partition_key: "text",
    unique_key: "text",
    unique_scope: "text",
    limit_key: "text",
    holds_key: "int",
    attempts: "int",
    failures: "int",
    max_attempts: "int",
    available_at: "instant",
    locked_at: "instant",
    locked_by: "text",
    locked_until: "instant",
    settled_attempt: "int",
    settled_by: "text",
    settled_as: "text",
    settled_to: "text",
    cancel_requested_at: "instant",
    progress: "json",
    result: "json",
    last_error: "text",
    last_error_value: "json",
    errors: "json",
    created_at: "instant",
    updated_at: "instant",
    finished_at: "instant",
    trace_context: "text"
  }
}

/** The table of what is paused. */
const pausesTable: Table = {
  name: "holdfast_pauses",
  key: ["scope", "name"],
  columns: { scope: "text", name: "text", paused_at: "instant", paused_by: "text" }
}

/**
 * Holdfast's tables but that of its migrations and that of the workers, which are
 * the source's and are stopped.
 */
export const ownTables: ReadonlyArray<Table> = [jobsTable, pausesTable]
