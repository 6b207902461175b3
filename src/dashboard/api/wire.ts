/** The shapes of what the API answers. Instants are epoch milliseconds. */

import type { Reason } from "../../domain/Explanation.ts"
import type { JobFailure, JobStatus } from "../../domain/JobRecord.ts"

/** The access that the token of the page gives, and facts about the server. */
export interface Session {
  readonly access: "full" | "read"
  readonly version: string
  readonly database: "sqlite" | "postgresql" | null
  /** False if the server hides payloads, results and the texts of errors. */
  readonly payloads: boolean
  /** False if the server refuses a filter by a part of the error. */
  readonly searchesErrors: boolean
  readonly now: number
}

/** A job in a list. */
export interface JobSummary {
  readonly id: string
  readonly queue: string
  readonly kind: string
  readonly status: JobStatus
  readonly priority: number
  readonly partitionKey: string | null
  readonly uniqueKey: string | null
  readonly attempts: number
  readonly failures: number
  readonly maxAttempts: number
  readonly availableAt: number
  readonly lockedAt: number | null
  readonly lockedBy: string | null
  readonly lockedUntil: number | null
  readonly cancelRequestedAt: number | null
  /** At most its first 200 characters. */
  readonly lastError: string | null
  readonly createdAt: number
  readonly updatedAt: number
  readonly finishedAt: number | null
}

/** The filter of a list of jobs: a job fits if it fits all. */
export interface JobFilter {
  readonly status?: JobStatus | undefined
  readonly queue?: string | undefined
  readonly kind?: string | undefined
  readonly partition?: string | undefined
  readonly uniqueKey?: string | undefined
  /** A part of the last error. */
  readonly error?: string | undefined
}

/** A page of jobs, newest first. It may be short, or empty, although `cursor` is not null. */
export interface JobPage {
  readonly jobs: ReadonlyArray<JobSummary>
  readonly cursor: string | null
}

/** A whole job. */
export interface JobView extends JobSummary {
  readonly payload?: unknown
  readonly uniqueScope: string | null
  readonly holdsKey: boolean
  readonly settledAttempt: number | null
  readonly settledBy: string | null
  readonly settledAs: string | null
  readonly settledTo: JobStatus | null
  readonly progress?: unknown
  readonly result?: unknown
  readonly lastErrorValue?: unknown
  readonly errors: ReadonlyArray<JobFailure>
  readonly unreadable: ReadonlyArray<string>
  /** True if the server does not show payload, progress, result and the texts of errors. */
  readonly hidden: boolean
}

/** The reasons for the state of a job, each with a sentence in `text`. */
export interface Explained {
  readonly at: number
  readonly reasons: ReadonlyArray<Reason & { readonly text: string }>
}

/** The counts of all queues at one instant. */
export interface HistoryPoint {
  readonly at: number
  readonly pending: number
  readonly due: number
  readonly running: number
  readonly stale: number
  readonly oldestDueAt: number | null
  /** Jobs that ended in the interval before `at`. */
  readonly succeeded: number
  readonly failed: number
  readonly cancelled: number
  /** A count stopped before its end: there were more. */
  readonly isMore: boolean
}

/** The looks of the last hour, oldest first. */
export interface History {
  /** Milliseconds between two looks. */
  readonly every: number
  readonly points: ReadonlyArray<HistoryPoint>
}

/** An action on many jobs. */
export type Action = "cancel" | "retry" | "run-now" | "delete"

/** The result for one job of an action on many. */
export type Fate =
  | { readonly id: string; readonly done: true; readonly status: JobStatus }
  | { readonly id: string; readonly done: false; readonly error: string; readonly message: string }
