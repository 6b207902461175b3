import type { Logger } from "effect"
import {
  Cause,
  Clock,
  Context,
  DefaultServices,
  Effect,
  Either,
  Fiber,
  FiberRef,
  Hash,
  HashMap,
  HashSet,
  identity,
  List,
  LogLevel,
  Metric,
  Option,
  Supervisor,
  Tracer
} from "effect"
import { readable } from "../domain/readableError.ts"

/** Counts what loggers, tracers, metrics, supervisors and listeners threw, by which of them it was. */
export const telemetryFailures = Metric.counter("holdfast_telemetry_failures", {
  description: "Loggers, tracers, metrics, supervisors and listeners that threw, by source",
  incremental: true
})

/**
 * Runs an effect under loggers, a tracer and a supervisor that cannot throw into
 * it: the app's own, with what they throw swallowed, counted, and logged once.
 *
 * In Effect a logger that throws is a defect of the fiber that logs, and where a
 * fiber ends it leaves whoever waits for that fiber waiting. A span that throws
 * in a transaction leaves the transaction open.
 */
export const guardTelemetry = <A, E, R>(effect: Effect.Effect<A, E, R>): Effect.Effect<A, E, R> =>
  Effect.withFiberRuntime<A, E, R>((fiber) => {
    const loggers = fiber.getFiberRef(FiberRef.currentLoggers)
    const { currentSupervisor: supervisor, currentTracer: tracer } = fiber
    let guarded = effect
    if (!areGuarded.has(loggers)) {
      guarded = Effect.locally(guarded, FiberRef.currentLoggers, guardedLoggers(loggers))
    }
    if (tracer !== nativeTracer && !areGuarded.has(tracer)) {
      guarded = Effect.withTracer(guarded, guardedTracer(tracer))
    }
    if (supervisor !== Supervisor.none && !areGuarded.has(supervisor)) {
      guarded = Effect.locally(guarded, FiberRef.currentSupervisor, guardedSupervisor(supervisor))
    }
    return guarded
  })

/**
 * Runs an effect in a span, under the guard, where the app has a tracer or a
 * supervisor. Otherwise runs it unchanged, so the effect must log nothing or guard
 * its own logging. A span that nobody hears of and the guard take as long as an
 * insert.
 */
export const inSpanIfTraced = <A, E, R>(
  name: string,
  effect: Effect.Effect<A, E, R>,
  options: () => Tracer.SpanOptions = () => ({})
): Effect.Effect<A, E, R> =>
  Effect.withFiberRuntime<A, E, R>(({ currentSupervisor, currentTracer }) =>
    currentTracer === nativeTracer && currentSupervisor === Supervisor.none
      ? effect
      : guardTelemetry(Effect.withSpan(effect, name, { ...options(), captureStackTrace: false })) as Effect.Effect<
        A,
        E,
        R
      >
  )

/** A service whose effects, and those that its methods answer, run under the guard. */
export const guardCalls = <Service extends object>(service: Service): Service =>
  Object.fromEntries(
    Object.entries(service).map(([name, member]: [string, unknown]) => [
      name,
      Effect.isEffect(member)
        ? guardTelemetry(member)
        : (...given: ReadonlyArray<unknown>) =>
          guardTelemetry((member as (...given: ReadonlyArray<unknown>) => Effect.Effect<unknown>)(...given))
    ])
  ) as Service

/** Updates a metric; one that throws is swallowed, counted and logged as the rest. */
export const updateMetric = <Type, In, Out>(metric: Metric.Metric<Type, In, Out>, input: In): Effect.Effect<void> =>
  Effect.withFiberRuntime((fiber) => {
    updateNow(fiber, metric, input)
    return Effect.void
  })

/** The same at once, with the labels of this fiber. */
export const updateNow = <Type, In, Out>(
  fiber: Fiber.RuntimeFiber<unknown, unknown>,
  metric: Metric.Metric<Type, In, Out>,
  input: In
): void => {
  try {
    metric.unsafeUpdate(input, fiber.getFiberRef(FiberRef.currentMetricLabels))
  } catch (thrown) {
    failed("metric", everyMetric, thrown)
  }
}

/** Swallows what a listener of events has thrown: counts it, and logs the first as the fiber would that told it. */
export const listenerThrew = (thrown: unknown, fiber: Fiber.RuntimeFiber<unknown, unknown>): void =>
  failed("listener", everyListener, thrown, fiber)

/** A metric that is tagged is another each time. */
const everyMetric = {}

const everyListener = {}

type Source = "logger" | "tracer" | "supervisor" | "metric" | "listener"

/** Those of whom it was told that they throw. */
const told = new WeakSet<object>()

/** Counts a failure, and logs the first of each source. */
const failed = (
  source: Source,
  who: object,
  thrown: unknown,
  fiber = Option.getOrUndefined(Fiber.getCurrentFiber())
): void => {
  try {
    Metric.tagged(telemetryFailures, "source", source).unsafeUpdate(1, [])
    if (told.has(who)) return
    told.add(who)
    if (fiber !== undefined) tell(fiber, source, who, thrown)
  } catch {
    // Nothing is left to tell it with.
  }
}

/** Logs by hand, where no effect can run, with the loggers that are left. */
const tell = (
  fiber: Fiber.RuntimeFiber<unknown, unknown>,
  source: Source,
  who: object,
  thrown: unknown
): void => {
  if (LogLevel.greaterThan(fiber.getFiberRef(FiberRef.currentMinimumLogLevel), LogLevel.Error)) return
  const now = Context.get(fiber.currentDefaultServices, Clock.Clock).unsafeCurrentTimeMillis()
  for (const logger of HashSet.toValues(fiber.getFiberRef(FiberRef.currentLoggers))) {
    if (logger === who) continue
    guardedLogger(logger).log({
      fiberId: fiber.id(),
      logLevel: LogLevel.Error,
      message: [`A ${source} threw; what it is told may be lost, and nothing else is`],
      cause: Cause.empty,
      context: fiber.getFiberRefs(),
      spans: List.empty(),
      annotations: HashMap.make(["error", readable(() => String(thrown))]),
      date: new Date(now)
    })
  }
}

/** Runs what may throw, and answers what it answers, or else what `instead` does. */
const attempt = <A>(source: Source, who: object, run: () => A, instead: () => A): A => {
  try {
    return run()
  } catch (thrown) {
    failed(source, who, thrown)
    return instead()
  }
}

const nothing = () => {}

/** Sets of loggers, tracers, spans and supervisors that are guarded. */
const areGuarded = new WeakSet<object>()

/** The guarded form of each, made once. */
const cached = <A extends object>(make: (one: A) => A): (one: A) => A => {
  const guarded = new WeakMap<A, A>()
  return (one) => {
    if (areGuarded.has(one)) return one
    const known = guarded.get(one)
    if (known !== undefined) return known
    const made = make(one)
    guarded.set(one, made)
    areGuarded.add(made)
    return made
  }
}

type Loggers = HashSet.HashSet<Logger.Logger<unknown, unknown>>

/**
 * The same set, but whoever goes through it, as a fiber that logs does, meets
 * guarded loggers. Its members stay who they are, so that a handler can still
 * remove or replace one.
 */
const guardedLoggers: (loggers: Loggers) => Loggers = cached((loggers) => {
  const each = HashSet.toValues(loggers).map(guardedLogger)
  const hash = Hash.hash(each)
  return Object.create(loggers, {
    [Symbol.iterator]: { value: () => each.values() },
    // A FiberRef is not set to what equals its value, as a set with the same members does.
    [Hash.symbol]: { value: () => hash }
  }) as Loggers
})

const guardedLogger = cached<Logger.Logger<unknown, unknown>>((logger) =>
  Object.create(logger, {
    log: {
      value: (options: Logger.Logger.Options<unknown>) => attempt("logger", logger, () => logger.log(options), nothing)
    }
  }) as typeof logger
)

/** What Effect has until an app provides one, and cannot throw. */
const nativeTracer = Context.get(DefaultServices.liveServices, Tracer.Tracer)

/** True if a tracer of the app's hears of spans: Effect's own keeps them to itself. */
export const isTraced: Effect.Effect<boolean> = Effect.map(Effect.tracer, (tracer) => tracer !== nativeTracer)

const guardedTracer = cached<Tracer.Tracer>((tracer) =>
  Tracer.make({
    span: (...options) =>
      attempt(
        "tracer",
        tracer,
        () => guardSpan(tracer, tracer.span(...options)),
        () => nativeTracer.span(...options)
      ),
    context: (step, fiber) => {
      let ended: Either.Either<ReturnType<typeof step>, unknown> | undefined
      // What the step throws is for the fiber, and not for the tracer to see or to keep.
      const once = () => ended ??= Either.try(step)
      attempt("tracer", tracer, () => void tracer.context(once, fiber), nothing)
      return Either.getOrThrowWith(once(), identity)
    }
  })
)

/**
 * Guards the span itself, where it can be changed: exporters and apps know their
 * spans by identity and by fields of their own.
 */
const guardSpan = (tracer: Tracer.Tracer, span: Tracer.Span): Tracer.Span => {
  if (areGuarded.has(span)) return span
  const quiet = (method: "end" | "attribute" | "event" | "addLinks"): PropertyDescriptor => {
    const run = span[method] as (...given: ReadonlyArray<unknown>) => void
    return {
      value: (...given: ReadonlyArray<unknown>) =>
        attempt("tracer", tracer, () => run.apply(span, [...given]), nothing),
      writable: true,
      configurable: true
    }
  }
  const guarded = Object.isExtensible(span) ? span : Object.create(span) as Tracer.Span
  areGuarded.add(guarded)
  return Object.defineProperties(guarded, {
    end: quiet("end"),
    attribute: quiet("attribute"),
    event: quiet("event"),
    addLinks: quiet("addLinks")
  })
}

class GuardedSupervisor extends Supervisor.AbstractSupervisor<unknown> {
  readonly value: Effect.Effect<unknown>
  private readonly inner: Supervisor.Supervisor<unknown>
  constructor(inner: Supervisor.Supervisor<unknown>) {
    super()
    this.inner = inner
    this.value = inner.value
  }
  private quiet(run: () => void): void {
    attempt("supervisor", this.inner, run, nothing)
  }
  override onStart: Supervisor.Supervisor<unknown>["onStart"] = (...event) =>
    this.quiet(() => this.inner.onStart(...event))
  override onEnd: Supervisor.Supervisor<unknown>["onEnd"] = (...event) => this.quiet(() => this.inner.onEnd(...event))
  override onEffect: Supervisor.Supervisor<unknown>["onEffect"] = (...event) =>
    this.quiet(() => this.inner.onEffect(...event))
  override onSuspend: Supervisor.Supervisor<unknown>["onSuspend"] = (...event) =>
    this.quiet(() => this.inner.onSuspend(...event))
  override onResume: Supervisor.Supervisor<unknown>["onResume"] = (...event) =>
    this.quiet(() => this.inner.onResume(...event))
}

const guardedSupervisor = cached<Supervisor.Supervisor<unknown>>((supervisor) => new GuardedSupervisor(supervisor))
