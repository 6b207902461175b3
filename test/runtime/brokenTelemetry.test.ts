import { SqlClient } from "@effect/sql"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Exit, Fiber, FiberRef, HashSet, Logger, Schedule, Schema, TestClock, Tracer } from "effect"
import * as Job from "../../src/domain/Job.ts"
import { metrics } from "../../src/runtime/events.ts"
import { JobQueue } from "../../src/runtime/JobQueue.ts"
import * as Worker from "../../src/runtime/Worker.ts"
import { failing, StoreFaults } from "../../src/testing.ts"
import { calm, inHoldfast, settled, work } from "./harness.ts"

type Under = <A, E, R>(effect: Effect.Effect<A, E, R>) => Effect.Effect<A, E, R>

/** Telemetry of an app, that throws from the moment it is broken on. */
interface Breakable {
  readonly under: Under
  readonly break: () => void
}

const breakable = (make: (pass: () => void) => Under) => (): Breakable => {
  let broken = false
  return {
    under: make(() => {
      if (broken) throw new Error("write EPIPE")
    }),
    break: () => void (broken = true)
  }
}

const withLogger = (logger: Logger.Logger<unknown, unknown>): Under => (effect) =>
  Effect.locallyWith(effect, FiberRef.currentLoggers, HashSet.add(logger))

/** A tracer, one of whose methods, or of its spans', may throw. */
const tracer = (method: "span" | "attribute" | "event" | "end") =>
  breakable((pass) => (effect) =>
    Effect.flatMap(Effect.tracer, (whole) =>
      Effect.withTracer(
        effect,
        Tracer.make({
          span: (...options) => {
            if (method === "span") pass()
            const span = whole.span(...options)
            if (method === "span") return span
            const unbroken = span[method].bind(span) as (...given: ReadonlyArray<unknown>) => void
            return Object.assign(span, {
              [method]: (...given: ReadonlyArray<unknown>) => {
                pass()
                unbroken(...given)
              }
            })
          },
          context: (execution, fiber) => whole.context(execution, fiber)
        })
      ))
  )

const telemetries: Readonly<Record<string, () => Breakable>> = {
  "a logger": breakable((pass) => withLogger(Logger.make(pass))),
  "a JSON logger that is given a bigint": breakable((pass) => (effect) => {
    const strict = Logger.make<unknown, void>((options) => {
      try {
        pass()
      } catch {
        Logger.jsonLogger.log(options)
      }
    })
    return Effect.annotateLogs(withLogger(strict)(effect), { tenant: 1n })
  }),
  "a tracer, at the start of a span,": tracer("span"),
  "a tracer, at an attribute of a span,": tracer("attribute"),
  "a tracer, at an event of a span,": tracer("event"),
  "a tracer, at the end of a span,": tracer("end"),
  "a metric": breakable((pass) => (effect) => {
    const all = Object.values(metrics)
    const unbroken = all.map((metric) => Object.getOwnPropertyDescriptor(metric, "unsafeUpdate") ?? {})
    return Effect.ensuring(
      Effect.zipRight(
        Effect.sync(() => {
          for (const metric of all) Object.assign(metric, { unsafeUpdate: pass })
        }),
        effect
      ),
      Effect.sync(() =>
        all.forEach((metric, index) => Object.defineProperty(metric, "unsafeUpdate", unbroken[index] ?? {}))
      )
    )
  })
}

const Task = Job.make("brokenTelemetry.task", {
  payload: Schema.Literal("short", "long", "endless", "failing"),
  lease: "60 seconds",
  timeout: "50 seconds",
  backoff: Schedule.spaced("1 hour")
})

/** Of a worker that is gone. */
const Abandoned = Job.make("brokenTelemetry.abandoned", { payload: Schema.Void })

const TaskLive = Task.toLayer((payload) => {
  switch (payload) {
    case "short":
      return Effect.log("at work").pipe(Effect.withSpan("at work"))
    case "long":
      return Effect.sleep("48 seconds")
    case "endless":
      return Effect.never
    case "failing":
      return Effect.fail(new Error("on purpose"))
  }
})

const options = { ...calm, jobs: [Task], heartbeatInterval: "20 seconds", shutdownGrace: "10 seconds" } as const

for (const [what, make] of Object.entries(telemetries)) {
  /** A worker under it, which was well when that began. */
  const started = (more: Partial<Worker.Options<ReadonlyArray<Job.Any>>> = {}) =>
    Effect.gen(function*() {
      const telemetry = make()
      const worker = yield* telemetry.under(work({ ...options, ...more, jobs: [Task] }))
      telemetry.break()
      return worker
    })

  const outcome = (id: string) => Effect.map(JobQueue.get(id), ({ failures, status }) => [status, failures])

  describe(`${what} that throws`, () => {
    it.effect("stops neither claims nor settles", () =>
      Effect.gen(function*() {
        yield* started()
        for (let n = 0; n < 2; n++) {
          yield* StoreFaults.inject("fail", failing, 1)
          const short = yield* JobQueue.enqueue(Task, "short")
          const bad = yield* JobQueue.enqueue(Task, "failing")
          yield* TestClock.adjust("1 second")
          assert.deepStrictEqual(yield* outcome(short.id), ["succeeded", 0])
          assert.deepStrictEqual(yield* outcome(bad.id), ["pending", 1])
        }
      }).pipe(inHoldfast(TaskLive)))

    it.effect("stops no heartbeat, not even after one that failed", () =>
      Effect.gen(function*() {
        yield* started()
        yield* StoreFaults.inject("extend", failing, 1)
        const { id } = yield* JobQueue.enqueue(Task, "long")
        yield* TestClock.adjust("48 seconds")
        assert.deepStrictEqual(yield* outcome(id), ["succeeded", 0])
      }).pipe(inHoldfast(TaskLive)))

    it.effect("keeps no handler from being stopped at its timeout", () =>
      Effect.gen(function*() {
        yield* started()
        const { id } = yield* JobQueue.enqueue(Task, "endless")
        yield* TestClock.adjust("50 seconds")
        assert.deepStrictEqual(yield* outcome(id), ["pending", 1])
      }).pipe(inHoldfast(TaskLive)))

    it.effect("stops no sweep", () =>
      Effect.gen(function*() {
        const first = yield* JobQueue.enqueue(Abandoned, undefined)
        yield* started({ staleCheckInterval: "20 seconds" })
        for (const attempt of [1, 2]) {
          yield* JobQueue.claim({ jobs: [Abandoned], leaseFor: "1 second", worker: "dead" })
          yield* TestClock.adjust("1 minute")
          assert.deepStrictEqual(yield* outcome(first.id), ["pending", attempt])
        }
      }).pipe(inHoldfast(TaskLive)))

    it.effect("keeps no worker from handing back its jobs when it ends", () =>
      Effect.gen(function*() {
        const worker = yield* started()
        const { id } = yield* JobQueue.enqueue(Task, "endless")
        yield* settled
        const closed = yield* Effect.fork(Fiber.interrupt(worker))
        yield* TestClock.adjust(9_999)
        assert.deepStrictEqual(yield* outcome(id), ["running", 0])
        yield* TestClock.adjust(1)
        yield* Fiber.join(closed)
        assert.deepStrictEqual(yield* outcome(id), ["pending", 0])
      }).pipe(inHoldfast(TaskLive)))
  })
}

for (const [what, make] of Object.entries(telemetries)) {
  const broken = Effect.sync(() => {
    const telemetry = make()
    telemetry.break()
    return telemetry.under
  })

  describe(`${what} that throws in who calls`, () => {
    it.effect("is no failure of an enqueue, which has committed", () =>
      Effect.gen(function*() {
        const under = yield* broken
        const { enqueued, id } = yield* under(JobQueue.enqueue(Task, "short"))
        assert.isTrue(enqueued)
        assert.strictEqual((yield* JobQueue.get(id)).status, "pending")
      }).pipe(inHoldfast(TaskLive)))

    it.effect("leaves no transaction open", () =>
      Effect.gen(function*() {
        const under = yield* broken
        const sql = yield* SqlClient.SqlClient
        const { id } = yield* under(sql.withTransaction(JobQueue.enqueue(Task, "short")))
        const refused = yield* Effect.exit(
          under(sql.withTransaction(Effect.zipRight(JobQueue.enqueue(Task, "long"), Effect.fail("no"))))
        )
        assert.deepStrictEqual(refused, Exit.fail("no"))
        const { jobs } = yield* JobQueue.list()
        assert.deepStrictEqual(jobs.map((job) => job.id), [id])
      }).pipe(inHoldfast(TaskLive)))

    it.effect("keeps no worker from starting", () =>
      Effect.gen(function*() {
        const under = yield* broken
        yield* JobQueue.enqueue(Task, "short")
        yield* under(Worker.run({ ...options, once: true }))
        const { jobs } = yield* JobQueue.list()
        assert.deepStrictEqual(jobs.map(({ status }) => status), ["succeeded"])
      }).pipe(inHoldfast(TaskLive)))
  })
}
