import type { Run, Sample, Scenario } from "../../Scenario.ts"
import type { QueueName } from "../queues.ts"
import { database, queues, throughput } from "../queues.ts"

const drainOf = (name: QueueName, concurrency: number, jobs: number) => async (run: Run): Promise<Sample> => {
  const { drain } = await queues[name]()
  return drain(await database(run), { concurrency, jobs: run.count(jobs) })
}

const drainAt = (concurrency: number, jobs: number) => ({
  name: `drain-${concurrency}`,
  title: `Drain at concurrency ${concurrency}`,
  about: `${jobs.toLocaleString("en-US")} jobs wait, and one worker runs them, after a fifth of them to warm up. `
    + `graphile-worker has its local queue of 500 and completes in batches, pg-boss fetches and completes ${concurrency} at a time in four loops. `
    + `The floor claims ${concurrency} and completes ${concurrency}, one statement each, over one connection.`,
  figures: throughput,
  chart: "jobsPerSecond" as const,
  contenders: {
    holdfast: drainOf("holdfast", concurrency, jobs),
    "graphile-worker": drainOf("graphile-worker", concurrency, jobs),
    "pg-boss": drainOf("pg-boss", concurrency, jobs),
    "raw floor": async (run: Run) => {
      const { migrate } = await import("../holdfast.ts")
      const { drain } = await import("../raw.ts")
      const url = await database(run)
      await migrate(url)
      return drain(url, { concurrency, jobs: run.count(jobs) })
    }
  }
})

/** A hundred jobs at a time. */
export const drain100: Scenario = {
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

/** Ten jobs at a time. */
export const drain10: Scenario = {
  ...drainAt(10, 5000),
  comparisons: [
    { what: "jobs/s over graphile-worker", figure: "jobsPerSecond", of: "holdfast", over: "graphile-worker" },
    { what: "jobs/s over pg-boss", figure: "jobsPerSecond", of: "holdfast", over: "pg-boss" }
  ]
}
