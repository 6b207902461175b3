import { SqlClient } from "@effect/sql"
import { assert, describe, it } from "@effect/vitest"
import {
  Effect,
  Exit,
  Fiber,
  FiberRef,
  HashSet,
  Layer,
  Logger,
  Schedule,
  Schema,
  Scope,
  Supervisor,
  TestClock,
  Tracer
} from "effect"
import * as Job from "../../src/domain/Job.ts"
import { metrics } from "../../src/runtime/telemetry/metrics.ts"
import { JobQueue } from "../../src/runtime/JobQueue.ts"
import * as Worker from "../../src/runtime/Worker.ts"
import { failing, StoreFaults } from "../../src/testing.ts"
import { calm, inHoldfast, settled } from "./harness.ts"

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
const tracer = (method: "span" | "context" | "attribute" | "event" | "end") => {
  let steps = 0
  return breakable((pass) => (effect) =>
    Effect.flatMap(Effect.tracer, (whole) =>
      Effect.withTracer(
        effect,
        Tracer.make({
          span: (...options) => {
            if (method === "span") pass()
            const span = whole.span(...options)
            if (method === "span" || method === "context") return span
            const unbroken = span[method].bind(span) as (...given: ReadonlyArray<unknown>) => void
            return Object.assign(span, {
              [method]: (...given: ReadonlyArray<unknown>) => {
                pass()
                unbroken(...given)
              }
            })
          },
          context: (execution, fiber) => {
            // Where it throws each time, a fiber that nothing guards spins: Effect runs the defect itself in it.
            if (method === "context" && steps++ % 5 === 0) pass()
            return whole.context(execution, fiber)
          }
        })
      ))
  )
}

const supervisor = (method: "onStart" | "onEnd" | "onSuspend" | "onResume") =>
  breakable((pass) => {
    class Throwing extends Supervisor.AbstractSupervisor<void> {
      override readonly value = Effect.void
    }
    return Effect.supervised(Object.assign(new Throwing(), { [method]: pass }))
  })

const telemetries: Readonly<Record<string, () => Breakable>> = {
  "a logger": breakable((pass) => withLogger(Logger.make(pass))),
  "a JSON logger, at a bigint,": breakable((pass) => (effect) => {
    const strict = Logger.make<unknown, void>((options) => {
      try {
        pass()
      } catch {
        Logger.jsonLogger.log(options)
      }
    })
    return Effect.annotateLogs(withLogger(strict)(effect), { tenant: { id: 1n } })
  }),
  "a tracer, at the start of a span,": tracer("span"),
  "a tracer, as it enters a fiber's context,": tracer("context"),
  "a tracer, at an attribute of a span,": tracer("attribute"),
  "a tracer, at an event of a span,": tracer("event"),
  "a tracer, at the end of a span,": tracer("end"),
  "a supervisor, at a fiber's start,": supervisor("onStart"),
  "a supervisor, at a fiber's end,": supervisor("onEnd"),
  "a supervisor, where a fiber waits,": supervisor("onSuspend"),
  "a supervisor, where a fiber goes on,": supervisor("onResume"),
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
  leaseFor: "60 seconds",
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
  /** A worker under it, which was well when that began. Answers how to end it. */
  const started = (more: Partial<Worker.Options<ReadonlyArray<Job.Any>>> = {}) =>
    Effect.gen(function*() {
      const telemetry = make()
      const scope = yield* Scope.make()
      yield* telemetry.under(Layer.buildWithScope(Worker.layer({ ...options, ...more, jobs: [Task] }), scope))
      yield* settled
      telemetry.break()
      const end = Scope.close(scope, Exit.void)
      yield* Effect.addFinalizer(() => end)
      return end
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
        const end = yield* started()
        const { id } = yield* JobQueue.enqueue(Task, "endless")
        yield* settled
        const closed = yield* Effect.fork(end)
        yield* TestClock.adjust(9_999)
        assert.deepStrictEqual(yield* outcome(id), ["running", 0])
        yield* TestClock.adjust(1)
        yield* Fiber.join(closed)
        assert.deepStrictEqual(yield* outcome(id), ["pending", 0])
      }).pipe(inHoldfast(TaskLive)))
  })
}

/** Of the app's own fiber: one whose every step throws does not come as far as us. */
const ofTheCaller = Object.entries(telemetries).filter(([what]) => !what.includes("context"))

for (const [what, make] of ofTheCaller) {
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
