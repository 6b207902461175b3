import type { JobStatus } from "../../domain/JobRecord.ts"
import type { Count } from "../../domain/Stats.ts"
import type { Action, JobSummary } from "../api/wire.ts"
import { actionWords, isFor } from "../state/actions.ts"
import { countText, jobsText } from "../text/format.ts"

const actions: ReadonlyArray<Action> = ["run-now", "retry", "cancel", "delete"]

/** What can be done with the jobs that are selected, or with every job of the filter. */
export const BulkBar = (
  { every, isBusy, jobs, onAsk, onClear, onEvery, status }: {
    readonly jobs: ReadonlyArray<JobSummary>
    /** The status that the filter names. */
    readonly status: JobStatus | undefined
    /** The number of jobs that fit the filter, when all of them are selected. */
    readonly every: Count | null
    /** True while an action on the selection runs. */
    readonly isBusy: boolean
    readonly onAsk: (action: Action) => void
    readonly onClear: () => void
    /** Selects every job of the filter, also those that are not loaded; null where all are loaded. */
    readonly onEvery: (() => void) | null
  }
) => (
  <div class="bulk" role="region" aria-label="Actions on the selection">
    <b>{every === null ? `${jobsText(jobs.length)} selected` : `All ${countText(every)} that fit the filter`}</b>
    <div class="buttons">
      {every !== null || onEvery === null
        ? null
        : (
          <button type="button" class="quiet" disabled={isBusy} onClick={onEvery}>
            Select all that fit the filter
          </button>
        )}
      {actions.map((action) => (
        <button
          key={action}
          type="button"
          class={action === "delete" ? "danger" : ""}
          disabled={isBusy || (every === null
            ? !jobs.some(({ status }) => isFor(action, status))
            : status !== undefined && !isFor(action, status))}
          onClick={() => onAsk(action)}
        >
          {actionWords[action].verb}
        </button>
      ))}
      <button type="button" class="quiet" disabled={isBusy} onClick={onClear}>Clear</button>
    </div>
  </div>
)
