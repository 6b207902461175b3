import { asApiError } from "../api/client.ts"
import type { Tally } from "../api/bulk.ts"
import { sum } from "../api/bulk.ts"
import { undoOf } from "../api/undo.ts"
import type { Action, Fate, JobSummary } from "../api/wire.ts"
import type { JobStatus } from "../../domain/JobRecord.ts"
import { jobsText, numberText } from "../text/format.ts"
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

/**
 * Acts on jobs, a hundred in a request, and tells how many are done as it goes. Retried ones are due now, or at an
 * instant in epoch milliseconds.
 */
export const actOnAll = async (
  action: Action,
  ids: ReadonlyArray<string>,
  onProgress: (done: number) => void = () => {},
  availableAt?: number
): Promise<ReadonlyArray<Fate>> => {
  const fates: Array<Fate> = []
  for (let begin = 0; begin < ids.length; begin += mostAtOnce) {
    const chunk = ids.slice(begin, begin + mostAtOnce)
    try {
      const answer = await client.ask<{ readonly fates: ReadonlyArray<Fate> }>("POST", "jobs/actions", {
        action,
        ids: chunk,
        ...availableAt === undefined ? {} : { availableAt }
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

/** Says what became of an action on jobs, and offers to take it back where that is possible. */
export const tellFates = (
  action: Action,
  jobs: ReadonlyArray<JobSummary>,
  fates: ReadonlyArray<Fate>,
  onChange: () => void
): void => {
  const done = fates.filter((fate) => fate.done).length
  const refused = fates.filter((fate) => !fate.done)
  const undo = undoOf({
    action,
    client,
    fates,
    jobs,
    now: serverNow(),
    retry: (ids, availableAt) => actOnAll("retry", ids, undefined, availableAt)
  })
  if (done > 0) {
    const running = action === "cancel" && fates.some((fate) => fate.done && fate.status === "running")
    tell(
      "good",
      `${jobsText(done)} ${running ? "cancelled or asked to stop" : actionWords[action].done}.`,
      undo === null ? undefined : {
        label: undo.jobs === done ? "Undo" : `Undo for ${jobsText(undo.jobs)}`,
        run: () =>
          void undo.run().then((restored) => {
            const back = restored.filter((fate) => fate.done).length
            const lost = restored.filter((fate) => !fate.done)
            tell(
              lost.length === 0 ? "good" : "bad",
              lost.length === 0
                ? `${jobsText(back)} restored.`
                : `${jobsText(back)} restored, ${numberText(lost.length)} not. ${commonest(reasonsOf(lost))}`
            )
            onChange()
          })
      }
    )
  }
  if (refused.length > 0) {
    tell("bad", `${jobsText(refused.length)} not ${actionWords[action].done}. ${commonest(reasonsOf(refused))}`)
  }
  onChange()
}

/** Tells the outcome of an action on the jobs of a filter. There is no undo, since their due times are not known here. */
export const tellTally = (action: Action, tally: Tally, onChange: () => void): void => {
  const { asked, done, refused, skipped, stopped } = tally
  const changed = jobsText(skipped)
  if (done > 0 || skipped > 0) {
    tell(
      "good",
      `${jobsText(done)} ${asked > 0 ? "cancelled or asked to stop" : actionWords[action].done}.${
        skipped === 0 ? "" : ` ${changed} had changed before, and stayed as ${skipped === 1 ? "it is" : "they are"}.`
      }`
    )
  }
  if (refused.size > 0) {
    tell("bad", `${jobsText(sum(refused))} not ${actionWords[action].done}. ${commonest(refused)}`)
  }
  if (stopped !== null) {
    tell("bad", `Stopped after ${jobsText(done)}, which stay ${actionWords[action].done}. ${stopped}`)
  }
  if (done === 0 && skipped === 0 && refused.size === 0 && stopped === null) tell("good", "No job fitted any more.")
  onChange()
}

/** The number of jobs that were refused, by the sentence that says why. */
const reasonsOf = (refused: ReadonlyArray<Fate & { readonly done: false }>): ReadonlyMap<string, number> => {
  const reasons = new Map<string, number>()
  for (const { message } of refused) reasons.set(message, (reasons.get(message) ?? 0) + 1)
  return reasons
}

/** The reason that most jobs were refused for. */
const commonest = (reasons: ReadonlyMap<string, number>): string => {
  const [[most] = [""]] = [...reasons].sort((left, right) => right[1] - left[1])
  return most
}
