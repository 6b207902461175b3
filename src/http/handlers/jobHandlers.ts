import * as HttpApiBuilder from "@effect/platform/HttpApiBuilder"
import { Clock, Effect } from "effect"
import { changedBy } from "../../domain/JobAction.ts"
import type { EditOptions, JobFilter } from "../../index.ts"
import { HoldfastApi } from "../api/api.ts"
import type { ActionFilter } from "../api/requests.ts"
import { ActOnJobs, EditJob, RetryJob } from "../api/requests.ts"
import { InvalidRequest } from "../../web/refusals.ts"
import { actionsOn, actOnFilter, actOnJobs, dueAt, filterOf } from "./actOnJobs.ts"
import type { Hides } from "./jobViews.ts"
import { reasonsOf, summaryOf, viewOf } from "./jobViews.ts"
import type { LimitedQueue } from "./limitedQueue.ts"
import { readBody } from "./readBody.ts"
import { refusing } from "./refusals.ts"

/** Jobs, and what a person does to them. */
export const jobsLive = (queue: LimitedQueue, hides: Hides, searchesErrors: boolean) => {
  /** A filter that says nothing of a text which is hidden. */
  const allowed = (filter: Omit<ActionFilter, "all">): Effect.Effect<JobFilter, InvalidRequest> =>
    filter.error === undefined || searchesErrors
      ? Effect.succeed(filterOf(filter))
      : new InvalidRequest({ issues: [{ path: "error", message: "the texts of errors are hidden by this server" }] })
  return HttpApiBuilder.group(HoldfastApi, "jobs", (handlers) =>
    handlers
      .handle("list", ({ urlParams: { cursor, limit, ...filter } }) =>
        Effect.flatMap(allowed(filter), (filter) =>
          refusing(Effect.map(
            queue.search({
              ...filter,
              ...cursor === undefined ? {} : { cursor },
              ...limit === undefined ? {} : { limit }
            }),
            ({ cursor, jobs }) => ({
              jobs: jobs.map((job) =>
                summaryOf(job, hides)
              ),
              cursor
            })
          ))))
      .handle("count", ({ urlParams: { action, limit, ...filter } }) =>
        Effect.flatMap(allowed(filter), (filter) =>
          refusing(Effect.flatMap(
            action === undefined ? Effect.succeed(filter.status) : changedBy(action, filter.status),
            (status) =>
              queue.count(
                { ...filter, ...status === undefined ? {} : { status } },
                limit === undefined ? {} : { limit }
              )
          ))))
      .handleRaw("act", () =>
        Effect.gen(function*() {
          const { action, availableAt, cursor, filter, ids = [], limit } = yield* readBody(ActOnJobs)
          if (filter === undefined) {
            return { fates: yield* actOnJobs(ids, actionsOn(queue, availableAt)[action]) }
          }
          const { all: _, ...named } = filter
          return yield* actOnFilter(queue, { action, availableAt, cursor, filter: yield* allowed(named), limit })
        }))
      .handle("get", ({ path }) =>
        refusing(Effect.map(queue.get(path.id), (job) =>
          viewOf(job, hides))))
      .handle("explain", ({ path }) =>
        refusing(Effect.gen(function*() {
          const explanation = yield* queue.explain(path.id)
          const at = yield* Clock.currentTimeMillis
          return { at, reasons: reasonsOf(explanation, hides, at) }
        })))
      .handle("cancel", ({ path }) =>
        refusing(Effect.map(queue.cancel(path.id), (status) => ({ status }))))
      .handleRaw("retry", ({ path }) =>
        Effect.gen(function*() {
          const { availableAt } = yield* readBody(RetryJob)
          return yield* refusing(Effect.as(queue.retry(path.id, dueAt(availableAt)), pending))
        }))
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
