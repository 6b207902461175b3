/**
 * The parts of a job's definition and its handler, as `holdfast/define`: without
 * a database and without Node's modules, for code that a browser or an edge
 * shares.
 *
 * @since 0.1.0
 */

export type { Backoff } from "./domain/Backoff.ts"
export { defaultBackoff } from "./domain/Backoff.ts"
export { CurrentJob } from "./domain/CurrentJob.ts"
export { JobId } from "./domain/JobId.ts"
export { NeverRetry, neverRetry, Snooze, snooze } from "./domain/Verdict.ts"
export type { Verdict } from "./domain/Verdict.ts"
export * as Job from "./public/Job.ts"

// what goes wrong
export { ForeignTransaction, InvalidJob, InvalidOption, LeaseLost, StoreError } from "./domain/errors.ts"
