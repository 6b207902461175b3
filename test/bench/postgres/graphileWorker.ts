import type { AddJobsJobSpec, RunnerOptions, TaskList } from "graphile-worker"
import { Logger, makeWorkerUtils, run } from "graphile-worker"
import { Pool } from "pg"
import type { Queue } from "../conversation.ts"
import type { Payload } from "../load.ts"
import { payloadOf, payloads, sharesOf, warmUpOf } from "../load.ts"
import { expectCount } from "../measure.ts"
import type { Sample } from "../Scenario.ts"
import { withClient } from "./database.ts"
import { startMeasuringOn } from "./measure.ts"

/*
 * graphile-worker 0.18.0 with its local queue and batched completion, as its page
 * on performance has them. A job in the local queue is locked, and completed some
 * time after it ended.
 */

const silent = new Logger(() => () => {})

const poolOf = (url: string) => new Pool({ connectionString: url, max: 10 })

/** On a pool that stays open, so that no run pays for its connections. */
const optionsOf = (pgPool: Pool, concurrency: number, taskList: TaskList, batches: boolean): RunnerOptions => ({
  pgPool,
  concurrency,
  taskList,
  noHandleSignals: true,
  logger: silent,
  ...(batches && { preset: { worker: { localQueue: { size: 500 }, completeJobBatchDelay: 0, failJobBatchDelay: 0 } } })
})

const utilsOn = (pgPool: Pool) => makeWorkerUtils({ pgPool, logger: silent })

const jobOf = (payload: Payload): AddJobsJobSpec => ({ identifier: "nothing", payload })

/** Runs a worker until so many jobs have run and their completions are written. */
const work = (pool: Pool, concurrency: number, jobs: number) =>
  new Promise<void>((resolve, reject) => {
    let done = 0
    const runner = run(optionsOf(pool, concurrency, {
      nothing: () => {
        done += 1
        if (done === jobs) void runner.then((runner) => runner.stop()).then(resolve, reject)
      }
    }, true))
    runner.catch(reject)
  })

const countJobs = (url: string) =>
  withClient(url, async (client) => {
    const { rows } = await client.query<{ readonly n: number }>("SELECT count(*)::int AS n FROM graphile_worker.jobs")
    return rows[0]?.n ?? -1
  })

/** Makes the tables. */
export const migrate = async (url: string): Promise<void> => {
  const pool = poolOf(url)
  const utils = await utilsOn(pool)
  await utils.migrate()
  await utils.release()
  await pool.end()
}

/** Drains jobs that wait. It deletes those that succeeded. */
export const drain = async (
  url: string,
  { concurrency, jobs }: { readonly concurrency: number; readonly jobs: number }
): Promise<Sample> => {
  await migrate(url)
  const pool = poolOf(url)
  const utils = await utilsOn(pool)
  await utils.addJobs(payloads(warmUpOf(jobs)).map(jobOf))
  await work(pool, concurrency, warmUpOf(jobs))
  await utils.addJobs(payloads(jobs).map(jobOf))
  await utils.release()
  const stop = await startMeasuringOn(url)
  await work(pool, concurrency, jobs)
  const sample = await stop(jobs)
  expectCount("jobs that are left", await countJobs(url), 0)
  await pool.end()
  return sample
}

/** Adds jobs one by one from so many loops. */
export const enqueue = async (
  url: string,
  { fibers, jobs }: { readonly fibers: number; readonly jobs: number }
): Promise<Sample> => {
  await migrate(url)
  const utils = await utilsOn(poolOf(url))
  const addAll = (jobs: number) =>
    Promise.all(
      sharesOf(jobs, fibers).map(async (share) => {
        for (let n = 0; n < share; n++) await utils.addJob("nothing", payloadOf(n))
      })
    )
  await addAll(warmUpOf(jobs))
  const stop = await startMeasuringOn(url)
  await addAll(jobs)
  const sample = await stop(jobs)
  await utils.release()
  expectCount("jobs that wait", await countJobs(url), jobs + warmUpOf(jobs))
  return sample
}

/** Adds all jobs in one call. */
export const enqueueAtOnce = async (url: string, jobs: number): Promise<Sample> => {
  await migrate(url)
  const utils = await utilsOn(poolOf(url))
  await utils.addJobs(payloads(warmUpOf(jobs)).map(jobOf))
  const stop = await startMeasuringOn(url)
  await utils.addJobs(payloads(jobs).map(jobOf))
  const sample = await stop(jobs)
  await utils.release()
  expectCount("jobs that wait", await countJobs(url), jobs + warmUpOf(jobs))
  return sample
}

/** With ten jobs at a time and no batches, which cost latency. */
export const open = async (url: string): Promise<Queue> => {
  await migrate(url)
  const utils = await utilsOn(poolOf(url))
  const ends: Array<() => Promise<unknown>> = []
  return {
    listen: async (onJob) => {
      const runner = await run(optionsOf(poolOf(url), 10, { nothing: (payload) => onJob(payload as Payload) }, false))
      ends.push(() => runner.stop())
    },
    send: (payload) => utils.addJob("nothing", payload),
    close: async () => {
      for (const end of ends) await end()
      await utils.release()
    }
  }
}
