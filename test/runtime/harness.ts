import type { HashMap, MetricKeyType } from "effect"
import { Clock, Context, Deferred, Effect, Fiber, Layer, Logger, LogLevel, Metric, Option, Scheduler } from "effect"
import type * as Job from "../../src/domain/Job.ts"
import { JobQueue } from "../../src/runtime/JobQueue.ts"
import * as Worker from "../../src/runtime/Worker.ts"
import { ProcessSignals } from "../../src/store/sqlite/processSignals.ts"
import * as SqliteJobStore from "../../src/store/sqlite/SqliteJobStore.ts"
import * as SqliteStore from "../../src/store/sqlite/SqliteStore.ts"
import { WakeFiles } from "../../src/store/sqlite/wakeFile.ts"
import * as Testing from "../../src/testing.ts"

/** A line of the log, as a reader of the log sees it. */
export interface Line {
  readonly message: string
  readonly level: string
  readonly annotations: Readonly<Record<string, unknown>>
  /** Everything in the line, the cause included. */
  readonly whole: string
}

/** What was logged, at any level. */
export class Logs extends Context.Tag("test/runtime/Logs")<Logs, ReadonlyArray<Line>>() {}

const recorded: Layer.Layer<Logs> = Layer.unwrapEffect(Effect.sync(() => {
  const lines: Array<Line> = []
  const logger = Logger.make((options) => {
    lines.push({
      message: [options.message].flat().map(String).join(" "),
      level: options.logLevel.label,
      annotations: entries(options.annotations),
      whole: Logger.logfmtLogger.log(options)
    })
  })
  return Layer.mergeAll(Layer.succeed(Logs, lines), Logger.add(logger), Logger.minimumLogLevel(LogLevel.All))
}))

const entries = (annotations: HashMap.HashMap<string, unknown>) => Object.fromEntries(annotations)

/** The lines with this message. */
export const linesSaying = (message: string) =>
  Effect.map(Logs, (lines) => lines.filter((line) => line.message === message))

/** What users test with, and a log that can be read. */
export const holdfast = (filename = ":memory:") =>
  Testing.layer.pipe(
    Layer.provideMerge(SqliteStore.layer({ filename })),
    Layer.provideMerge(recorded)
  )

/** Runs a test in a Holdfast of its own, whose workers end before their store does, with these handlers. */
export const inHoldfast = <H = never, E2 = never>(
  handlers: Layer.Layer<H, E2, Layer.Layer.Success<ReturnType<typeof holdfast>>> = Layer.empty as never,
  filename?: string
) =>
<A, E, R>(test: Effect.Effect<A, E, R>) =>
  test.pipe(Effect.scoped, Effect.provide(Layer.provideMerge(handlers, holdfast(filename))))

/** Looks for nothing by itself while a test runs, and ends without waiting. */
export const calm = { pollInterval: "1 hour", staleCheckInterval: "1 hour", shutdownGrace: 0 } as const

/** Runs a worker until the scope of the test closes. */
export const work = <const Jobs extends ReadonlyArray<Job.Any>>(options: Worker.Options<Jobs>) =>
  Effect.gen(function*() {
    const worker = yield* Effect.forkScoped(Worker.run({ ...calm, ...options }))
    yield* settled
    // A worker that ended by itself did not like its options.
    const ended = yield* Fiber.poll(worker)
    if (Option.isSome(ended)) yield* Effect.orDie(ended.value)
    return worker
  })

/** The job queue as another process has it: on the same jobs, with signals that no worker here hears. */
export const anotherProcess = Layer.build(
  JobQueue.layer.pipe(Layer.provide(Layer.fresh(SqliteJobStore.layer())))
).pipe(
  Effect.map((context) => Context.get(context, JobQueue)),
  Effect.provideService(ProcessSignals, new Map()),
  Effect.provideService(WakeFiles, () => Option.none())
)

/** Lets all happen that can happen now. */
export const settled = Testing.advance(0)

/** Lets another fiber go on after so many operations of all fibers, once, as a busy process may. `meanwhile` happens there. */
export const givingWayOnceAfter = (operations: number, meanwhile: () => void = () => {}) => {
  let left = operations
  let happens = meanwhile
  const scheduler = new Scheduler.MixedScheduler(2048)
  return {
    shouldYield: () => left-- === 0 ? 0 as const : false as const,
    scheduleTask: (task: () => void, priority: number) => {
      if (left < 0) {
        happens()
        happens = () => {}
      }
      scheduler.scheduleTask(task, priority)
    }
  }
}

/** A gate that handlers wait at, and whether one has come to it. */
export const makeGate = Effect.gen(function*() {
  const reached = yield* Deferred.make<void>()
  const opened = yield* Deferred.make<void>()
  return {
    pass: Effect.zipRight(Deferred.succeed(reached, undefined), Deferred.await(opened)),
    open: Deferred.succeed(opened, undefined),
    reached: Deferred.await(reached)
  }
})

/** What a counter of Holdfast's has come to under these labels. The registry is the process's: use a kind of the test's own. */
export const counted = <Type extends MetricKeyType.MetricKeyType.Counter<number>, Out>(
  counter: Metric.Metric<Type, number, Out & { readonly count: number }>,
  labels: Readonly<Record<string, string>>
) =>
  Effect.map(
    Metric.value(Object.entries(labels).reduce((tagged, [key, value]) => Metric.tagged(tagged, key, value), counter)),
    ({ count }) => count
  )

/** Notes the instants, in milliseconds of the test's clock, at which the effect was interrupted. */
export const notingStops = <A, E, R>(stops: Array<number>, effect: Effect.Effect<A, E, R>) =>
  Effect.onInterrupt(effect, () => Effect.map(Clock.currentTimeMillis, (now) => void stops.push(now)))
