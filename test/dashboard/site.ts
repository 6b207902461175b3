import { NodeHttpServer } from "@effect/platform-node"
import * as HttpServer from "@effect/platform/HttpServer"
import Database from "better-sqlite3"
import { Effect, Layer, Logger, ManagedRuntime, Redacted, Schedule, Schema } from "effect"
import { mkdtempSync, rmSync } from "node:fs"
import { createServer } from "node:http"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { make } from "../../src/http.ts"
import type { Authorize } from "../../src/http.ts"
import { CurrentJob, Job, JobQueue, JobStore, Worker } from "../../src/index.ts"
import type { JobEvent } from "../../src/index.ts"
import { SqliteStore } from "../../src/sqlite.ts"
import { startProxy } from "./proxy.ts"

/** The tokens of the site. */
export const tokens = { full: "full-token-of-the-test", read: "read-token-of-the-test" }

/** Succeeds at once. */
export const Welcome = Job.make("email.welcome", {
  payload: { user: Schema.String, note: Schema.optional(Schema.Unknown) },
  success: Schema.Struct({ sent: Schema.Boolean }),
  queue: "mail"
})

/** Fails each time. */
export const Charge = Job.make("card.charge", {
  payload: { card: Schema.String, cents: Schema.Number },
  queue: "billing",
  maxAttempts: 2,
  backoff: Schedule.spaced("1 hour")
})

/** Goes on until it is stopped, or until a test lets it end. */
export const Report = Job.make("report.build", {
  payload: { month: Schema.String },
  success: Schema.Struct({ pages: Schema.Number }),
  queue: "reports",
  leaseFor: "30 seconds"
})

type Services = JobQueue | JobStore

/** A server with a queue on a SQLite file, and a worker beside it. */
export interface Site {
  /** The address of the page, through a proxy that can be cut. */
  readonly address: string
  readonly run: <A, E>(effect: Effect.Effect<A, E, Services>) => Promise<A>
  /** Publishes an event, as the store does after a commit. */
  readonly publish: (event: JobEvent) => Promise<void>
  /** Runs a worker until the answer is called. */
  readonly work: () => Promise<() => Promise<void>>
  /** The file, for what no call of the API would write. */
  readonly sql: (write: (database: Database.Database) => void) => void
  /** Lets the reports that run, and all later ones, end. */
  readonly endReports: () => void
  /** Cuts every connection of the page and refuses new ones until `mend`. */
  readonly cut: () => void
  readonly mend: () => void
  /** The requests that came since the last call, as "GET stats". */
  readonly requests: () => ReadonlyArray<string>
  readonly close: () => Promise<void>
}

/** Starts a site of its own. Its handlers and its database are gone when it closes. */
export const openSite = async (
  options: { readonly eventClients?: number; readonly hidePayloads?: boolean; readonly authorize?: Authorize } = {}
): Promise<Site> => {
  const folder = mkdtempSync(join(tmpdir(), "holdfast-page-"))
  const filename = join(folder, "app.db")
  let endReports = () => {}
  const reportsEnd = new Promise<void>((resolve) => {
    endReports = resolve
  })
  const handlers = Layer.mergeAll(
    Welcome.toLayer(() => Effect.succeed({ sent: true })),
    Charge.toLayer(({ cents }) => Effect.fail(new Error(`The card was refused for ${cents} cents\nsecond line`))),
    Report.toLayer(() =>
      Effect.gen(function*() {
        const { progress } = yield* CurrentJob
        yield* progress({ done: 3, total: 12 })
        yield* Effect.promise(() => reportsEnd)
        return { pages: 12 }
      })
    )
  )
  const queue = JobQueue.layer.pipe(Layer.provideMerge(SqliteStore.layer({ filename })))
  const runtime = ManagedRuntime.make(
    Layer.provideMerge(handlers, queue).pipe(Layer.provide(Logger.remove(Logger.defaultLogger)))
  )
  const requests: Array<string> = []
  const node = createServer()
  const served = Layer.unwrapScoped(Effect.gen(function*() {
    const { app, prefix } = yield* make({
      ...options.authorize === undefined
        ? { tokens: { full: Redacted.make(tokens.full), read: Redacted.make(tokens.read) } }
        : {},
      database: "sqlite",
      loopbackOnly: true,
      page: "dist/dashboard",
      ...options
    })
    node.prependListener("request", ({ method, url = "" }) => {
      if (url.startsWith(`${prefix}/api/`)) requests.push(`${method} ${url.slice(`${prefix}/api/`.length)}`)
    })
    return HttpServer.serve(app)
  })).pipe(
    Layer.provideMerge(NodeHttpServer.layer(() => node, { host: "127.0.0.1", port: 0 }))
  )
  const server = ManagedRuntime.make(Layer.provide(
    served,
    Layer.effectContext(runtime.runtimeEffect.pipe(
      Effect.map(({ context }) => context)
    ))
  ))
  await server.runPromise(Effect.void)
  const bound = node.address()
  if (bound === null || typeof bound === "string") throw new Error("The server listens on no port")
  const proxy = await startProxy(bound.port)
  const run: Site["run"] = (effect) => runtime.runPromise(effect)
  return {
    address: `http://127.0.0.1:${proxy.port}/holdfast/`,
    run,
    publish: (event) => run(Effect.flatMap(JobStore, ({ events }) => events.publish(event))),
    work: async () => {
      const stop = runtime.runCallback(
        Worker.run({
          jobs: [Welcome, Charge, Report],
          heartbeatInterval: "500 millis",
          pollInterval: "200 millis",
          shutdownGrace: 0
        })
      )
      return () => new Promise<void>((resolve) => stop(undefined, { onExit: () => resolve() }))
    },
    sql: (write) => {
      const database = new Database(filename)
      try {
        write(database)
      } finally {
        database.close()
      }
    },
    endReports,
    cut: proxy.cut,
    mend: proxy.mend,
    requests: () => requests.splice(0).map((request) => request.replace(/\?.*/, "")),
    close: async () => {
      endReports()
      proxy.close()
      node.closeAllConnections()
      await server.dispose()
      await runtime.dispose()
      rmSync(folder, { recursive: true, force: true })
    }
  }
}
