import type { Scenario } from "../Scenario.ts"

const jobs = 10_000

/** Many jobs that run for long. */
export const inFlight: Scenario = {
  name: "in-flight",
  title: "10,000 jobs in flight",
  about:
    "Ten workers of 1,000 in one process hold 10,000 jobs over two beats of each, and then end a hundred in each turn of the loop. NORMAL; "
    + "leases of 5 minutes that renew every 5 s, where the default is 30 s. "
    + "The memory is the resident set at its largest while leases renew, less that before the workers start.",
  figures: ["addedMegabytes", "gapMillis", "turnCpuMillis", "beatGapMillis", "beatTurnCpuMillis"],
  databases: {
    waiting: async (path, { count }) => {
      const { makeDatabase } = await import("../contenders/holdfastClaims.ts")
      await makeDatabase(path, [{ count: count(jobs) }])
    }
  },
  contenders: {
    holdfast: async (run) => {
      const { holdInFlight } = await import("../contenders/holdfastInFlight.ts")
      return holdInFlight({
        database: run.copyOf("waiting"),
        jobs: run.count(jobs),
        beatMillis: run.isFull ? 5000 : 2000
      })
    },
    "idle process": async (run) => {
      const { watchIdle } = await import("../contenders/idle.ts")
      const { gapMillis, turnCpuMillis } = await watchIdle(run.count(5000))
      return { gapMillis, turnCpuMillis, beatGapMillis: gapMillis, beatTurnCpuMillis: turnCpuMillis }
    }
  },
  comparisons: [
    { what: "MB above idle", figure: "addedMegabytes", of: "holdfast", atMost: 250 },
    { what: "CPU of the longest turn, ms", figure: "turnCpuMillis", of: "holdfast", atMost: 50 },
    { what: "the same while leases renew, ms", figure: "beatTurnCpuMillis", of: "holdfast", atMost: 50 },
    { what: "longest gap less an idle process's, ms", figure: "gapMillis", of: "holdfast", less: "idle process" },
    {
      what: "the same while leases renew, ms",
      figure: "beatGapMillis",
      of: "holdfast",
      less: "idle process"
    }
  ]
}
