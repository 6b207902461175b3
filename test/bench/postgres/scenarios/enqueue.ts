import type { Run, Sample, Scenario } from "../../Scenario.ts"
import type { QueueName } from "../queues.ts"
import { database, queues, throughput } from "../queues.ts"

const enqueueOf = (name: QueueName, fibers: number, jobs: number) => async (run: Run): Promise<Sample> => {
  const { enqueue } = await queues[name]()
  return enqueue(await database(run), { fibers, jobs: run.count(jobs) })
}

/** Enqueues that each wait for their commit. */
export const enqueue: Scenario = {
  name: "enqueue",
  title: "Enqueue, each waiting for its commit",
  about: "5,000 jobs from 64 fibers, 1,000 from one, after a fifth of them to warm up.",
  figures: throughput,
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
export const enqueueMany: Scenario = {
  name: "enqueue-many",
  title: "Enqueue, many at once",
  about: "20,000 jobs in one call and one transaction, after a fifth of them to warm up.",
  figures: throughput,
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
