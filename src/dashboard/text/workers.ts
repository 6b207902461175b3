import type { WorkerRecord } from "../../domain/WorkerRecord.ts"
import type { JobSummary } from "../api/wire.ts"

/** The state of a worker in a word. A dead one is dead, whatever it last reported. */
export const workerState = ({ isDraining, isLive }: WorkerRecord): "live" | "draining" | "dead" =>
  isLive ? isDraining ? "draining" : "live" : "dead"

/** The queues that a worker claims from, each with the most jobs at once. */
export const queuesText = ({ queues }: WorkerRecord): string =>
  queues === null ? "every queue" : queues.map(({ concurrency, queue }) => `${queue} (${concurrency})`).join(", ")

/** The jobs whose leases a worker holds. A claim inside a transaction adds a mark to its name, behind a `#`. */
export const jobsOf = ({ worker }: WorkerRecord, running: ReadonlyArray<JobSummary>): ReadonlyArray<JobSummary> =>
  running.filter(({ lockedBy }) => lockedBy === worker || (lockedBy?.startsWith(`${worker}#`) ?? false))
