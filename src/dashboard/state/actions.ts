import { ApiError } from "../api/client.ts"
import type { Action, Fate, JobSummary } from "../api/wire.ts"
import type { JobStatus } from "../../domain/JobRecord.ts"
import { jobsText } from "../text/format.ts"
import { client } from "./page.ts"
import { serverNow } from "./clock.ts"
import { tell } from "./toasts.ts"

/** The most jobs in one request. */
const mostAtOnce = 100

/** The actions, with the words of their buttons and messages. */
export const actionWords: Readonly<
  Record<Action, { readonly verb: string; readonly done: string; readonly title: string; readonly consequence: string }>
> = {
  cancel: {
    verb: "Cancel",
    title: "Cancel",
    done: "cancelled",
    consequence:
      "Pending jobs are cancelled at once. Running ones are asked to stop, and end cancelled unless they succeed first."
  },
  retry: {
    verb: "Retry",
    title: "Retry",
    done: "set to be retried",
    consequence: "Failed and cancelled jobs are due at once, with a fresh failure budget. Others are left as they are."
  },
  "run-now": {
    verb: "Run now",
    title: "Run",
    done: "due now",
    consequence: "Pending jobs are due at once. Others are left as they are."
  },
  delete: {
    verb: "Delete",
    title: "Delete",
    done: "deleted",
    consequence:
      "Jobs that do not run are gone for good, with their payloads, results and errors. This cannot be undone."
  }
}

/** True if an action makes sense for a job of this status. */
export const isFor = (action: Action, status: JobStatus): boolean =>
  action === "cancel"
    ? status === "pending" || status === "running" || status === "waiting"
    : action === "retry"
    ? status === "failed" || status === "cancelled"
    : action === "run-now"
    ? status === "pending"
    : status !== "running"

/** Acts on jobs, a hundred in a request, and tells how many are done as it goes. */
export const actOnAll = async (
  action: Action,
  ids: ReadonlyArray<string>,
  onProgress: (done: number) => void = () => {}
): Promise<ReadonlyArray<Fate>> => {
  const fates: Array<Fate> = []
  for (let begin = 0; begin < ids.length; begin += mostAtOnce) {
    const chunk = ids.slice(begin, begin + mostAtOnce)
    try {
      const answer = await client.ask<{ readonly fates: ReadonlyArray<Fate> }>("POST", "jobs/actions", {
        action,
        ids: chunk
      })
      fates.push(...answer.fates)
    } catch (error) {
      const { message, tag } = asApiError(error)
      fates.push(...ids.slice(begin).map((id) => ({ id, done: false as const, error: tag, message })))
      return fates
    }
    onProgress(fates.length)
  }
  return fates
}

/** An error of a request, or whatever else was thrown in its place. */
export const asApiError = (error: unknown): ApiError =>
  error instanceof ApiError
    ? error
    : new ApiError(0, "page", error instanceof Error ? `The page failed: ${error.message}` : "The page failed.")

/** What takes an action back; null where nothing can. `jobs` are as they were before. */
export const undoOf = (
  action: Action,
  jobs: ReadonlyArray<JobSummary>,
  fates: ReadonlyArray<Fate>
): (() => Promise<ReadonlyArray<Fate>>) | null => {
  const before = new Map(jobs.map((job) => [job.id, job]))
  const done = fates.filter((fate) => fate.done)
  const restore = async (ids: ReadonlyArray<string>): Promise<ReadonlyArray<Fate>> => {
    const now = serverNow()
    const fates: Array<Fate> = []
    for (const id of ids) {
      const job = before.get(id)
      // What was due already is due again.
      if (job === undefined || job.availableAt <= now) {
        fates.push({ id, done: true, status: "pending" })
        continue
      }
      try {
        await client.ask("PATCH", jobPath(id), { availableAt: job.availableAt })
        fates.push({ id, done: true, status: "pending" })
      } catch (error) {
        const { message, tag } = asApiError(error)
        fates.push({ id, done: false, error: tag, message })
      }
    }
    return fates
  }
  if (action === "cancel") {
    const cancelled = done.filter(({ status }) => status === "cancelled").map(({ id }) => id)
      // A finished job is left as it is, and answers its status.
      .filter((id) => before.get(id)?.status === "pending")
    if (cancelled.length === 0) return null
    return async () => {
      const retried = await actOnAll("retry", cancelled)
      const failed = retried.filter((fate) => !fate.done)
      return [...failed, ...await restore(retried.filter((fate) => fate.done).map(({ id }) => id))]
    }
  }
  if (action === "run-now") {
    const now = serverNow()
    const early = done.map(({ id }) => id).filter((id) => (before.get(id)?.availableAt ?? 0) > now)
    return early.length === 0 ? null : () => restore(early)
  }
  return null
}

/** The path of a job in the API. */
export const jobPath = (id: string): string => `jobs/${encodeURIComponent(id)}`

/** Says what became of an action on jobs, and offers to take it back where that is possible. */
export const tellFates = (
  action: Action,
  jobs: ReadonlyArray<JobSummary>,
  fates: ReadonlyArray<Fate>,
  onChange: () => void
): void => {
  const done = fates.filter((fate) => fate.done).length
  const refused = fates.filter((fate) => !fate.done)
  const undo = undoOf(action, jobs, fates)
  if (done > 0) {
    const running = action === "cancel" && fates.some((fate) => fate.done && fate.status === "running")
    tell(
      "good",
      `${jobsText(done)} ${running ? "cancelled or asked to stop" : actionWords[action].done}.`,
      undo === null ? undefined : {
        label: "Undo",
        run: () =>
          void undo().then((restored) => {
            const back = restored.filter((fate) => fate.done).length
            const lost = restored.length - back
            tell(
              lost === 0 ? "good" : "bad",
              `${jobsText(back)} restored${lost === 0 ? "" : `, ${lost} could not be`}.`
            )
            onChange()
          })
      }
    )
  }
  if (refused.length > 0) {
    const messages = new Map<string, number>()
    for (const { message } of refused) messages.set(message, (messages.get(message) ?? 0) + 1)
    const [[most] = [""]] = [...messages].sort((left, right) => right[1] - left[1])
    tell("bad", `${jobsText(refused.length)} not ${actionWords[action].done}. ${most}`)
  }
  onChange()
}
