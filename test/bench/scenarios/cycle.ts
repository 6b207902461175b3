import type { Durability, Run, Sample, Scenario } from "../Scenario.ts"

const jobs = 10_000
const producers = 100

const database = (run: Run) => `${run.folder}/jobs.db`

const holdfast = (durability: Durability) => async (run: Run): Promise<Sample> => {
  const { cycle } = await import("../contenders/holdfast.ts")
  return cycle({ database: database(run), durability, concurrency: 100, producers, jobs: run.count(jobs) })
}

const plainjob = (durability: Durability) => async (run: Run): Promise<Sample> => {
  const { cycle } = await import("../contenders/plainjob.ts")
  return cycle({ file: database(run), durability, producers, jobs: run.count(jobs) })
}

const plainjobDrain = (durability: Durability) => async (run: Run): Promise<Sample> => {
  const { drain } = await import("../contenders/plainjob.ts")
  return drain({ file: database(run), durability, jobs: run.count(jobs) })
}

const persistedQueue = async (run: Run): Promise<Sample> => {
  const { cycle } = await import("../contenders/persistedQueue.ts")
  return cycle({
    file: database(run),
    durability: "normal",
    concurrency: 100,
    producers,
    jobs: run.count(jobs / 4)
  })
}

/** A job's whole life, in one process. */
export const cycle: Scenario = {
  name: "cycle",
  title: "Whole cycle: enqueue, claim, run, settle",
  about:
    `${producers} producers enqueue ${
      jobs.toLocaleString("en-US")
    } jobs between them (a quarter for SqlPersistedQueue), `
    + `each waiting until its job is committed, while a worker of concurrency 100 in the same process drains them. `
    + `NORMAL unless FULL is said. plainjob's drain, of jobs that wait already, stands beside it.`,
  figures: ["jobsPerSecond", "cpuMicrosPerJob"],
  chart: "jobsPerSecond",
  contenders: {
    holdfast: holdfast("normal"),
    "holdfast, FULL": holdfast("full"),
    plainjob: plainjob("normal"),
    "plainjob, FULL": plainjob("full"),
    "plainjob's drain": plainjobDrain("normal"),
    "plainjob's drain, FULL": plainjobDrain("full"),
    SqlPersistedQueue: persistedQueue
  },
  comparisons: [
    {
      what: "jobs/s over plainjob's drain",
      figure: "jobsPerSecond",
      of: "holdfast",
      over: "plainjob's drain",
      atLeast: 0.7
    },
    {
      what: "FULL: jobs/s over plainjob's drain",
      figure: "jobsPerSecond",
      of: "holdfast, FULL",
      over: "plainjob's drain, FULL"
    },
    { what: "jobs/s over plainjob's cycle", figure: "jobsPerSecond", of: "holdfast", over: "plainjob" },
    { what: "jobs/s over SqlPersistedQueue", figure: "jobsPerSecond", of: "holdfast", over: "SqlPersistedQueue" }
  ]
}
