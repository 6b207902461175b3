import { fork } from "node:child_process"
import type { ChildProcess } from "node:child_process"
import { once } from "node:events"
import { fileURLToPath } from "node:url"
import { sharesOf, warmUpOf } from "../load.ts"
import type { Sample } from "../Scenario.ts"
import { enqueueAll, expectDone, migrate } from "./holdfast.ts"
import { startMeasuringOn } from "./measure.ts"

/** A message to a worker process: run so many jobs, then answer with the CPU time in microseconds. */
export interface Share {
  readonly jobs: number
}

const run = async (worker: ChildProcess, jobs: number): Promise<number> => {
  const answer = once(worker, "message")
  worker.send({ jobs } satisfies Share)
  const ended = once(worker, "exit").then(() => {
    throw new Error("a worker process ended before its jobs")
  })
  const [micros] = await Promise.race([answer, ended]) as [number]
  return micros
}

/** Drains jobs by so many worker processes. */
export const drainByProcesses = async (
  url: string,
  { jobs, processes }: { readonly processes: number; readonly jobs: number }
): Promise<Sample> => {
  await migrate(url)
  const workers = Array.from(
    { length: processes },
    () => fork(fileURLToPath(import.meta.resolve("../drainProcess.js")), [url])
  )
  const runAll = (jobs: number) =>
    Promise.all(workers.map((worker, n) => run(worker, sharesOf(jobs, processes)[n] ?? 0)))
  try {
    await enqueueAll(url, warmUpOf(jobs))
    await runAll(warmUpOf(jobs))
    await enqueueAll(url, jobs)
    const stop = await startMeasuringOn(url)
    const micros = await runAll(jobs)
    const sample = await stop(jobs)
    await expectDone(url, jobs + warmUpOf(jobs))
    return { ...sample, cpuMicrosPerJob: micros.reduce((sum, one) => sum + one, 0) / jobs }
  } finally {
    for (const worker of workers) worker.kill("SIGKILL")
  }
}
