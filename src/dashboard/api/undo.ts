import type { Client } from "./client.ts"
import { asApiError } from "./client.ts"
import type { Action, Fate, JobSummary, JobView } from "./wire.ts"

/** The new values of an edit of a pending job. A field that is left out stays as it is. */
export interface Change {
  /** Epoch milliseconds. */
  readonly availableAt?: number
  readonly priority?: number
}

/** The path of a job in the API. */
export const jobPath = (id: string): string => `jobs/${encodeURIComponent(id)}`

/**
 * Gives a pending job what it had before, unless an attempt began since: then its due time is the one that the attempt
 * gave it, and nothing is changed.
 */
export const putBack = async (client: Client, before: JobSummary, change: Change): Promise<Fate> => {
  const { attempts, id } = before
  try {
    const now = await client.ask<JobView>("GET", jobPath(id))
    if (now.attempts !== attempts) {
      return {
        id,
        done: false,
        error: "attempted",
        message: "An attempt of the job began since, so nothing was changed."
      }
    }
    await client.ask("PATCH", jobPath(id), change)
    return { id, done: true, status: "pending" }
  } catch (error) {
    const { message, tag } = asApiError(error)
    return { id, done: false, error: tag, message }
  }
}

/** Makes a cancelled job wait again until it was due before, in one write, so that it never runs earlier. */
const retryAt = async (client: Client, { availableAt, id }: JobSummary): Promise<Fate> => {
  try {
    await client.ask("POST", `${jobPath(id)}/retry`, { availableAt })
    return { id, done: true, status: "pending" }
  } catch (error) {
    const { message, tag } = asApiError(error)
    return { id, done: false, error: tag, message }
  }
}

/** An undo, and the number of jobs that it is for. */
export interface Undo {
  readonly jobs: number
  readonly run: () => Promise<ReadonlyArray<Fate>>
}

/**
 * Takes an action back where that is possible; null where it is not. `jobs` are as they were before the action, and
 * `now` is the server's time of it.
 */
export const undoOf = (
  { action, client, fates, jobs, now, retry }: {
    readonly action: Action
    readonly client: Client
    readonly fates: ReadonlyArray<Fate>
    readonly jobs: ReadonlyArray<JobSummary>
    readonly now: number
    readonly retry: (ids: ReadonlyArray<string>) => Promise<ReadonlyArray<Fate>>
  }
): Undo | null => {
  const before = new Map(jobs.map((job) => [job.id, job]))
  const pending = fates.flatMap((fate) => {
    const job = before.get(fate.id)
    return fate.done && job?.status === "pending" ? [{ fate, job }] : []
  })
  if (action === "cancel") {
    // A job that has ended meanwhile is left as it is, and answers its status.
    const cancelled = pending.filter(({ fate }) => fate.status === "cancelled").map(({ job }) => job)
    const later = cancelled.filter(({ availableAt }) => availableAt > now)
    const due = cancelled.filter(({ availableAt }) => availableAt <= now).map(({ id }) => id)
    return cancelled.length === 0 ? null : {
      jobs: cancelled.length,
      run: async () => {
        const restored = due.length === 0 ? [] : [...await retry(due)]
        for (const job of later) restored.push(await retryAt(client, job))
        return restored
      }
    }
  }
  if (action === "run-now") {
    const early = pending.map(({ job }) => job).filter(({ availableAt }) => availableAt > now)
    return early.length === 0 ? null : {
      jobs: early.length,
      run: async () => {
        const restored: Array<Fate> = []
        for (const job of early) restored.push(await putBack(client, job, { availableAt: job.availableAt }))
        return restored
      }
    }
  }
  return null
}
