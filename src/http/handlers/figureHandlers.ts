import * as HttpApiBuilder from "@effect/platform/HttpApiBuilder"
import { Duration, Effect } from "effect"
import { HoldfastApi } from "../api/api.ts"
import type { History } from "../history.ts"
import { every } from "../history.ts"
import type { LimitedQueue } from "./limitedQueue.ts"
import { refusing } from "./refusals.ts"

/** Figures of all jobs. */
export const figuresLive = (queue: LimitedQueue, history: History) =>
  HttpApiBuilder.group(HoldfastApi, "figures", (handlers) =>
    handlers
      .handle("stats", ({ urlParams: { over } }) => refusing(queue.stats(over === undefined ? {} : { over })))
      .handle("history", () => Effect.sync(() => ({ every: Duration.toMillis(every), points: history.points() }))))
