import type { Count } from "../../domain/Stats.ts"
import type { Action, JobFilter } from "../api/wire.ts"
import { actionWords } from "../state/actions.ts"
import { filterText } from "../text/filterText.ts"
import { countText } from "../text/format.ts"
import { Confirm } from "./Dialog.tsx"

/** Asks before an action on every job of a filter, and names the filter and how many jobs of it the action can change. */
export const ConfirmEvery = (
  { action, acted, count, filter, onClose, onConfirm }: {
    readonly action: Action
    /** The jobs that it has come to; null before it begins. */
    readonly acted: number | null
    readonly count: Count
    readonly filter: JobFilter
    readonly onClose: () => void
    readonly onConfirm: () => void
  }
) => {
  const jobs = `${countText(count)} ${count.count === 1 && !count.isMore ? "job" : "jobs"}`
  const fits = filterText(filter)
  return (
    <Confirm
      title={`${actionWords[action].title} ${jobs}${action === "run-now" ? " now" : ""}?`}
      label={acted === null ? `${actionWords[action].verb}: ${jobs}` : `${acted} of ${countText(count)}…`}
      tone={action === "delete" || action === "cancel" ? "danger" : "plain"}
      isBusy={acted !== null || (count.count === 0 && !count.isMore)}
      onClose={onClose}
      onConfirm={onConfirm}
    >
      <p>
        {fits === "" ? "This is for every job" : (
          <>
            This is for every job with <b>{fits}</b>
          </>
        )}, also those that are not loaded here.
      </p>
      <p>{actionWords[action].consequence} There is no undo for all of them together.</p>
      {acted === null
        ? null
        : <progress max={Math.max(count.count, acted, 1)} value={acted} aria-label="Done so far"></progress>}
    </Confirm>
  )
}
