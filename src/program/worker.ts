import type * as FileSystem from "@effect/platform/FileSystem"
import { Effect, Layer, Option } from "effect"
import * as BrandBrainConfig from "../brandbrain/config/BrandBrainConfig.ts"
import { CompileJob } from "../brandbrain/compile/CompileJob.ts"
import { CompileJobLive } from "../brandbrain/compile/CompileJobLive.ts"
import { firstStart } from "../brandbrain/compile/firstStart.ts"
import * as ModelConfig from "../brandbrain/model/ModelConfig.ts"
import { describeProgress, suggestNext } from "../brandbrain/commands/describeStatus.ts"
import { dryRun } from "../cli/dryRun.ts"
import type { Flags } from "../cli/flags.ts"
import { httpPort } from "../cli/httpSettings.ts"
import type { OtlpSettings } from "../cli/otlpSettings.ts"
import { otlpSettings } from "../cli/otlpSettings.ts"
import { secondSignal } from "../cli/secondSignal.ts"
import { settings } from "../cli/settings.ts"
import { showing } from "../cli/standing.ts"
import type { Streams } from "../cli/Streams.ts"
import { typed } from "../cli/typed.ts"
import { asGiven, workerOptions } from "../cli/workerOptions.ts"
import type { JobQueue } from "../index.ts"
import { handleSignals, Worker } from "../index.ts"
import { Gauges } from "../telemetry.ts"
import { WatchedApp } from "./app.ts"
import type { ApiSettings } from "./server/apiSettings.ts"
import { apiSettings } from "./server/apiSettings.ts"

/** Runs the worker until it is told to end or one of its limits is reached, with the HTTP API beside it if asked for. */
export const runWorker = (flags: Flags, streams: Streams): Effect.Effect<void, unknown, FileSystem.FileSystem> =>
  Effect.gen(function*() {
    const configured = yield* settings
    const collector = yield* otlpSettings
    const options = workerOptions([CompileJob], flags, configured)
    // Every problem with the settings is reported before a file is made.
    const [portGiven] = yield* Effect.all([
      httpPort,
      Effect.mapError(Worker.check(options), asGiven(flags)),
      BrandBrainConfig.config,
      ModelConfig.config
    ])
    if (flags.dryRun) return yield* dryRun(options, configured)
    const port = Option.orElse(Option.map(flags.http, ({ port }) => port), () => portGiven)
    const work = Effect.zipRight(firstStart, toldOn(streams)(Worker.run(options)))
    const program = Option.match(port, {
      onNone: () => Effect.succeed(work),
      onSome: (port) =>
        Effect.flatMap(apiSettings(flags, port, configured), (settings) => withApis(work, settings, streams))
    })
    const app = CompileJobLive.pipe(Layer.provideMerge(Option.isNone(collector) ? WatchedApp : SampledApp))
    yield* Effect.flatMap(program, Effect.provide(app)).pipe(
      Effect.scoped,
      handleSignals({ exitAfterGrace: "5 seconds" }),
      exporting(collector, configured.logErrors)
    )
  })

/** For an exporter, which does not ask for the gauges that it sends. */
const SampledApp = Layer.provideMerge(Gauges.sampling, WatchedApp)

/** Sends telemetry to the collector, if there is one, until the work has ended. Its code is loaded then only. */
const exporting =
  (collector: Option.Option<OtlpSettings>, showErrors: boolean) => <A, E, R>(work: Effect.Effect<A, E, R>) =>
    Option.match(collector, {
      onNone: () => work,
      onSome: (settings) =>
        Effect.flatMap(
          Effect.promise(() => import("./otlp.ts")),
          ({ otlp }) => Effect.provide(work, otlp(settings, { showErrors }))
        )
    })

/** Takes the port, and gives the work with the HTTP APIs beside it. Loaded when asked for: they are a third of all modules. */
const withApis = <A, E, R>(work: Effect.Effect<A, E, R>, settings: ApiSettings, streams: Streams) =>
  Effect.gen(function*() {
    const [{ listen }, { serveApis }, { serveBeside }] = yield* Effect.promise(() =>
      Promise.all([import("./server/listen.ts"), import("./server/serveApis.ts"), import("./server/serve.ts")])
    )
    const listener = yield* listen({ ...settings, graceOver: yield* secondSignal })
    return serveBeside(serveApis(listener, settings, streams))(work)
  })

/** Tells a person at a terminal what the worker does now, how its jobs have ended, and what to type next. */
const toldOn = ({ screen }: Streams) =>
  Option.match(screen, {
    onNone: () => <A, E, R>(worker: Effect.Effect<A, E, R>): Effect.Effect<A, E, R | JobQueue> => worker,
    onSome: (screen) =>
      showing(screen, {
        kinds: [CompileJob.kind],
        progressOf: ({ progress }) => describeProgress(progress),
        next: (settled) => Effect.succeed(suggestNext(settled, typed))
      })
  })
