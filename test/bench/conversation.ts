import { spawn } from "node:child_process"
import type { ChildProcess } from "node:child_process"
import { setTimeout as sleep } from "node:timers/promises"
import { fileURLToPath } from "node:url"
import { payloadOf, warmUpOf } from "./load.ts"
import type { Payload } from "./load.ts"
import { expectCount, latencies, sharedMillis } from "./measure.ts"
import type { Sample } from "./Scenario.ts"

/** A queue in a file or in a PostgreSQL database, as one process has it. */
export interface Queue {
  /** Runs jobs as they come. The worker is idle before the first. */
  readonly listen: (onJob: (payload: Payload) => void) => Promise<void>
  /** Enqueues a job, and waits until it is committed. */
  readonly send: (payload: Payload) => Promise<unknown>
  readonly close: () => Promise<unknown>
}

/** The queues that send and listen. Each is loaded only where it is used. */
export const queues = {
  holdfast: async (file: string): Promise<Queue> => (await import("./queues/holdfast.ts")).open(file),
  plainjob: async (file: string): Promise<Queue> => (await import("./queues/plainjob.ts")).open(file),
  persistedQueue: async (file: string): Promise<Queue> => (await import("./queues/persistedQueue.ts")).open(file),
  "holdfast on PostgreSQL": async (url: string): Promise<Queue> => (await import("./postgres/holdfast.ts")).open(url),
  "graphile-worker": async (url: string): Promise<Queue> => (await import("./postgres/graphileWorker.ts")).open(url),
  "pg-boss": async (url: string): Promise<Queue> => (await import("./postgres/pgBoss.ts")).open(url),
  twoCommits: async (file: string): Promise<Queue> => (await import("./queues/twoCommits.ts")).open(file)
}

export type QueueName = keyof typeof queues

/** What `producerProcess` is told. Without a queue it sends messages to its parent. */
export interface Production {
  readonly queue?: QueueName | undefined
  readonly file: string
  readonly jobs: number
}

/** Sends jobs now and then, each with the instant at which it was sent as its `n`. */
export const produce = async (jobs: number, send: (payload: Payload) => unknown): Promise<void> => {
  for (let n = 0; n < jobs; n++) {
    // Uneven, so that it does not fall in step with a poll.
    await sleep(10 + n * 7 % 11)
    await send({ ...payloadOf(n), n: sharedMillis() })
  }
}

/** How long jobs take from being sent to being run, the first of them left out, which compile the code. */
export const makeEar = (jobs: number) => {
  const heard: Array<number> = []
  return {
    hear: ({ n }: Payload) => void heard.push(sharedMillis() - n),
    /** Waits for all. A worker that only polls needs its whole interval. */
    end: async (): Promise<Sample> => {
      for (const until = sharedMillis() + 20_000; heard.length < jobs && sharedMillis() < until;) await sleep(5)
      expectCount("jobs heard of", heard.length, jobs)
      return latencies(heard.slice(warmUpOf(jobs)))
    }
  }
}

/** Starts a process that sends, once the listener has come to rest. */
export const startProducer = async (production: Production): Promise<ChildProcess> => {
  await sleep(500)
  return spawn(
    process.execPath,
    [fileURLToPath(import.meta.resolve("./producerProcess.js")), JSON.stringify(production)],
    { stdio: ["ignore", "ignore", "inherit", "ipc"] }
  )
}
