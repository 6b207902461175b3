import { localInput } from "./format.ts"

/** The fields of the dialog that edits a job, as they are typed. */
export interface EditFields {
  /** As a `datetime-local` field has it. */
  readonly due: string
  readonly priority: string
}

/** The fields of a job that can be edited. `availableAt` is in epoch milliseconds. */
export interface Editable {
  readonly availableAt: number
  readonly priority: number
}

/** The fields of a job, as the dialog shows them first. */
export const editFields = ({ availableAt, priority }: Editable): EditFields => ({
  due: localInput(availableAt),
  priority: String(priority)
})

/**
 * The values that the reader changed in the fields of `opened`, which is the job as the dialog first showed it; null if
 * a field is not a date with a time, or not a whole number.
 */
export const editChange = (opened: Editable, { due, priority }: EditFields): Partial<Editable> | null => {
  const shown = editFields(opened)
  const availableAt = new Date(due).getTime()
  const number = Number(priority)
  if (Number.isNaN(availableAt) || priority.trim() === "" || !Number.isInteger(number)) return null
  return {
    // The field has no milliseconds, so the text tells if it was touched.
    ...(due === shown.due ? {} : { availableAt }),
    ...(number === opened.priority ? {} : { priority: number })
  }
}
