import { Effect, ManagedRuntime } from "effect"
import type { Queue } from "../conversation.ts"
import * as persistedQueue from "../contenders/persistedQueue.ts"

/** SqlPersistedQueue in a file, FULL, with ten takers, looking every 10 ms. */
export const open = (file: string): Queue => {
  const runtime = ManagedRuntime.make(persistedQueue.queueIn({ file, durability: "full" }))
  const queue = runtime.runPromise(persistedQueue.make)
  return {
    listen: async (onJob) => {
      const take = (await queue).take((payload) => Effect.sync(() => onJob(payload)))
      runtime.runFork(
        Effect.all(Array.from({ length: 10 }, () => Effect.forever(take)), { concurrency: "unbounded" })
      )
    },
    send: async (payload) => runtime.runPromise((await queue).offer(payload)),
    close: () => runtime.dispose()
  }
}
