import { useState } from "preact/hooks"
import type { Change } from "../api/undo.ts"
import type { JobView } from "../api/wire.ts"
import { editChange, editFields } from "../text/editChange.ts"
import { Dialog } from "./Dialog.tsx"

/** Changes when a pending job is due, and its priority. */
export const EditDialog = (
  { job, onClose, onSave }: {
    readonly job: JobView
    readonly onClose: () => void
    readonly onSave: (change: Change) => void
  }
) => {
  // Meanwhile the job may get another due time, which the reader did not type.
  const [opened] = useState(job)
  const [fields, setFields] = useState(editFields(opened))
  const change = editChange(opened, fields)
  return (
    <Dialog title="Edit this job" onClose={onClose}>
      <form
        onSubmit={(event) => {
          event.preventDefault()
          if (change !== null) onSave(change)
        }}
      >
        <label>
          Due at, by the clock of this machine
          <input
            type="datetime-local"
            step={1}
            value={fields.due}
            onInput={(event) => setFields({ ...fields, due: event.currentTarget.value })}
          />
        </label>
        <label>
          Priority; higher ones run first
          <input
            type="number"
            step={1}
            value={fields.priority}
            onInput={(event) => setFields({ ...fields, priority: event.currentTarget.value })}
          />
        </label>
        {change === null ? <p class="bad" role="alert">Give a date with a time, and a whole number.</p> : null}
        <div class="buttons end">
          <button type="button" onClick={onClose}>Keep as it is</button>
          <button type="submit" class="primary" disabled={change === null || Object.keys(change).length === 0}>
            Save
          </button>
        </div>
      </form>
    </Dialog>
  )
}
