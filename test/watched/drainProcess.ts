import { NodeHttpServer } from "@effect/platform-node"
import * as HttpServer from "@effect/platform/HttpServer"
import { Effect, Layer, Logger, LogLevel, ManagedRuntime, Redacted } from "effect"
import { createServer } from "node:http"
import { make } from "../../src/http.ts"
import { enqueueMany, jobsIn, work } from "../bench/contenders/holdfast.ts"
import { startMeasuring } from "../bench/measure.ts"

/*
 * A queue on a SQLite file with the page beside it, in one process as `start` has
 * them. Told of a number of jobs it drains so many, and answers what that cost.
 */

const [database = "", token = ""] = process.argv.slice(2)

const quiet = Logger.minimumLogLevel(LogLevel.Warning)
const runtime = ManagedRuntime.make(Layer.provideMerge(jobsIn({ database, durability: "normal" }), quiet))
const node = createServer()

const served = Layer.unwrapScoped(
  Effect.map(
    make({
      tokens: { full: Redacted.make(token) },
      database: "sqlite",
      loopbackOnly: true,
      page: "dist/dashboard"
    }),
    ({ app }) => HttpServer.serve(app)
  )
).pipe(Layer.provideMerge(NodeHttpServer.layer(() => node, { host: "127.0.0.1", port: 0 })))

const server = ManagedRuntime.make(Layer.provide(
  served,
  Layer.effectContext(Effect.map(runtime.runtimeEffect, ({ context }) => context))
))

await server.runPromise(Effect.void)
const address = node.address()
process.send?.({ port: typeof address === "object" ? address?.port : undefined })

process.on("message", (jobs: number) =>
  void runtime.runPromise(Effect.gen(function*() {
    yield* enqueueMany(jobs)
    const stop = startMeasuring()
    yield* work(jobs, 100, false)
    return stop(jobs)
  })).then((sample) => process.send?.(sample)))
