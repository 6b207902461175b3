import { useState } from "preact/hooks"
import type { JobView } from "../api/wire.ts"
import { localInput } from "../text/format.ts"
import { Dialog } from "./Dialog.tsx"

/** Changes when a pending job is due, and its priority. */
export const EditDialog = (
  { job, onClose, onSave }: {
    readonly job: JobView
    readonly onClose: () => void
    readonly onSave: (change: { readonly availableAt?: number; readonly priority?: number }) => void
  }
) => {
  const [due, setDue] = useState(localInput(job.availableAt))
  const [priority, setPriority] = useState(String(job.priority))
  const at = new Date(due).getTime()
  const number = Number(priority)
  const isWrong = Number.isNaN(at) || priority.trim() === "" || !Number.isInteger(number)
  const change = {
    ...(due === localInput(job.availableAt) ? {} : { availableAt: at }),
    ...(number === job.priority ? {} : { priority: number })
  }
  return (
    <Dialog title="Edit this job" onClose={onClose}>
      <form
        onSubmit={(event) => {
          event.preventDefault()
          if (!isWrong) onSave(change)
        }}
      >
        <label>
          Due at, by the clock of this machine
          <input type="datetime-local" step={1} value={due} onInput={(event) => setDue(event.currentTarget.value)} />
        </label>
        <label>
          Priority; higher ones run first
          <input type="number" step={1} value={priority} onInput={(event) => setPriority(event.currentTarget.value)} />
        </label>
        {isWrong ? <p class="bad" role="alert">Give a date with a time, and a whole number.</p> : null}
        <div class="buttons end">
          <button type="button" onClick={onClose}>Keep as it is</button>
          <button type="submit" class="primary" disabled={isWrong || Object.keys(change).length === 0}>Save</button>
        </div>
      </form>
    </Dialog>
  )
}
