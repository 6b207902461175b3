import * as HttpApiBuilder from "@effect/platform/HttpApiBuilder"
import { Effect } from "effect"
import type { PauseTarget } from "../../index.ts"
import { HoldfastApi } from "../api/api.ts"
import { PauseBy } from "../api/requests.ts"
import type { LimitedQueue } from "./limitedQueue.ts"
import { readBody } from "./readBody.ts"
import { refusing } from "./refusals.ts"

/** Queues and kinds that no worker claims from. */
export const pausesLive = (queue: LimitedQueue) =>
  HttpApiBuilder.group(HoldfastApi, "pauses", (handlers) =>
    handlers
      .handle("list", () => refusing(Effect.map(queue.pauses, (pauses) => ({ pauses }))))
      .handleRaw("pause", ({ path }) =>
        Effect.gen(function*() {
          const by = yield* readBody(PauseBy)
          return yield* refusing(queue.pause(targetOf(path), by))
        }))
      .handle("resume", ({ path }) => refusing(Effect.map(queue.resume(targetOf(path)), (resumed) => ({ resumed })))))

const targetOf = ({ name, scope }: { readonly scope: "queue" | "kind"; readonly name: string }): PauseTarget =>
  scope === "queue" ? { queue: name } : { kind: name }
