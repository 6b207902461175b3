import type { JobSummary } from "../api/wire.ts"
import { addressOf } from "../state/router.ts"
import { useNow } from "../state/clock.ts"
import { firstLine, spanText } from "../text/format.ts"
import { Status } from "./Status.tsx"
import { Time } from "./Time.tsx"

/** What matters of a job in one line. */
const noteOf = (job: JobSummary, now: number): string => {
  const error = job.lastError === null ? "" : firstLine(job.lastError)
  switch (job.status) {
    case "pending":
      return job.availableAt > now
        ? `due in ${spanText(job.availableAt - now)}${error === "" ? "" : `, after: ${error}`}`
        : `due for ${spanText(now - job.availableAt)}${error === "" ? "" : `, after: ${error}`}`
    case "running":
      return job.lockedUntil !== null && job.lockedUntil < now
        ? `lease over for ${spanText(now - job.lockedUntil)}: ${job.lockedBy ?? ""}`
        : `${job.cancelRequestedAt === null ? "" : "asked to stop, "}on ${job.lockedBy ?? "an unknown worker"}`
    case "failed":
      return error
    case "succeeded":
    case "cancelled":
      return job.finishedAt === null ? "" : `${spanText(job.finishedAt - job.createdAt)} after the enqueue`
    case "waiting":
      return "waits for another job"
  }
}

/** A job in the list. */
export const JobRow = (
  { isActive, isSelected, job, onSelect, place }: {
    readonly job: JobSummary
    readonly place: number
    readonly isActive: boolean
    readonly isSelected: boolean
    readonly onSelect: ((job: JobSummary) => void) | null
  }
) => {
  const now = useNow()
  const note = noteOf(job, now)
  return (
    <div
      role="row"
      class="job-row"
      aria-rowindex={place}
      data-id={job.id}
      data-active={isActive ? "" : undefined}
      data-selected={isSelected ? "" : undefined}
    >
      {onSelect === null ? null : (
        <span role="cell" class="cell-check">
          <input
            type="checkbox"
            aria-label={`Select the job ${job.id}`}
            checked={isSelected}
            onChange={() => onSelect(job)}
          />
        </span>
      )}
      <span role="cell" class="cell-status">
        <Status status={job.status} />
      </span>
      <span role="cell" class="cell-kind">
        <a href={addressOf({ view: "job", id: job.id })} title={job.id}>{job.kind}</a>
        {job.partitionKey === null ? null : <span class="badge" title="Partition">{job.partitionKey}</span>}
      </span>
      <span role="cell" class="cell-queue" title={job.queue}>{job.queue}</span>
      <span role="cell" class={`cell-note${job.status === "failed" ? " bad" : ""}`} title={note}>{note}</span>
      <span role="cell" class="cell-attempts number" title={`${job.attempts} attempts`}>
        {job.failures}/{job.maxAttempts}
      </span>
      <span role="cell" class="cell-age number">
        <Time at={job.createdAt} />
      </span>
    </div>
  )
}
