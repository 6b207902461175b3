/**
 * Tools for tests of apps with jobs, as `holdfast/testing`. They work with any test
 * runner; with Effect's TestClock, as in `it.effect` of `@effect/vitest`, a test
 * moves time itself.
 *
 * @since 0.1.0
 */

// a Holdfast of the test's own
export { layer, layerMemory } from "./testing/layer.ts"
export { layerPostgres } from "./testing/layerPostgres.ts"
export type { PostgresTestOptions } from "./testing/layerPostgres.ts"

// what was enqueued
export { assertEnqueued, assertNotEnqueued, enqueued } from "./testing/enqueued.ts"
export type { EnqueuedJob, ExpectedOptions, ExpectedPayload, UnreadableJobs } from "./testing/enqueued.ts"

// run what was enqueued, or one handler
export type { Attempted } from "./testing/Attempted.ts"
export { perform } from "./testing/perform.ts"
export type { Circumstances } from "./testing/perform.ts"
export { runAll, runDue } from "./testing/runJobs.ts"
export type { RunFailure, RunOptions } from "./testing/runJobs.ts"

// let time pass
export { advance } from "./testing/clock.ts"

// let things go wrong
export { answeredAfter, answerLost, dying, failing, hanging, StoreFaults } from "./testing/StoreFaults.ts"
export type { Broken, Fault, StoreOperation } from "./testing/StoreFaults.ts"
export { takeLeaseAway } from "./testing/takeLeaseAway.ts"

// hold a job store of your own to what every store promises
export { storePromises } from "./testing/conformance/storePromises.ts"
export type { StorePromise } from "./testing/conformance/storePromises.ts"

// what a test fails with
export {
  JobNotRunning,
  NotEnqueued,
  PromiseBroken,
  StillDue,
  StillRunning,
  UnexpectedlyEnqueued
} from "./testing/errors.ts"
