import type { Action, JobSummary } from "../api/wire.ts"
import { actionWords, isFor } from "../state/actions.ts"
import { jobsText } from "../text/format.ts"

const actions: ReadonlyArray<Action> = ["run-now", "retry", "cancel", "delete"]

/** What can be done with the jobs that are selected. */
export const BulkBar = (
  { isBusy, jobs, onAsk, onClear }: {
    readonly jobs: ReadonlyArray<JobSummary>
    /** True while an action on the selection runs. */
    readonly isBusy: boolean
    readonly onAsk: (action: Action) => void
    readonly onClear: () => void
  }
) => (
  <div class="bulk" role="region" aria-label="Actions on the selection">
    <b>{jobsText(jobs.length)} selected</b>
    <div class="buttons">
      {actions.map((action) => (
        <button
          key={action}
          type="button"
          class={action === "delete" ? "danger" : ""}
          disabled={isBusy || !jobs.some(({ status }) => isFor(action, status))}
          onClick={() => onAsk(action)}
        >
          {actionWords[action].verb}
        </button>
      ))}
      <button type="button" class="quiet" disabled={isBusy} onClick={onClear}>Clear</button>
    </div>
  </div>
)
