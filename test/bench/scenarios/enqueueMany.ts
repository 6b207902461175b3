import type { Scenario } from "../Scenario.ts"
import { migrated } from "./migrated.ts"

const jobs = 20_000

/** Many jobs in one call. */
export const enqueueMany: Scenario = {
  name: "enqueue-many",
  title: "Enqueue, many at once",
  about:
    `${jobs.toLocaleString("en-US")} jobs in one call and one transaction, NORMAL, after a fifth of them to warm up. `
    + "The floor inserts rows made beforehand into the same table; Holdfast's time holds the encoding and the ids.",
  figures: ["jobsPerSecond", "cpuMicrosPerJob"],
  databases: migrated,
  contenders: {
    holdfast: async (run) => {
      const { enqueueAtOnce } = await import("../contenders/holdfast.ts")
      return enqueueAtOnce({ database: `${run.folder}/jobs.db`, durability: "normal", jobs: run.count(jobs) })
    },
    plainjob: async (run) => {
      const { enqueueAtOnce } = await import("../contenders/plainjob.ts")
      return enqueueAtOnce({ file: `${run.folder}/jobs.db`, durability: "normal", jobs: run.count(jobs) })
    },
    "raw floor": async (run) => {
      const { insertAtOnce } = await import("../contenders/raw.ts")
      return insertAtOnce({ file: run.copyOf("migrated"), durability: "normal", jobs: run.count(jobs) })
    }
  },
  comparisons: [
    {
      what: "jobs/s over the raw floor",
      figure: "jobsPerSecond",
      of: "holdfast",
      over: "raw floor",
      atLeast: 0.4
    },
    { what: "jobs/s over plainjob", figure: "jobsPerSecond", of: "holdfast", over: "plainjob" }
  ]
}
