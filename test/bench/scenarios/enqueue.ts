import type { Durability, Run, Sample, Scenario } from "../Scenario.ts"
import { migrated } from "./migrated.ts"

const database = (run: Run) => `${run.folder}/jobs.db`

const holdfast = (fibers: number, durability: Durability, jobs: number) => async (run: Run): Promise<Sample> => {
  const { enqueue } = await import("../contenders/holdfast.ts")
  return enqueue({ database: database(run), durability, fibers, jobs: run.count(jobs) })
}

/** Enqueues that each wait for their commit. */
export const enqueue: Scenario = {
  name: "enqueue",
  title: "Enqueue, each waiting for its commit",
  about: "10,000 jobs from 64 fibers, 3,000 from one, after a fifth of them to warm up; 3,000 for the rivals. "
    + "FULL unless NORMAL is said. The floor inserts one row a transaction.",
  figures: ["jobsPerSecond", "cpuMicrosPerJob"],
  chart: "jobsPerSecond",
  databases: migrated,
  contenders: {
    "holdfast, 64 fibers": holdfast(64, "full", 10_000),
    "holdfast, one fiber": holdfast(1, "full", 3000),
    "holdfast, 64 fibers, NORMAL": holdfast(64, "normal", 10_000),
    plainjob: async (run) => {
      const { enqueue } = await import("../contenders/plainjob.ts")
      return enqueue({ file: database(run), durability: "full", jobs: run.count(3000) })
    },
    "SqlPersistedQueue, 64 fibers": async (run) => {
      const { enqueue } = await import("../contenders/persistedQueue.ts")
      return enqueue({ file: database(run), durability: "full", fibers: 64, jobs: run.count(3000) })
    },
    "raw floor": async (run) => {
      const { insertSingly } = await import("../contenders/raw.ts")
      return insertSingly({ file: run.copyOf("migrated"), durability: "full", jobs: run.count(3000) })
    }
  },
  comparisons: [
    {
      what: "64 fibers over one",
      figure: "jobsPerSecond",
      of: "holdfast, 64 fibers",
      over: "holdfast, one fiber",
      atLeast: 8
    },
    { what: "64 fibers over plainjob", figure: "jobsPerSecond", of: "holdfast, 64 fibers", over: "plainjob" },
    {
      what: "64 fibers over SqlPersistedQueue's",
      figure: "jobsPerSecond",
      of: "holdfast, 64 fibers",
      over: "SqlPersistedQueue, 64 fibers"
    },
    { what: "64 fibers over the raw floor", figure: "jobsPerSecond", of: "holdfast, 64 fibers", over: "raw floor" },
    { what: "one fiber over plainjob", figure: "jobsPerSecond", of: "holdfast, one fiber", over: "plainjob" }
  ]
}
