import { Effect, Layer, Logger, LogLevel, Schema } from "effect"
import { readdirSync, readFileSync } from "node:fs"
import { setTimeout as wait } from "node:timers/promises"
import { Job, JobQueue, Worker } from "../../src/index.ts"
import { SqliteStore } from "../../src/sqlite.ts"
import { enqueueMany, work } from "../bench/contenders/holdfast.ts"
import type { Figures, Task } from "./figures.ts"

/*
 * One measurement in a process of its own, with or without the keeper's thread and the sockets of presence. It prints its
 * figures as JSON. It is started with --expose-gc.
 */

const task = JSON.parse(process.argv[2] ?? "") as Task

const Short = Job.make("keeperCost.short", { payload: Schema.Void })
const Long = Job.make("keeperCost.long", { payload: Schema.Void })
const Handlers = Layer.merge(Short.toLayer(() => Effect.void), Long.toLayer(() => Effect.never))

const worker = Worker.run({
  jobs: [Short, Long],
  pollInterval: "1 hour",
  shutdownGrace: 0,
  logLevel: LogLevel.Warning
})

/** Waits until a job has come to this status. */
const until = (id: string, status: "running" | "succeeded") =>
  JobQueue.get(id).pipe(Effect.delay("50 millis"), Effect.repeat({ until: (job) => job.status === status }))

/**
 * CPU time and real time of a drain, after a warm-up of a fifth of the jobs. A second worker has already run a job and stays,
 * so the start of the thread is not counted: it is paid once in the life of a process.
 */
const drain = (jobs: number, concurrency: number) =>
  Effect.gen(function*() {
    yield* Effect.forkScoped(worker)
    const { id } = yield* JobQueue.enqueue(Short, undefined)
    yield* until(id, "succeeded")
    const warmUp = Math.ceil(jobs / 5)
    yield* enqueueMany(warmUp)
    yield* work(warmUp, concurrency, false)
    yield* enqueueMany(jobs)
    const before = process.cpuUsage()
    const at = performance.now()
    yield* work(jobs, concurrency, false)
    const { system, user } = process.cpuUsage(before)
    const figures: Figures = {
      cpuMicrosPerJob: (system + user) / jobs,
      jobsPerSecond: jobs / (performance.now() - at) * 1000
    }
    return figures
  }).pipe(Effect.scoped)

/** The times that each thread of this process has gone to sleep. */
const sleeps = () =>
  new Map(
    readdirSync("/proc/self/task").map((id) => {
      const status = readFileSync(`/proc/self/task/${id}/status`, "utf8")
      return [id, Number(/^voluntary_ctxt_switches:\s*(\d+)$/m.exec(status)?.[1])]
    })
  )

/** The memory of a worker that has nothing to do but hold one lease, or none, and the wake-ups of the threads that its first job has started. */
const idle = (seconds: number, holds: boolean) =>
  Effect.gen(function*() {
    const before = new Set(sleeps().keys())
    yield* Effect.forkScoped(worker)
    const { id } = yield* holds ? JobQueue.enqueue(Long, undefined) : JobQueue.enqueue(Short, undefined)
    yield* until(id, holds ? "running" : "succeeded")
    // The thread has started by then, and told what it started with.
    yield* Effect.promise(() => wait(3_000))
    const from = sleeps()
    yield* Effect.promise(() => wait(seconds * 1000))
    const started = [...sleeps()].filter(([thread]) => !before.has(thread))
    const wakeUps = started.reduce((sum, [thread, count]) => sum + count - (from.get(thread) ?? 0), 0)
    for (let times = 0; times < 3; times++) globalThis.gc?.()
    yield* Effect.promise(() => wait(500))
    const figures: Figures = { megabytes: process.memoryUsage.rss() / 1e6, wakeUpsPerSecond: wakeUps / seconds }
    return figures
  }).pipe(Effect.scoped)

const measure = () => task.of === "drain" ? drain(task.jobs, task.concurrency) : idle(task.seconds, task.holds)

const figures = await Effect.suspend(measure).pipe(
  Effect.provide(Handlers),
  Effect.provide(
    JobQueue.layer.pipe(Layer.provideMerge(
      SqliteStore.layer({
        filename: task.database,
        synchronous: "normal",
        leaseKeeper: task.isKept,
        presence: task.isKept
      })
    ))
  ),
  Logger.withMinimumLogLevel(LogLevel.Warning),
  Effect.runPromise
)
process.stdout.write(`${JSON.stringify(figures)}\n`, () => process.exit(0))
