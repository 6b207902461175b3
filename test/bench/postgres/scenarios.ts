import type { FigureName } from "../figures.ts"
import type { Run, Sample, Scenario } from "../Scenario.ts"
import { createDatabase } from "./database.ts"

/** A database of the run's own. */
const database = (run: Run) => createDatabase(`${run.folder}/jobs.db`)

/** The queues that are compared. Each is loaded only where it runs. */
const queues = {
  holdfast: () => import("./holdfast.ts"),
  "graphile-worker": () => import("./graphileWorker.ts"),
  "pg-boss": () => import("./pgBoss.ts")
}

type QueueName = keyof typeof queues

const figures: ReadonlyArray<FigureName> = [
  "jobsPerSecond",
  "cpuMicrosPerJob",
  "serverCpuMicrosPerJob",
  "walBytesPerJob"
]

const drainOf = (name: QueueName, concurrency: number, jobs: number) => async (run: Run): Promise<Sample> => {
  const { drain } = await queues[name]()
  return drain(await database(run), { concurrency, jobs: run.count(jobs) })
}

const drainAt = (concurrency: number, jobs: number) => ({
  name: `drain-${concurrency}`,
  title: `Drain at concurrency ${concurrency}`,
  about: `${jobs.toLocaleString("en-US")} jobs wait, and one worker runs them, after a fifth of them to warm up. `
    + `graphile-worker has its local queue of 500 and completes in batches, pg-boss fetches and completes ${concurrency} at a time. `
    + `The floor claims ${concurrency} and completes ${concurrency}, one statement each, over one connection.`,
  figures,
  chart: "jobsPerSecond" as const,
  contenders: {
    holdfast: drainOf("holdfast", concurrency, jobs),
    "graphile-worker": drainOf("graphile-worker", concurrency, jobs),
    "pg-boss": drainOf("pg-boss", concurrency, jobs),
    "raw floor": async (run: Run) => {
      const { migrate } = await import("./holdfast.ts")
      const { drain } = await import("./raw.ts")
      const url = await database(run)
      await migrate(url)
      return drain(url, { concurrency, jobs: run.count(jobs) })
    }
  }
})

const drain100: Scenario = {
  ...drainAt(100, 20_000),
  comparisons: [
    {
      what: "jobs/s over graphile-worker",
      figure: "jobsPerSecond",
      of: "holdfast",
      over: "graphile-worker",
      atLeast: 1
    },
    { what: "jobs/s over pg-boss", figure: "jobsPerSecond", of: "holdfast", over: "pg-boss", atLeast: 3 },
    { what: "CPU a job over graphile-worker's", figure: "cpuMicrosPerJob", of: "holdfast", over: "graphile-worker" },
    {
      what: "server's CPU a job over graphile-worker's",
      figure: "serverCpuMicrosPerJob",
      of: "holdfast",
      over: "graphile-worker"
    },
    { what: "jobs/s over the raw floor", figure: "jobsPerSecond", of: "holdfast", over: "raw floor" }
  ]
}

const drain10: Scenario = {
  ...drainAt(10, 5000),
  comparisons: [
    { what: "jobs/s over graphile-worker", figure: "jobsPerSecond", of: "holdfast", over: "graphile-worker" },
    { what: "jobs/s over pg-boss", figure: "jobsPerSecond", of: "holdfast", over: "pg-boss" }
  ]
}

const enqueueOf = (name: QueueName, fibers: number, jobs: number) => async (run: Run): Promise<Sample> => {
  const { enqueue } = await queues[name]()
  return enqueue(await database(run), { fibers, jobs: run.count(jobs) })
}

/** Enqueues that each wait for their commit. */
const enqueue: Scenario = {
  name: "enqueue",
  title: "Enqueue, each waiting for its commit",
  about: "5,000 jobs from 64 fibers, 1,000 from one, after a fifth of them to warm up.",
  figures,
  chart: "jobsPerSecond",
  contenders: {
    "holdfast, 64 fibers": enqueueOf("holdfast", 64, 5000),
    "holdfast, one fiber": enqueueOf("holdfast", 1, 1000),
    "graphile-worker, 64 fibers": enqueueOf("graphile-worker", 64, 5000),
    "pg-boss, 64 fibers": enqueueOf("pg-boss", 64, 5000)
  },
  comparisons: [
    {
      what: "64 fibers over graphile-worker's",
      figure: "jobsPerSecond",
      of: "holdfast, 64 fibers",
      over: "graphile-worker, 64 fibers"
    },
    {
      what: "64 fibers over pg-boss's",
      figure: "jobsPerSecond",
      of: "holdfast, 64 fibers",
      over: "pg-boss, 64 fibers"
    },
    { what: "64 fibers over one", figure: "jobsPerSecond", of: "holdfast, 64 fibers", over: "holdfast, one fiber" }
  ]
}

const enqueueManyOf = (name: QueueName) => async (run: Run): Promise<Sample> => {
  const { enqueueAtOnce } = await queues[name]()
  return enqueueAtOnce(await database(run), run.count(20_000))
}

/** Many jobs in one call. */
const enqueueMany: Scenario = {
  name: "enqueue-many",
  title: "Enqueue, many at once",
  about: "20,000 jobs in one call and one transaction, after a fifth of them to warm up.",
  figures,
  contenders: {
    holdfast: enqueueManyOf("holdfast"),
    "graphile-worker": enqueueManyOf("graphile-worker"),
    "pg-boss": enqueueManyOf("pg-boss")
  },
  comparisons: [
    {
      what: "jobs/s over graphile-worker",
      figure: "jobsPerSecond",
      of: "holdfast",
      over: "graphile-worker",
      atLeast: 1
    },
    { what: "jobs/s over pg-boss", figure: "jobsPerSecond", of: "holdfast", over: "pg-boss" }
  ]
}

/** The scenarios of `pnpm bench --postgres`, in the order they run. */
export const postgresScenarios: ReadonlyArray<Scenario> = [drain100, drain10, enqueue, enqueueMany]
