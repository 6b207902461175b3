import type { JobStatus } from "../../domain/JobRecord.ts"

/** The sign of each status, so that colour is not all that tells them apart. */
const signs: Readonly<Record<JobStatus, string>> = {
  waiting: "◌",
  pending: "○",
  running: "◐",
  succeeded: "✓",
  failed: "✕",
  cancelled: "–"
}

/** A status in its colour, with its name. */
export const Status = ({ status, note }: { readonly status: JobStatus; readonly note?: string | undefined }) => (
  <span class={`status status-${Object.hasOwn(signs, status) ? status : "waiting"}`}>
    <span aria-hidden="true" class="sign">{signs[status] ?? "?"}</span>
    {note === undefined ? status : note}
  </span>
)
