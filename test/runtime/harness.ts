import type { HashMap, MetricKeyType } from "effect"
import { Clock, Context, Deferred, Effect, Fiber, Layer, Logger, LogLevel, Metric, Option, TestClock } from "effect"
import { StoreError } from "../../src/domain/errors.ts"
import type * as Job from "../../src/domain/Job.ts"
import { EventLoop } from "../../src/runtime/EventLoop.ts"
import { JobQueue } from "../../src/runtime/JobQueue.ts"
import * as Worker from "../../src/runtime/Worker.ts"
import type { StoreFailure } from "../../src/store/JobStore.ts"
import { JobStore } from "../../src/store/JobStore.ts"
import * as SqliteStore from "../../src/store/SqliteStore.ts"

/** What one call of a store operation becomes. */
export type Fault = <A, E>(call: Effect.Effect<A, E>, operation: string) => Effect.Effect<A, E | StoreFailure>

const failure = (operation: string) => new StoreError({ operation, cause: new Error("the disk is on fire") })

/** The call fails, and nothing of it happened. */
export const failing: Fault = (_, operation) => Effect.fail(failure(operation))

/** The call did what it should, and its answer is lost. */
export const answerLost: Fault = (call, operation) => Effect.zipRight(call, Effect.fail(failure(operation)))

/** The call is never answered, and will not be interrupted either. */
export const hanging: Fault = () => Effect.uninterruptible(Effect.never)

/** The driver throws what it should have failed with. */
export const dying: Fault = () => Effect.die(new Error("the driver lost its mind"))

/** What was asked is done now, and answered later. */
export const answeredAfter = (duration: Parameters<typeof Effect.delay>[1]): Fault => (call) =>
  Effect.tap(call, Effect.sleep(duration))

/** The job store between the tests and SQLite: counts what passes, and breaks what it is told to. */
export class Faults extends Context.Tag("test/runtime/Faults")<Faults, {
  /** Breaks every call of the operation from now on, or the next `times`. */
  readonly inject: (operation: Operation, fault: Fault, times?: number) => Effect.Effect<void>
  readonly mend: (operation: Operation) => Effect.Effect<void>
  /** How often the operation was called, broken or not. */
  readonly calls: (operation: Operation) => Effect.Effect<number>
}>() {}

type Operation = Exclude<keyof typeof JobStore.Service, "afterTransaction">

const faulty: Layer.Layer<JobStore | Faults, never, JobStore> = Layer.effectContext(Effect.map(JobStore, (store) => {
  const faults = new Map<string, { readonly fault: Fault; times: number }>()
  const calls = new Map<string, number>()
  const wrap = <A, E>(operation: Operation, call: Effect.Effect<A, E>): Effect.Effect<A, E | StoreFailure> =>
    Effect.suspend(() => {
      calls.set(operation, (calls.get(operation) ?? 0) + 1)
      const found = faults.get(operation)
      if (found === undefined || found.times <= 0) return call
      found.times -= 1
      return found.fault(call, operation)
    })
  return Context.make(Faults, {
    inject: (operation, fault, times = Infinity) => Effect.sync(() => void faults.set(operation, { fault, times })),
    mend: (operation) => Effect.sync(() => void faults.delete(operation)),
    calls: (operation) => Effect.sync(() => calls.get(operation) ?? 0)
  }).pipe(Context.add(JobStore, {
    enqueue: (jobs) => wrap("enqueue", store.enqueue(jobs)),
    afterTransaction: store.afterTransaction,
    nextDue: (request) => wrap("nextDue", store.nextDue(request)),
    due: (request) => wrap("due", store.due(request)),
    claim: (request) => wrap("claim", store.claim(request)),
    extend: (items) => wrap("extend", store.extend(items)),
    progress: (items) => wrap("progress", store.progress(items)),
    complete: (items) => wrap("complete", store.complete(items)),
    fail: (items) => wrap("fail", store.fail(items)),
    release: (items) => wrap("release", store.release(items)),
    releaseStale: (options) => wrap("releaseStale", store.releaseStale(options)),
    get: (id, partitionKey) => wrap("get", store.get(id, partitionKey)),
    list: (listing) => wrap("list", store.list(listing)),
    cancel: (id, partitionKey) => wrap("cancel", store.cancel(id, partitionKey)),
    retry: (id, partitionKey) => wrap("retry", store.retry(id, partitionKey)),
    prune: (options) => wrap("prune", store.prune(options))
  }))
}))

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

/**
 * A job queue over SQLite, with a store that can be broken and a log that can
 * be read. Loops give way to ready fibers only and not to real timers, so that
 * whatever can happen has happened before the clock of a test moves on.
 */
export const holdfast = (filename = ":memory:") =>
  JobQueue.layer.pipe(
    Layer.provideMerge(faulty),
    Layer.provideMerge(SqliteStore.layer({ filename })),
    Layer.provideMerge(Layer.mergeAll(recorded, Layer.succeed(EventLoop, { turn: Effect.yieldNow() })))
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

/** Lets all happen that can happen now. */
export const settled = TestClock.adjust(0)

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
