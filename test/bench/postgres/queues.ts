import type { FigureName } from "../figures.ts"
import type { Run } from "../Scenario.ts"
import { createDatabase } from "./database.ts"

/** A database of the run's own. */
export const database = (run: Run): Promise<string> => createDatabase(`${run.folder}/jobs.db`)

/** The queues that are compared. Each is loaded only where it runs. */
export const queues = {
  holdfast: () => import("./holdfast.ts"),
  "graphile-worker": () => import("./graphileWorker.ts"),
  "pg-boss": () => import("./pgBoss.ts")
}

export type QueueName = keyof typeof queues

/** The figures of every scenario of throughput. */
export const throughput: ReadonlyArray<FigureName> = [
  "jobsPerSecond",
  "cpuMicrosPerJob",
  "serverCpuMicrosPerJob",
  "walBytesPerJob"
]
