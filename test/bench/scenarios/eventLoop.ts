import type { Scenario } from "../Scenario.ts"

const jobs = 10_000

const drain = "holdfast, drain"
const enqueue = "holdfast, 64 fibers enqueueing"

/** How long busy processes keep their timers waiting. */
export const eventLoop: Scenario = {
  name: "event-loop",
  title: "The event loop under load",
  about:
    `A timer of 1 ms beside a drain of ${
      jobs.toLocaleString("en-US")
    } jobs at concurrency 100, and beside 64 fibers that enqueue as many; NORMAL. `
    + "A gap is the time that it fires late. The machine makes gaps, too: the CPU of a turn is what the process itself used meanwhile.",
  figures: ["gapMillis", "turnCpuMillis", "jobsPerSecond"],
  contenders: {
    [drain]: async (run) => {
      const { drain } = await import("../contenders/holdfast.ts")
      return drain({
        database: `${run.folder}/jobs.db`,
        durability: "normal",
        concurrency: 100,
        jobs: run.count(jobs),
        loop: true
      })
    },
    [enqueue]: async (run) => {
      const { enqueue } = await import("../contenders/holdfast.ts")
      return enqueue({
        database: `${run.folder}/jobs.db`,
        durability: "normal",
        fibers: 64,
        jobs: run.count(jobs),
        loop: true
      })
    },
    "plainjob, drain": async (run) => {
      const { drain } = await import("../contenders/plainjob.ts")
      return drain({ file: `${run.folder}/jobs.db`, durability: "normal", jobs: run.count(jobs), loop: true })
    },
    "idle process": async (run) => {
      const { watchIdle } = await import("../contenders/idle.ts")
      return watchIdle(run.count(2000))
    }
  },
  comparisons: [
    { what: "drain: CPU of the longest turn, ms", figure: "turnCpuMillis", of: drain, atMost: 50 },
    { what: "64 fibers: CPU of the longest turn, ms", figure: "turnCpuMillis", of: enqueue, atMost: 50 },
    { what: "drain: longest gap less an idle process's, ms", figure: "gapMillis", of: drain, less: "idle process" },
    {
      what: "64 fibers: longest gap less an idle process's, ms",
      figure: "gapMillis",
      of: enqueue,
      less: "idle process"
    }
  ]
}
