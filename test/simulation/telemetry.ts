import { Effect, Layer, Logger, LogLevel, Option, Tracer } from "effect"
import type { Context } from "effect"
import type { History } from "./History.ts"
import type { World } from "./World.ts"

/** Runs a worker under a logger and a tracer that throw now and then, each by itself, at what they are told and asked. */
export const thrown =
  (world: World, history: History, process: string) => <A, E, R>(worker: Effect.Effect<A, E, R>) => {
    const random = world.stream("telemetry", process)
    const throwsNow = (what: "a logger threw" | "a tracer threw") => {
      if (random.number() < 0.8) return
      history.rare.push(what)
      throw new Error(`simulated: ${what}`)
    }
    const loud = Layer.merge(
      Logger.add(Logger.make(() => throwsNow("a logger threw"))),
      Logger.minimumLogLevel(LogLevel.Info)
    )
    return worker.pipe(
      Effect.provide(loud),
      Effect.withTracer(tracer(() => throwsNow("a tracer threw"))),
      Effect.withTracerEnabled(true)
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
