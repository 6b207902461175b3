import { Effect, Logger, LogLevel, ManagedRuntime } from "effect"
import { JobQueue, Worker } from "../../../src/index.ts"
import type { Queue } from "../conversation.ts"
import { jobsIn, Nothing } from "../contenders/holdfast.ts"

/** Holdfast in a file, FULL, with a worker that has its defaults. */
export const open = (file: string): Queue => {
  const runtime = ManagedRuntime.make(jobsIn({ database: file, durability: "full" }))
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
