import { performance } from "node:perf_hooks"
import type { Sample } from "./Scenario.ts"
import { quantile } from "./statistics.ts"

/** Milliseconds of a clock that every process of this machine shares. */
export const sharedMillis = (): number => Number(process.hrtime.bigint()) / 1e6

/**
 * Begins to measure. The answer, called with the number of jobs that were done,
 * ends it. The CPU is that of the whole process: its garbage collector and
 * threads included.
 */
export const startMeasuring = (options: { readonly loop?: boolean | undefined } = {}) => {
  const loop = options.loop === true ? watchLoop() : undefined
  const cpu = process.cpuUsage()
  const began = performance.now()
  return (jobs: number): Sample => {
    const millis = performance.now() - began
    const { system, user } = process.cpuUsage(cpu)
    const held = loop?.lap() ?? {}
    loop?.stop()
    return { jobsPerSecond: jobs / millis * 1000, cpuMicrosPerJob: (user + system) / jobs, ...held }
  }
}

/** In milliseconds: the shortest that a timer of Node has. */
const tickEvery = 1

/**
 * Watches how long the event loop goes without running a timer, and how much CPU
 * the process takes between two of its ticks. A gap that a busy machine makes is
 * long and takes no CPU.
 */
export const watchLoop = () => {
  let gapMillis = 0
  let turnCpuMillis = 0
  let last = performance.now()
  let cpu = process.cpuUsage()
  const look = () => {
    const now = performance.now()
    const used = process.cpuUsage(cpu)
    gapMillis = Math.max(gapMillis, now - last - tickEvery)
    // Threads add to the CPU of the process, but the turn was no longer than the gap.
    turnCpuMillis = Math.max(turnCpuMillis, Math.min((used.user + used.system) / 1000, now - last))
    last = now
    cpu = process.cpuUsage()
  }
  const timer = setInterval(look, tickEvery)
  return {
    /** The longest since the last lap. */
    lap: () => {
      look()
      const lap = { gapMillis, turnCpuMillis }
      gapMillis = turnCpuMillis = 0
      return lap
    },
    stop: () => clearInterval(timer)
  }
}

/** The middle and the end of some latencies, in milliseconds. */
export const latencies = (millis: ReadonlyArray<number>): Sample => ({
  p50Millis: quantile(millis, 0.5),
  p99Millis: quantile(millis, 0.99)
})

/** The median time of a call, in microseconds. */
export const medianMicros = async (calls: number, call: () => Promise<unknown>): Promise<number> => {
  const micros: Array<number> = []
  for (let n = 0; n < calls; n++) {
    const began = performance.now()
    await call()
    micros.push((performance.now() - began) * 1000)
  }
  return quantile(micros, 0.5)
}

/** Fails a run that has not done what it is measured for. */
export const expectCount = (what: string, count: number, expected: number): void => {
  if (count !== expected) throw new Error(`${what}: ${count} instead of ${expected}`)
}
