import type { Action, JobSummary } from "../api/wire.ts"
import { actionWords, isFor } from "../state/actions.ts"
import { jobsText } from "../text/format.ts"

const actions: ReadonlyArray<Action> = ["run-now", "retry", "cancel", "delete"]

/** What can be done with the jobs that are selected. */
export const BulkBar = (
  { jobs, onAsk, onClear }: {
    readonly jobs: ReadonlyArray<JobSummary>
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
          disabled={!jobs.some(({ status }) => isFor(action, status))}
          onClick={() => onAsk(action)}
        >
          {actionWords[action].verb}
        </button>
      ))}
      <button type="button" class="quiet" onClick={onClear}>Clear</button>
    </div>
  </div>
)
