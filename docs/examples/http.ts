import { FetchHttpClient } from "@effect/platform"
import * as HttpLayerRouter from "@effect/platform/HttpLayerRouter"
import * as HttpServerRequest from "@effect/platform/HttpServerRequest"
import * as NodeHttpServer from "@effect/platform-node/NodeHttpServer"
import { Config, Effect, Layer, Option } from "effect"
import { JobQueue } from "holdfast"
import type { Authorize } from "holdfast/http"
import * as HoldfastHttp from "holdfast/http"
import { SqliteStore } from "holdfast/sqlite"
import { createServer } from "node:http"

const JobsPage = Layer.unwrapEffect(
  Effect.map(Config.redacted("JOBS_TOKEN"), (full) => HoldfastHttp.layer({ tokens: { full }, prefix: "/admin/jobs" }))
)

/** The app's routes, those of the jobs among them, on a port of its own. */
export const Server = HttpLayerRouter.serve(JobsPage).pipe(
  Layer.provide(NodeHttpServer.layer(createServer, { port: 3000 })),
  Layer.provide(JobQueue.layer),
  Layer.provide(SqliteStore.layer({ filename: "app.db" }))
)

/** Stands for the app's own sessions. */
const userOf = (_cookie: string): Effect.Effect<Option.Option<{ readonly isAdmin: boolean }>> =>
  Effect.succeed(Option.none())

// the app's own check in place of tokens
export const bySession: Authorize = Effect.gen(function*() {
  const { cookies } = yield* HttpServerRequest.HttpServerRequest
  const user = yield* userOf(cookies["session"] ?? "")
  if (Option.isNone(user)) return yield* new HoldfastHttp.Unauthorized()
  return user.value.isAdmin ? "full" : "read"
})

const api = Effect.flatMap(
  Config.redacted("JOBS_TOKEN"),
  (token) => HoldfastHttp.client({ baseUrl: "http://127.0.0.1:3000/holdfast/api", token })
)

// tries the newest failed jobs of a queue again, and says which could not be
const retryFailed = (queue: string) =>
  Effect.gen(function*() {
    const { jobs } = yield* api
    const { fates } = yield* jobs.act({ payload: { action: "retry", filter: { queue, status: "failed" } } })
    for (const fate of fates) if (!fate.done) yield* Effect.logWarning(`${fate.id}: ${fate.message}`)
  })

/** Does that for the queue of mails. */
export const program = retryFailed("mail").pipe(
  Effect.catchTag("forbidden", ({ message }) => Effect.logError(message)),
  Effect.provide(FetchHttpClient.layer)
)
