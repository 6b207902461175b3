import type { Layer } from "effect"
import { Effect, Logger, LogLevel, ManagedRuntime } from "effect"
import { JobQueue, Worker } from "../../../src/index.ts"
import type { JobStore } from "../../../src/index.ts"
import type { Queue } from "../conversation.ts"
import { jobsIn, Nothing } from "../contenders/holdfast.ts"

/** Holdfast in a file, FULL, with a worker that has its defaults. */
export const open = (file: string): Queue => queueOver(jobsIn({ database: file, durability: "full" }))

/** Holdfast over these jobs, with a worker that has its defaults. */
export const queueOver = <E>(jobs: Layer.Layer<JobQueue | JobStore, E>): Queue => {
  const runtime = ManagedRuntime.make(jobs)
  return {
    listen: (onJob) => {
      const worker = Worker.run({ jobs: [Nothing], logLevel: LogLevel.Warning }).pipe(
        Effect.provide(Nothing.toLayer((payload) => Effect.sync(() => onJob(payload)))),
        Logger.withMinimumLogLevel(LogLevel.Warning)
      )
      runtime.runFork(worker)
      return runtime.runPromise(Effect.void)
    },
    send: (payload) => runtime.runPromise(JobQueue.enqueue(Nothing, payload)),
    close: () => runtime.dispose()
  }
}
