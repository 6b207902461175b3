/**
 * What the definition of a job and its handler are made of, as `holdfast/define`:
 * without a database and without Node's modules, for what is bundled for a
 * browser or an edge, or shared with it.
 *
 * @since 0.1.0
 */

export type { Backoff } from "./domain/Backoff.ts"
export { defaultBackoff } from "./domain/Backoff.ts"
export { CurrentJob } from "./domain/CurrentJob.ts"
export * as Job from "./domain/Job.ts"
export { JobId } from "./domain/JobId.ts"
export { NeverRetry, neverRetry, Snooze, snooze } from "./domain/Verdict.ts"
export type { Verdict } from "./domain/Verdict.ts"

// what goes wrong
export { ForeignTransaction, InvalidJob, InvalidOption, LeaseLost, StoreError } from "./domain/errors.ts"
