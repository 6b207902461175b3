import * as HttpApiEndpoint from "@effect/platform/HttpApiEndpoint"
import * as HttpApiGroup from "@effect/platform/HttpApiGroup"
import * as HttpApiSchema from "@effect/platform/HttpApiSchema"
import * as OpenApi from "@effect/platform/OpenApi"
import { Schema } from "effect"
import { emptyApi, withOptionalBody, withoutIds } from "../../web/openApi.ts"
import { internalError, unavailable, unsupportedMediaType } from "../../web/refusals.ts"
import { Authorized } from "./access.ts"
import {
  bodyTooLarge,
  jobNotFound,
  jobNotPending,
  jobNotRetryable,
  jobRunning,
  tooManyClients,
  uniqueKeyTaken
} from "./refusals.ts"
import {
  ActOnJobs,
  CountJobs,
  EditJob,
  EventsAfter,
  EventsHeaders,
  jobParam,
  ListJobs,
  nameParam,
  PauseBy,
  RetryJob,
  scopeParam,
  StatsOver
} from "./requests.ts"
import {
  DeletedView,
  ExplanationView,
  Fates,
  HistoryView,
  JobCount,
  JobList,
  JobView,
  PauseList,
  PauseView,
  PendingView,
  Resumed,
  SessionView,
  StatsView,
  StatusView,
  WorkerList
} from "./views.ts"

/** The caller and the server. */
const session = HttpApiGroup.make("session")
  .add(HttpApiEndpoint.get("get", "/session").addSuccess(SessionView))
  .add(
    HttpApiEndpoint.get("document", "/openapi.json")
      .addSuccess(Schema.Unknown.annotations({ description: "The OpenAPI document of this API" }))
  )

/** Jobs, and what a person does to them. */
const jobs = HttpApiGroup.make("jobs")
  .add(HttpApiEndpoint.get("list", "/jobs").setUrlParams(ListJobs).addSuccess(JobList))
  .add(HttpApiEndpoint.get("count", "/count").setUrlParams(CountJobs).addSuccess(JobCount))
  .add(
    HttpApiEndpoint.post("act", "/jobs/actions")
      .setPayload(ActOnJobs)
      .addSuccess(Fates)
      .addError(bodyTooLarge)
      .addError(unsupportedMediaType)
  )
  .add(HttpApiEndpoint.get("get")`/jobs/${jobParam}`.addSuccess(JobView).addError(jobNotFound))
  .add(
    HttpApiEndpoint.get("explain")`/jobs/${jobParam}/explanation`.addSuccess(ExplanationView).addError(jobNotFound)
  )
  .add(HttpApiEndpoint.post("cancel")`/jobs/${jobParam}/cancel`.addSuccess(StatusView).addError(jobNotFound))
  .add(
    HttpApiEndpoint.post("retry")`/jobs/${jobParam}/retry`
      .setPayload(RetryJob)
      .addSuccess(PendingView)
      .addError(jobNotFound)
      .addError(jobNotRetryable)
      .addError(uniqueKeyTaken)
      .addError(bodyTooLarge)
      .addError(unsupportedMediaType)
      .annotate(OpenApi.Transform, withOptionalBody)
  )
  .add(
    HttpApiEndpoint.post("runNow")`/jobs/${jobParam}/run-now`
      .addSuccess(PendingView)
      .addError(jobNotFound)
      .addError(jobNotPending)
  )
  .add(
    HttpApiEndpoint.patch("edit")`/jobs/${jobParam}`
      .setPayload(EditJob)
      .addSuccess(PendingView)
      .addError(jobNotFound)
      .addError(jobNotPending)
      .addError(bodyTooLarge)
      .addError(unsupportedMediaType)
  )
  .add(
    HttpApiEndpoint.del("remove")`/jobs/${jobParam}`
      .addSuccess(DeletedView)
      .addError(jobNotFound)
      .addError(jobRunning)
  )

/** Figures of all jobs. */
const figures = HttpApiGroup.make("figures")
  .add(HttpApiEndpoint.get("stats", "/stats").setUrlParams(StatsOver).addSuccess(StatsView))
  .add(HttpApiEndpoint.get("history", "/history").addSuccess(HistoryView))

/** Queues and kinds that no worker claims from. */
const pauses = HttpApiGroup.make("pauses")
  .add(HttpApiEndpoint.get("list", "/pauses").addSuccess(PauseList))
  .add(
    HttpApiEndpoint.put("pause")`/pauses/${scopeParam}/${nameParam}`
      .setPayload(PauseBy)
      .addSuccess(PauseView)
      .addError(bodyTooLarge)
      .addError(unsupportedMediaType)
      .annotate(OpenApi.Transform, withOptionalBody)
  )
  .add(HttpApiEndpoint.del("resume")`/pauses/${scopeParam}/${nameParam}`.addSuccess(Resumed))

/** The workers of every process. */
const workers = HttpApiGroup.make("workers").add(HttpApiEndpoint.get("list", "/workers").addSuccess(WorkerList))

/** Events as they happen. The answer never ends, so read it as a stream and not by the typed client. */
const events = HttpApiGroup.make("events")
  .add(
    HttpApiEndpoint.get("subscribe", "/events")
      .setUrlParams(EventsAfter)
      .setHeaders(EventsHeaders)
      .addSuccess(
        HttpApiSchema.Text({ contentType: "text/event-stream" }).annotations({
          description:
            "Server-sent events: `event` is the tag of a JobEvent, `data` its JSON without payloads, with the instant " +
            "when it was told in `at`, and `missed` tells of a gap"
        })
      )
      .addError(tooManyClients)
  )

/** Holdfast's HTTP API. The server, the typed client and the OpenAPI document are made from it. Its paths begin behind `<prefix>/api`. */
export const HoldfastApi = emptyApi("holdfast")
  .add(session)
  .add(jobs)
  .add(figures)
  .add(pauses)
  .add(workers)
  .add(events)
  .middleware(Authorized)
  .addError(unavailable)
  .addError(internalError)
  .annotate(OpenApi.Title, "Holdfast")
  .annotate(OpenApi.Version, "1")
  .annotate(OpenApi.Description, "Jobs, why they wait, and what a person does to them.")
  .annotate(OpenApi.Transform, withoutIds)
