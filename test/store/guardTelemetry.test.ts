import { assert, describe, it } from "@effect/vitest"
import { Effect, Fiber, FiberRef, HashSet, Layer, Logger, LogLevel, Metric, Supervisor, Tracer } from "effect"
import { guardTelemetry, telemetryFailures, updateMetric } from "../../src/store/guardTelemetry.ts"

const throwing = Logger.make((): void => {
  throw new Error("write EPIPE")
})

/** A logger, and the lines it has seen. */
const keeping = () => {
  const lines: Array<string> = []
  return { lines, logger: Logger.make(({ message }) => void lines.push([message].flat().map(String).join(" "))) }
}

const withLoggers = (...loggers: ReadonlyArray<Logger.Logger<unknown, unknown>>) =>
  Effect.locally(FiberRef.currentLoggers, HashSet.fromIterable(loggers))

const ofSource = (source: string) =>
  Effect.map(Metric.value(Metric.tagged(telemetryFailures, "source", source)), ({ count }) => count)

describe("guarded loggers", () => {
  it.effect("one that throws keeps none of the others from the line, which are told once that it did", () => {
    const { lines, logger } = keeping()
    return Effect.gen(function*() {
      const before = yield* ofSource("logger")
      yield* guardTelemetry(Effect.zipRight(Effect.logInfo("one"), Effect.logInfo("two"))).pipe(
        withLoggers(throwing, logger)
      )
      assert.sameMembers(lines, ["one", "A logger threw; what it is told may be lost, and nothing else is", "two"])
      assert.strictEqual((yield* ofSource("logger")) - before, 2)
    })
  })

  it.effect("a fiber that ends with an error is heard of by who waits for it", () =>
    Effect.gen(function*() {
      const fiber = yield* Effect.forkDaemon(Effect.fail("no"))
      assert.strictEqual(yield* Effect.flip(Fiber.join(fiber)), "no")
    }).pipe(guardTelemetry, withLoggers(throwing), Logger.withMinimumLogLevel(LogLevel.All)))

  it.effect("are still who they are, to be removed and replaced", () => {
    const [one, other] = [keeping(), keeping()]
    return Effect.gen(function*() {
      yield* Effect.logInfo("first").pipe(Effect.provide(Logger.replace(one.logger, other.logger)))
      yield* Effect.logInfo("second").pipe(Effect.provide(Logger.remove(one.logger)))
      yield* Effect.logInfo("third").pipe(Effect.provide(Logger.add(other.logger)))
      yield* Effect.logInfo("fourth")
      assert.deepStrictEqual(one.lines, ["third", "fourth"])
      assert.deepStrictEqual(other.lines, ["first", "third"])
    }).pipe(guardTelemetry, withLoggers(one.logger))
  })

  it.effect("guarded twice are guarded once, and the caller has its own again afterwards", () => {
    const loggers = HashSet.make(throwing)
    const current = FiberRef.get(FiberRef.currentLoggers)
    return Effect.gen(function*() {
      const [outer, inner] = yield* guardTelemetry(Effect.zip(current, guardTelemetry(current)))
      assert.notStrictEqual(outer, loggers)
      assert.strictEqual(inner, outer)
      assert.strictEqual(yield* current, loggers)
    }).pipe(Effect.locally(FiberRef.currentLoggers, loggers))
  })
})

it.effect("a metric that throws is told of once, however it is tagged", () => {
  const { lines, logger } = keeping()
  const broken = Object.assign(Metric.counter("guardTelemetry.broken"), {
    unsafeUpdate: () => {
      throw new Error("no registry")
    }
  })
  return Effect.gen(function*() {
    const before = yield* ofSource("metric")
    for (const kind of ["a", "b"]) yield* updateMetric(Metric.tagged(broken, "kind", kind), 1)
    assert.strictEqual((yield* ofSource("metric")) - before, 2)
    assert.deepStrictEqual(lines, ["A metric threw; what it is told may be lost, and nothing else is"])
  }).pipe(guardTelemetry, withLoggers(logger))
})

describe("a guarded tracer", () => {
  /** As an app's, whose spans know more than Effect does. */
  class AppSpan {
    readonly #secret = "mine"
    get secret() {
      return this.#secret
    }
  }

  it.effect("gives the tracer's own spans, with all that they are", () => {
    const made: Array<Tracer.Span> = []
    return Effect.gen(function*() {
      const native = yield* Effect.tracer
      const tracer = Tracer.make({
        span: (...options) => {
          const span = Object.assign(new AppSpan(), native.span(...options), {
            attribute: () => {
              throw new Error("no attributes")
            },
            end: () => {},
            event: () => {},
            addLinks: () => {}
          })
          made.push(span)
          return span
        },
        context: (step) => step()
      })
      yield* Effect.gen(function*() {
        const span = yield* Effect.currentSpan
        assert.strictEqual(span, made[0])
        assert.strictEqual((span as unknown as AppSpan).secret, "mine")
      }).pipe(Effect.withSpan("one", { attributes: { a: 1 } }), guardTelemetry, Effect.withTracer(tracer))
      assert.strictEqual(made.length, 1)
    })
  })

  it.effect("that makes none gives a span of Effect's, and is told of once", () => {
    const { lines, logger } = keeping()
    const tracer = Tracer.make({
      span: () => {
        throw new Error("no exporter")
      },
      context: (step) => step()
    })
    return Effect.gen(function*() {
      const names = yield* Effect.map(Effect.currentSpan, ({ name }) => name).pipe(
        Effect.withSpan("one"),
        Effect.replicateEffect(2),
        guardTelemetry,
        Effect.withTracer(tracer),
        withLoggers(logger)
      )
      assert.deepStrictEqual(names, ["one", "one"])
      assert.deepStrictEqual(lines, ["A tracer threw; what it is told may be lost, and nothing else is"])
    })
  })

  it.effect("leaves what a step throws to the fiber, even where the tracer would keep it", () => {
    const keepingAll = Effect.map(Effect.tracer, (native) =>
      Tracer.make({
        span: (...options) => native.span(...options),
        context: (step) => {
          try {
            return step()
          } catch {
            return undefined as never
          }
        }
      }))
    return Effect.gen(function*() {
      const cause = yield* Effect.sync(() => {
        throw new Error("of the step")
      }).pipe(guardTelemetry, Effect.withTracer(yield* keepingAll), Effect.sandbox, Effect.flip)
      assert.include(String(cause), "of the step")
    })
  })
})

describe("a guarded supervisor", () => {
  it.effect("still sees the fibers that begin and end", () => {
    const seen: Array<string> = []
    class Watching extends Supervisor.AbstractSupervisor<void> {
      override readonly value = Effect.void
      override onStart() {
        seen.push("start")
        throw new Error("saw it")
      }
      override onEnd() {
        seen.push("end")
        throw new Error("saw it")
      }
    }
    return Effect.gen(function*() {
      yield* Fiber.join(yield* Effect.fork(Effect.void))
      assert.deepStrictEqual(seen, ["start", "end"])
    }).pipe(guardTelemetry, Effect.supervised(new Watching()), Effect.provide(Layer.empty))
  })
})
