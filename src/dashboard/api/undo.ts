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
export const putBack = async (client: Client, { attempts, id }: JobSummary, change: Change): Promise<Fate> => {
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
    /** Retries jobs: they are due now, or at an instant in epoch milliseconds. */
    readonly retry: (ids: ReadonlyArray<string>, availableAt?: number) => Promise<ReadonlyArray<Fate>>
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
    const due = cancelled.filter(({ availableAt }) => availableAt <= now).map(({ id }) => id)
    const later = new Map<number, Array<string>>()
    for (const { availableAt, id } of cancelled) {
      if (availableAt > now) later.set(availableAt, [...later.get(availableAt) ?? [], id])
    }
    return cancelled.length === 0 ? null : {
      jobs: cancelled.length,
      run: async () => {
        const fates = due.length === 0 ? [] : [...await retry(due)]
        // In the write that retries them, so that none runs earlier; those of one instant together.
        for (const [instant, ids] of later) fates.push(...await retry(ids, instant))
        return fates
      }
    }
  }
  if (action === "run-now") {
    const early = pending.map(({ job }) => job).filter(({ availableAt }) => availableAt > now)
    return early.length === 0 ? null : {
      jobs: early.length,
      run: async () => {
        const fates: Array<Fate> = []
        for (const job of early) fates.push(await putBack(client, job, { availableAt: job.availableAt }))
        return fates
      }
    }
  }
  return null
}
