import type { JobCount } from "../../domain/Stats.ts"
import type { Client } from "./client.ts"
import { asApiError } from "./client.ts"
import { query } from "../text/query.ts"
import type { Action, Fate, JobFilter } from "./wire.ts"

/** Counts the jobs of a filter; with an action, those that it can change. Throws `ApiError`. */
export const countJobs = (client: Client, filter: JobFilter, action?: Action): Promise<JobCount> =>
  client.ask<JobCount>("GET", `count${query({ ...filter, action })}`)

/** The outcome of an action on the jobs of a filter, in numbers. */
export interface Tally {
  readonly done: number
  /** Of those, running jobs whose workers were asked to stop them. */
  readonly asked: number
  /** Jobs that did not fit any more when their turn came. */
  readonly skipped: number
  /** Jobs that were refused, by the sentence that says why. */
  readonly refused: ReadonlyMap<string, number>
  /** The sentence of the request that failed, after which no more were sent; null if none did. */
  readonly stopped: string | null
}

/**
 * Carries out an action on the counted jobs of a filter, a hundred in a request, and reports its progress. `counted` is the
 * cursor of the count. It ends at the first request that fails. What was done stays done.
 */
export const actOnFilter = async (
  client: Client,
  action: Action,
  filter: JobFilter,
  counted: string | null,
  onProgress: (jobs: number) => void
): Promise<Tally> => {
  // JSON leaves out members that are undefined.
  const body = { action, filter: Object.values(filter).every((value) => value === undefined) ? { all: true } : filter }
  const refused = new Map<string, number>()
  let done = 0
  let asked = 0
  let skipped = 0
  let cursor = counted
  try {
    do {
      const page: { readonly fates: ReadonlyArray<Fate>; readonly cursor: string | null } = await client.ask(
        "POST",
        "jobs/actions",
        cursor === null ? body : { ...body, cursor }
      )
      for (const fate of page.fates) {
        if (fate.done) {
          done++
          if (action === "cancel" && fate.status === "running") asked++
        } else if (fate.error === "job_not_matching") skipped++
        else refused.set(fate.message, (refused.get(fate.message) ?? 0) + 1)
      }
      cursor = page.cursor
      onProgress(done + skipped + sum(refused))
    } while (cursor !== null)
  } catch (error) {
    return { done, asked, skipped, refused, stopped: asApiError(error).message }
  }
  return { done, asked, skipped, refused, stopped: null }
}

/** The number of jobs that were refused. */
export const sum = (refused: ReadonlyMap<string, number>): number =>
  [...refused.values()].reduce((left, right) => left + right, 0)
