import { Either, Schema } from "effect"
import { InvalidOption } from "./errors.ts"
import { JobStatus } from "./JobRecord.ts"

/** The things that a person does to many jobs. `run-now` makes a pending job due now. */
export const JobAction = Schema.Literal("cancel", "retry", "run-now", "delete")
export type JobAction = typeof JobAction.Type

/** The statuses of the jobs that each action changes. Others are refused, or stay as they are. */
export const statusesOf: Readonly<Record<JobAction, ReadonlyArray<JobStatus>>> = {
  cancel: ["pending", "running"],
  retry: ["failed", "cancelled"],
  "run-now": ["pending"],
  delete: ["waiting", "pending", "succeeded", "failed", "cancelled"]
}

/** Of the statuses that a filter names, those of jobs that an action changes; all of those if it names none. */
export const changedBy = (
  action: JobAction,
  status: JobStatus | ReadonlyArray<JobStatus> | undefined
): Either.Either<ReadonlyArray<JobStatus>, InvalidOption> => {
  const changed = statusesOf[action]
  const named = status === undefined ? changed : [status].flat()
  // A value that is not a status is refused elsewhere, as in every filter.
  if (!named.every(Schema.is(JobStatus)) || named.length === 0) return Either.right(named)
  const both = named.filter((one) => changed.includes(one))
  return both.length > 0 ? Either.right(both) : Either.left(
    new InvalidOption({
      option: "status",
      given: named.join(" or "),
      allowed: `${changed.join(" or ")}, which ${action} changes`
    })
  )
}
