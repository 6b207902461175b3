import { PgBoss } from "pg-boss"
import type { Queue } from "../conversation.ts"
import type { Payload } from "../load.ts"
import { payloadOf, payloads, sharesOf, warmUpOf } from "../load.ts"
import { expectCount } from "../measure.ts"
import type { Sample } from "../Scenario.ts"
import { withClient } from "./database.ts"
import { startMeasuringOn } from "./measure.ts"

/*
 * pg-boss 12.38.0: `fetch` and `complete` in batches, in four loops that do not wait
 * between them. Its own `work` runs the same calls.
 */

const queue = "nothing"

const openBoss = async (url: string, options: { readonly useListenNotify?: boolean } = {}) => {
  const boss = new PgBoss({
    connectionString: url,
    max: 10,
    supervise: false,
    schedule: false,
    openTelemetry: { enabled: false },
    ...options
  })
  boss.on("error", (error) => process.stderr.write(`${String(error)}\n`))
  await boss.start()
  await boss.createQueue(queue, options.useListenNotify === true ? { notify: true } : {})
  return boss
}

const insert = (boss: PgBoss, jobs: number) => boss.insert(queue, payloads(jobs).map((data) => ({ data })))

/** Fetches so many at a time, runs nothing, and completes them, until none is left. */
const work = async (boss: PgBoss, batchSize: number) => {
  const loop = async () => {
    while (true) {
      const jobs = await boss.fetch<Payload>(queue, { batchSize })
      if (jobs.length === 0) return
      await boss.complete(queue, jobs.map(({ id }) => id))
    }
  }
  await Promise.all(Array.from({ length: 4 }, loop))
}

const countCompleted = (url: string) => count(url, "completed")

const countWaiting = (url: string) => count(url, "created")

const count = (url: string, state: string) =>
  withClient(url, async (client) => {
    const { rows } = await client.query<{ readonly n: number }>(
      "SELECT count(*)::int AS n FROM pgboss.job WHERE state::text = $1",
      [state]
    )
    return rows[0]?.n ?? -1
  })

/** Makes the tables. */
export const migrate = async (url: string): Promise<void> => {
  await (await openBoss(url)).stop({ graceful: false })
}

/** Drains jobs that wait. */
export const drain = async (
  url: string,
  { concurrency, jobs }: { readonly concurrency: number; readonly jobs: number }
): Promise<Sample> => {
  const boss = await openBoss(url)
  await insert(boss, warmUpOf(jobs))
  await work(boss, concurrency)
  await insert(boss, jobs)
  const stop = await startMeasuringOn(url)
  await work(boss, concurrency)
  const sample = await stop(jobs)
  expectCount("jobs completed", await countCompleted(url), jobs + warmUpOf(jobs))
  await boss.stop({ graceful: false })
  return sample
}

/** Sends jobs one by one from so many loops. */
export const enqueue = async (
  url: string,
  { fibers, jobs }: { readonly fibers: number; readonly jobs: number }
): Promise<Sample> => {
  const boss = await openBoss(url)
  const sendAll = (jobs: number) =>
    Promise.all(
      sharesOf(jobs, fibers).map(async (share) => {
        for (let n = 0; n < share; n++) await boss.send(queue, payloadOf(n))
      })
    )
  await sendAll(warmUpOf(jobs))
  const stop = await startMeasuringOn(url)
  await sendAll(jobs)
  const sample = await stop(jobs)
  expectCount("jobs that wait", await countWaiting(url), jobs + warmUpOf(jobs))
  await boss.stop({ graceful: false })
  return sample
}

/** Inserts all jobs in one call. */
export const enqueueAtOnce = async (url: string, jobs: number): Promise<Sample> => {
  const boss = await openBoss(url)
  await insert(boss, warmUpOf(jobs))
  const stop = await startMeasuringOn(url)
  await insert(boss, jobs)
  const sample = await stop(jobs)
  expectCount("jobs that wait", await countWaiting(url), jobs + warmUpOf(jobs))
  await boss.stop({ graceful: false })
  return sample
}

/** With LISTEN and NOTIFY, ten jobs at a time. */
export const open = async (url: string): Promise<Queue> => {
  const boss = await openBoss(url, { useListenNotify: true })
  return {
    listen: async (onJob) => {
      await boss.work<Payload>(queue, { localConcurrency: 10 }, (jobs) => {
        for (const { data } of jobs) onJob(data)
        return Promise.resolve()
      })
    },
    send: (payload) => boss.send(queue, payload),
    close: () => boss.stop({ graceful: false })
  }
}
