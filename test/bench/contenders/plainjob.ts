import Database from "better-sqlite3"
import { better, defineQueue, defineWorker, JobStatus } from "plainjob"
import { expectCount, startMeasuring } from "../measure.ts"
import { payloadOf, payloads, sharesOf, warmUpOf } from "../load.ts"
import type { Durability, Sample } from "../Scenario.ts"

/*
 * plainjob 0.0.14: one job after the other, each claimed and completed by a
 * transaction of its own; no lease and no fence. Its README leads to nothing
 * faster in one process. The lines it logs at Debug are dropped.
 */

const nothing = () => {}
const logger = { debug: nothing, info: nothing, warn: nothing, error: nothing }

/** The queue in a file. */
export const open = (file: string, durability: Durability) => {
  const database = new Database(file)
  const queue = defineQueue({ connection: better(database), logger })
  // plainjob itself sets NORMAL.
  database.pragma(`synchronous = ${durability}`)
  return queue
}

type Queue = ReturnType<typeof open>

/** Runs jobs until so many have completed. */
const work = (queue: Queue, jobs: number) => {
  let completed = 0
  const worker = defineWorker("bench", nothing, {
    queue,
    logger,
    pollIntervall: 1,
    onCompleted: () => {
      completed += 1
      if (completed === jobs) void worker.stop()
    }
  })
  return worker.start()
}

interface Options {
  readonly file: string
  readonly durability: Durability
  readonly jobs: number
  readonly loop?: boolean
}

const expectDone = (queue: Queue, jobs: number) =>
  expectCount("jobs that are done", queue.countJobs({ status: JobStatus.Done }), jobs)

const expectPending = (queue: Queue, jobs: number) =>
  expectCount("jobs that wait", queue.countJobs({ status: JobStatus.Pending }), jobs)

/** Drains jobs that wait. */
export const drain = async (options: Options): Promise<Sample> => {
  const { durability, file, jobs } = options
  const queue = open(file, durability)
  queue.addMany("bench", [...payloads(warmUpOf(jobs))])
  await work(queue, warmUpOf(jobs))
  queue.addMany("bench", [...payloads(jobs)])
  const stop = startMeasuring(options)
  await work(queue, jobs)
  const sample = stop(jobs)
  expectDone(queue, jobs + warmUpOf(jobs))
  return sample
}

/** Drains jobs while producers add them. An `add` has written when it returns. */
export const cycle = async ({ durability, file, jobs, producers }: Options & { readonly producers: number }) => {
  const queue = open(file, durability)
  const produce = async (share: number) => {
    for (let n = 0; n < share; n++) {
      queue.add("bench", payloadOf(n))
      await Promise.resolve()
    }
  }
  const both = (jobs: number) =>
    Promise.all([
      ...sharesOf(jobs, producers).map(produce),
      work(queue, jobs)
    ])
  await both(warmUpOf(jobs))
  const stop = startMeasuring()
  await both(jobs)
  const sample = stop(jobs)
  expectDone(queue, jobs + warmUpOf(jobs))
  return sample
}

/** Adds jobs one by one. It is synchronous, so that more fibers would change nothing. */
export const enqueue = ({ durability, file, jobs }: Options): Promise<Sample> => {
  const queue = open(file, durability)
  const addAll = (jobs: number) => {
    for (let n = 0; n < jobs; n++) queue.add("bench", payloadOf(n))
  }
  addAll(warmUpOf(jobs))
  const stop = startMeasuring()
  addAll(jobs)
  const sample = stop(jobs)
  expectPending(queue, jobs + warmUpOf(jobs))
  return Promise.resolve(sample)
}

/** Adds all jobs in one call, which is one transaction. */
export const enqueueAtOnce = ({ durability, file, jobs }: Options): Promise<Sample> => {
  const queue = open(file, durability)
  queue.addMany("bench", [...payloads(warmUpOf(jobs))])
  const all = [...payloads(jobs)]
  const stop = startMeasuring()
  queue.addMany("bench", all)
  const sample = stop(jobs)
  expectPending(queue, jobs + warmUpOf(jobs))
  return Promise.resolve(sample)
}

/** Runs jobs as they come, looking for them every `pollMillis`. Answers how to end it. */
export const listen = (queue: Queue, pollMillis: number, onJob: (data: unknown) => void) => {
  const worker = defineWorker("bench", ({ data }) => onJob(JSON.parse(data)), {
    queue,
    logger,
    pollIntervall: pollMillis
  })
  void worker.start()
  return () => worker.stop()
}
