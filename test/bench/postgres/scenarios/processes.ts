import type { Run, Sample, Scenario } from "../../Scenario.ts"
import { database, throughput } from "../queues.ts"

const jobs = 20_000

const drainBy = (processes: number) => async (run: Run): Promise<Sample> => {
  const { drainByProcesses } = await import("../processes.ts")
  return drainByProcesses(await database(run), { processes, jobs: run.count(jobs) })
}

/** A drain by several worker processes. */
export const processes: Scenario = {
  name: "processes",
  title: "Drain by several processes",
  about:
    `${
      jobs.toLocaleString("en-US")
    } jobs wait, and each of so many worker processes runs its share of them, a hundred at a time, `
    + "after a fifth of them to warm up. CPU is that of all workers.",
  figures: throughput,
  contenders: Object.fromEntries([1, 2, 4, 8].map((count) => [`holdfast, ${count}`, drainBy(count)])),
  comparisons: [2, 4, 8].map((count) => ({
    what: `${count} processes over one`,
    figure: "jobsPerSecond" as const,
    of: `holdfast, ${count}`,
    over: "holdfast, 1"
  }))
}
