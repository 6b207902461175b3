import * as HttpApiBuilder from "@effect/platform/HttpApiBuilder"
import { Clock, Effect } from "effect"
import type { EditOptions, ListOptions } from "../../index.ts"
import { HoldfastApi } from "../api/api.ts"
import { ActOnJobs, EditJob } from "../api/requests.ts"
import { actionsOn, actOnJobs } from "./actOnJobs.ts"
import type { Hides } from "./jobViews.ts"
import { reasonsOf, summaryOf, viewOf } from "./jobViews.ts"
import type { LimitedQueue } from "./limitedQueue.ts"
import { readBody } from "./readBody.ts"
import { refusing } from "./refusals.ts"

/** Jobs, and what a person does to them. */
export const jobsLive = (queue: LimitedQueue, hides: Hides) => {
  const actions = actionsOn(queue)
  return HttpApiBuilder.group(HoldfastApi, "jobs", (handlers) =>
    handlers
      .handle("list", ({ urlParams: { partition, ...filter } }) =>
        refusing(Effect.map(
          queue.list(
            { ...filter, ...partition === undefined ? {} : { partitionKey: partition } } satisfies ListOptions
          ),
          ({ cursor, jobs }) => ({ jobs: jobs.map((job) => summaryOf(job, hides)), cursor })
        )))
      .handleRaw("act", () =>
        Effect.gen(function*() {
          const { action, ids } = yield* readBody(ActOnJobs)
          return { fates: yield* actOnJobs(ids, actions[action]) }
        }))
      .handle("get", ({ path }) => refusing(Effect.map(queue.get(path.id), (job) => viewOf(job, hides))))
      .handle("explain", ({ path }) =>
        refusing(Effect.gen(function*() {
          const explanation = yield* queue.explain(path.id)
          const at = yield* Clock.currentTimeMillis
          return { at, reasons: reasonsOf(explanation, hides, at) }
        })))
      .handle("cancel", ({ path }) => refusing(Effect.map(queue.cancel(path.id), (status) => ({ status }))))
      .handle("retry", ({ path }) => refusing(Effect.as(queue.retry(path.id), pending)))
      .handle("runNow", ({ path }) => refusing(Effect.as(queue.edit(path.id, { delay: 0 }), pending)))
      .handleRaw("edit", ({ path }) =>
        Effect.gen(function*() {
          const { availableAt, priority } = yield* readBody(EditJob)
          const changes: EditOptions = {
            ...availableAt === undefined ? {} : { at: availableAt },
            ...priority === undefined ? {} : { priority }
          }
          yield* refusing(queue.edit(path.id, changes))
          return pending
        }))
      .handle("remove", ({ path }) => refusing(Effect.map(queue.delete(path.id), (deleted) => ({ deleted })))))
}

const pending = { status: "pending" as const }
