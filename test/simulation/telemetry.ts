import { Effect, Fiber, FiberRef, Layer, Logger, LogLevel, Option, Tracer } from "effect"
import type { Context } from "effect"
import { metrics } from "../../src/runtime/telemetry/metrics.ts"
import { updateMetric } from "../../src/store/guardTelemetry.ts"
import type { History } from "./History.ts"
import type { World } from "./World.ts"

/**
 * Runs a worker under a logger and a tracer that throw now and then, each by
 * itself, at what they are told and asked, and beside metrics that do so when they
 * are updated.
 */
export const thrown =
  (world: World, history: History, process: string) => <A, E, R>(worker: Effect.Effect<A, E, R>) => {
    const throwsBy = (random: ReturnType<World["stream"]>) => (what: Throwing) => {
      if (random.number() < 0.8) return
      history.rare.push(what)
      throw new Error(`simulated: ${what}`)
    }
    const throwsNow = throwsBy(world.stream("telemetry", process))
    const metricThrowsNow = throwsBy(world.stream("metrics", process))
    instrumentMetrics()
    const loud = Layer.merge(
      Logger.add(Logger.make(() => throwsNow("a logger threw"))),
      Logger.minimumLogLevel(LogLevel.Info)
    )
    return worker.pipe(
      Effect.provide(loud),
      Effect.withTracer(tracer(() => throwsNow("a tracer threw"))),
      Effect.withTracerEnabled(true),
      Effect.locally(onUpdate, () => metricThrowsNow("a metric threw"))
    )
  }

type Throwing = "a logger threw" | "a tracer threw" | "a metric threw"

/** Runs before a metric of Holdfast's is updated by a fiber. */
const onUpdate = FiberRef.unsafeMake(() => {})

let areInstrumented = false

/**
 * Puts a hook in front of every metric of Holdfast's, as an exporter does that
 * pushes each update. Nothing else of a metric can throw: those that Effect makes
 * keep their state themselves, and an app hands none of its own to a worker.
 */
const instrumentMetrics = (): void => {
  if (areInstrumented) return
  areInstrumented = true
  for (const metric of Object.values<{ unsafeUpdate: (...given: ReadonlyArray<never>) => void }>(metrics)) {
    // Where this one throws, nobody is told of what it counts, and seeds no longer gave the same digest each time.
    if (metric === metrics.telemetryFailures) continue
    const update = metric.unsafeUpdate
    metric.unsafeUpdate = (...given) => {
      const fiber = Option.getOrUndefined(Fiber.getCurrentFiber())
      fiber?.getFiberRef(onUpdate)()
      update(...given)
    }
  }
  throwOnce()
}

/** The first metric that throws in a process is logged. That must not be one of a seed's, whose log would depend on the seeds before it. */
const throwOnce = (): void => {
  let hasThrown = false
  const first = () => {
    if (hasThrown) return
    hasThrown = true
    throw new Error("simulated: the first metric threw")
  }
  Effect.runSync(
    updateMetric(metrics.workerRestarts, 0).pipe(
      Effect.locally(onUpdate, first),
      Effect.provide(Logger.remove(Logger.defaultLogger))
    )
  )
}

/** Spans that keep nothing, whose ids are their numbers. */
const tracer = (throwNow: () => void): Tracer.Tracer => {
  let count = 0
  return Tracer.make({
    span: (name, parent, context, links, startTime, kind) => {
      throwNow()
      count++
      return new ThrowingSpan(throwNow, count, { name, parent, context, links, startTime, kind })
    },
    context: (run) => run()
  })
}

interface SpanOptions {
  readonly name: string
  readonly parent: Option.Option<Tracer.AnySpan>
  readonly context: Context.Context<never>
  readonly links: ReadonlyArray<Tracer.SpanLink>
  readonly startTime: bigint
  readonly kind: Tracer.SpanKind
}

class ThrowingSpan implements Tracer.Span {
  readonly _tag = "Span"
  readonly spanId: string
  readonly traceId: string
  readonly name: string
  readonly parent: Option.Option<Tracer.AnySpan>
  readonly context: Context.Context<never>
  readonly status: Tracer.SpanStatus
  readonly attributes: ReadonlyMap<string, unknown> = new Map()
  readonly links: ReadonlyArray<Tracer.SpanLink>
  readonly sampled = true
  readonly kind: Tracer.SpanKind
  private readonly throwNow: () => void

  constructor(throwNow: () => void, count: number, options: SpanOptions) {
    this.throwNow = throwNow
    this.name = options.name
    this.parent = options.parent
    this.context = options.context
    this.links = options.links
    this.kind = options.kind
    this.status = { _tag: "Started", startTime: options.startTime }
    this.spanId = count.toString(16).padStart(16, "0")
    this.traceId = Option.match(options.parent, {
      onNone: () => count.toString(16).padStart(32, "0"),
      onSome: ({ traceId }) => traceId
    })
  }
  end(): void {
    this.throwNow()
  }
  attribute(): void {
    this.throwNow()
  }
  event(): void {
    this.throwNow()
  }
  addLinks(): void {
    this.throwNow()
  }
}
