import type { QueueName } from "../../conversation.ts"
import { makeEar, produce, queues, startProducer } from "../../conversation.ts"
import type { Run, Sample, Scenario } from "../../Scenario.ts"
import { database } from "../queues.ts"

const jobs = 250

const inOneProcess = (name: QueueName) => async (run: Run): Promise<Sample> => {
  const queue = await queues[name](await database(run))
  const ear = makeEar(run.count(jobs))
  await queue.listen(ear.hear)
  await produce(run.count(jobs), queue.send)
  return ear.end()
}

const acrossProcesses = (name: QueueName) => async (run: Run): Promise<Sample> => {
  const url = await database(run)
  const ear = makeEar(run.count(jobs))
  await (await queues[name](url)).listen(ear.hear)
  await startProducer({ queue: name, file: url, jobs: run.count(jobs) })
  return ear.end()
}

const about = `${jobs} jobs, one every 10 to 20 ms, to an idle worker that runs ten at a time. `
  + "From the call of the enqueue to the start of the handler, so that the commit is in it. "

/** From an enqueue to the handler's start, in one process. */
export const latency: Scenario = {
  name: "latency",
  title: "Enqueue to start, in one process",
  about: `${about}Holdfast wakes its own worker in memory; the others hear of their own jobs by NOTIFY.`,
  figures: ["p50Millis", "p99Millis"],
  contenders: {
    holdfast: inOneProcess("holdfast on PostgreSQL"),
    "graphile-worker": inOneProcess("graphile-worker"),
    "pg-boss": inOneProcess("pg-boss")
  },
  comparisons: [
    { what: "p50 over graphile-worker's", figure: "p50Millis", of: "holdfast", over: "graphile-worker" }
  ]
}

/** From an enqueue to the handler's start, from another process. */
export const latencyAcross: Scenario = {
  name: "latency-across",
  title: "Enqueue to start, from another process",
  about: `${about}All are woken by NOTIFY.`,
  figures: ["p50Millis", "p99Millis"],
  contenders: {
    holdfast: acrossProcesses("holdfast on PostgreSQL"),
    "graphile-worker": acrossProcesses("graphile-worker"),
    "pg-boss": acrossProcesses("pg-boss")
  },
  comparisons: [
    { what: "p50, ms", figure: "p50Millis", of: "holdfast", atMost: 5 },
    { what: "p50 over graphile-worker's", figure: "p50Millis", of: "holdfast", over: "graphile-worker" }
  ]
}
