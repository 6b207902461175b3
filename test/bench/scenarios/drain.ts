import type { Durability, Run, Sample, Scenario } from "../Scenario.ts"
import { migrated } from "./migrated.ts"

/** Jobs that wait, taken and settled by one worker as fast as it can. */
const drainAt = (concurrency: number, jobs: number, claimAhead = 0) => {
  const database = (run: Run) => `${run.folder}/jobs.db`
  const holdfast = (durability: Durability, lines = false, ahead = 0) => async (run: Run): Promise<Sample> => {
    const { drain } = await import("../contenders/holdfast.ts")
    return drain({ database: database(run), durability, lines, concurrency, claimAhead: ahead, jobs: run.count(jobs) })
  }
  const plainjob = (durability: Durability) => async (run: Run): Promise<Sample> => {
    const { drain } = await import("../contenders/plainjob.ts")
    return drain({ file: database(run), durability, jobs: run.count(jobs) })
  }
  const persistedQueue = (durability: Durability) => async (run: Run): Promise<Sample> => {
    const { drain } = await import("../contenders/persistedQueue.ts")
    return drain({ file: database(run), durability, concurrency, jobs: run.count(Math.ceil(jobs / 4)) })
  }
  const raw = (durability: Durability) => async (run: Run): Promise<Sample> => {
    const { drain } = await import("../contenders/raw.ts")
    return drain({ file: run.copyOf("migrated"), durability, batch: concurrency, jobs: run.count(jobs) })
  }
  return {
    name: `drain-${concurrency}`,
    title: `Drain at concurrency ${concurrency}`,
    about: `${jobs.toLocaleString("en-US")} jobs wait (a quarter of them for SqlPersistedQueue, which is slower) `
      + `and one worker runs them, after a fifth of them to warm up. NORMAL unless FULL is said. `
      + (claimAhead > 0 ? `Claim-ahead is of ${claimAhead}. ` : "")
      + `The floor claims ${concurrency} and completes ${concurrency}, each in one transaction.`,
    figures: ["jobsPerSecond", "cpuMicrosPerJob"],
    chart: "jobsPerSecond",
    databases: migrated,
    contenders: {
      holdfast: holdfast("normal"),
      "holdfast, FULL": holdfast("full"),
      "holdfast, Info lines": holdfast("normal", true),
      ...claimAhead > 0 && { "holdfast, claim-ahead": holdfast("normal", false, claimAhead) },
      plainjob: plainjob("normal"),
      "plainjob, FULL": plainjob("full"),
      SqlPersistedQueue: persistedQueue("normal"),
      "SqlPersistedQueue, FULL": persistedQueue("full"),
      "raw floor": raw("normal"),
      "raw floor, FULL": raw("full")
    }
  } satisfies Partial<Scenario>
}

const beside = (rival: string, figure: "jobsPerSecond" = "jobsPerSecond") =>
  ({ what: `jobs/s over ${rival}`, figure, of: "holdfast", over: rival }) as const

const others = [
  { what: "FULL: jobs/s over plainjob", figure: "jobsPerSecond", of: "holdfast, FULL", over: "plainjob, FULL" },
  {
    what: "FULL: jobs/s over SqlPersistedQueue",
    figure: "jobsPerSecond",
    of: "holdfast, FULL",
    over: "SqlPersistedQueue, FULL"
  },
  { what: "with Info lines over without", figure: "jobsPerSecond", of: "holdfast, Info lines", over: "holdfast" }
] as const

export const drain100: Scenario = {
  ...drainAt(100, 10_000),
  comparisons: [
    { ...beside("plainjob"), atLeast: 2 },
    { ...beside("SqlPersistedQueue"), atLeast: 4 },
    { what: "FULL over NORMAL", figure: "jobsPerSecond", of: "holdfast, FULL", over: "holdfast", atLeast: 0.7 },
    {
      what: "CPU a job as a multiple of the raw floor",
      figure: "cpuMicrosPerJob",
      of: "holdfast",
      over: "raw floor",
      atMost: 7
    },
    ...others
  ]
}

export const drain10: Scenario = {
  ...drainAt(10, 5000),
  comparisons: [{ ...beside("plainjob"), atLeast: 1 }, beside("SqlPersistedQueue"), ...others]
}

export const drain1: Scenario = {
  ...drainAt(1, 2500, 99),
  comparisons: [
    { ...beside("plainjob"), atLeast: 0.25 },
    {
      what: "with claim-ahead, jobs/s over plainjob",
      figure: "jobsPerSecond",
      of: "holdfast, claim-ahead",
      over: "plainjob",
      atLeast: 0.6
    },
    beside("SqlPersistedQueue"),
    ...others
  ]
}
