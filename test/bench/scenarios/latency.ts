import type { QueueName } from "../conversation.ts"
import { makeEar, produce, queues, startProducer } from "../conversation.ts"
import type { Run, Sample, Scenario } from "../Scenario.ts"

const jobs = 250

/** The sender and the worker share one handle on the file, or have one each. */
const inOneProcess = (name: QueueName, { handles = 1 } = {}) => async (run: Run): Promise<Sample> => {
  const file = `${run.folder}/jobs.db`
  const listener = await queues[name](file)
  const sender = handles === 1 ? listener : await queues[name](file)
  const ear = makeEar(run.count(jobs))
  await listener.listen(ear.hear)
  await produce(run.count(jobs), sender.send)
  return ear.end()
}

const acrossProcesses = (name: QueueName) => async (run: Run): Promise<Sample> => {
  const file = `${run.folder}/jobs.db`
  const ear = makeEar(run.count(jobs))
  await (await queues[name](file)).listen(ear.hear)
  await startProducer({ queue: name, file, jobs: run.count(jobs) })
  return ear.end()
}

const about =
  `${jobs} jobs, one every 10 to 20 ms, to an idle worker at concurrency 10 with its default settings, FULL. `
  + "From the call of the enqueue to the start of the handler, so that the commit is in it. The rivals only poll: every 10 ms here."

/** From an enqueue to the handler's start, in one process. */
export const latency: Scenario = {
  name: "latency",
  title: "Enqueue to start, in one process",
  about:
    `${about} Beside it, how long an idle process takes to come to the next turn of its event loop, and how long the disk takes `
    + "for the two commits that come between: the enqueue's and the claim's.",
  figures: ["p50Millis", "p99Millis"],
  contenders: {
    holdfast: inOneProcess("holdfast"),
    plainjob: inOneProcess("plainjob"),
    SqlPersistedQueue: inOneProcess("persistedQueue"),
    "two commits": inOneProcess("twoCommits"),
    "idle process": async (run) => {
      const ear = makeEar(run.count(jobs))
      await produce(run.count(jobs), (payload) => setImmediate(() => ear.hear(payload)))
      return ear.end()
    }
  },
  comparisons: [
    { what: "p50 less an idle process's, ms", figure: "p50Millis", of: "holdfast", less: "idle process", atMost: 1 },
    { what: "p99 less an idle process's, ms", figure: "p99Millis", of: "holdfast", less: "idle process", atMost: 6 },
    { what: "p50 less two commits', ms", figure: "p50Millis", of: "holdfast", less: "two commits" },
    { what: "p99 less two commits', ms", figure: "p99Millis", of: "holdfast", less: "two commits" }
  ]
}

/** From an enqueue to the handler's start, from another process on the file. */
export const latencyAcross: Scenario = {
  name: "latency-across",
  title: "Enqueue to start, from another process",
  about: `${about} Beside it, how long a message takes between two processes that do nothing else.`,
  figures: ["p50Millis", "p99Millis"],
  contenders: {
    holdfast: acrossProcesses("holdfast"),
    "holdfast, two runtimes in one process": inOneProcess("holdfast", { handles: 2 }),
    plainjob: acrossProcesses("plainjob"),
    SqlPersistedQueue: acrossProcesses("persistedQueue"),
    "idle processes": async (run) => {
      const ear = makeEar(run.count(jobs))
      const producer = await startProducer({ file: "", jobs: run.count(jobs) })
      producer.on("message", ear.hear)
      return ear.end()
    }
  },
  comparisons: ["holdfast", "holdfast, two runtimes in one process"].flatMap((of) => [
    {
      what: `${of}: p50 less idle processes', ms`,
      figure: "p50Millis" as const,
      of,
      less: "idle processes",
      atMost: 2
    },
    {
      what: `${of}: p99 less idle processes', ms`,
      figure: "p99Millis" as const,
      of,
      less: "idle processes",
      atMost: 10
    }
  ])
}
