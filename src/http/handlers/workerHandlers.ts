import * as HttpApiBuilder from "@effect/platform/HttpApiBuilder"
import { Effect } from "effect"
import { isWholeList } from "../../domain/WorkerRecord.ts"
import { HoldfastApi } from "../api/api.ts"
import type { LimitedQueue } from "./limitedQueue.ts"
import { refusing } from "./refusals.ts"

/** The workers of every process. */
export const workersLive = (queue: LimitedQueue) =>
  HttpApiBuilder.group(
    HoldfastApi,
    "workers",
    (handlers) =>
      handlers.handle(
        "list",
        () => refusing(Effect.map(queue.workers, (workers) => ({ workers, isWhole: isWholeList(workers) })))
      )
  )
