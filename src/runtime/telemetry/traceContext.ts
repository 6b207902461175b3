import type { Fiber, Tracer } from "effect"
import { Context, Option, Tracer as Tracers } from "effect"
import type { ClaimedJob } from "../../store/JobStore.ts"

const traceparent = /^[0-9a-f]{2}-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})$/

/** The span that a fiber is in as a W3C traceparent, to be kept with a job; null outside any span. */
export const traceContextOf = (fiber: Fiber.RuntimeFiber<unknown, unknown>): string | null => {
  try {
    const span = Context.getOption(fiber.currentContext, Tracers.ParentSpan)
    // One that the app was called with is passed on too.
    return Option.getOrNull(
      Option.map(span, ({ sampled, spanId, traceId }) => `00-${traceId}-${spanId}-${sampled ? "01" : "00"}`)
    )
  } catch {
    // Reading the span of an app runs the app's code.
    return null
  }
}

/** A job claimed within so many milliseconds of its enqueue runs in the trace of its enqueue. */
const atOnce = 60_000

/**
 * The place of an attempt's span in the traces. The first attempt of a job that is
 * claimed at once is a child of the span that enqueued it. A retry, or a job that
 * waited, may run days after that trace has ended: it begins its own trace, with a
 * link to the span that enqueued it.
 */
export const placeInTrace = (
  { createdAt, lease, traceContext }: Pick<ClaimedJob, "createdAt" | "lease" | "traceContext">
): Tracer.SpanOptions =>
  Option.match(enqueuedIn(traceContext), {
    onNone: () => ({ root: true }),
    onSome: (span) =>
      lease.attempt === 1 && lease.lockedAt - createdAt <= atOnce
        ? { parent: span }
        : { root: true, links: [{ _tag: "SpanLink", span, attributes: {} }] }
  })

/** The span that a job was enqueued in, or none when there was none or it cannot be read. */
export const enqueuedIn = (context: string | null): Option.Option<Tracer.ExternalSpan> => {
  const match = context === null ? null : traceparent.exec(context)
  const [, traceId, spanId, flags] = match ?? []
  return traceId === undefined || spanId === undefined
    ? Option.none()
    : Option.some(Tracers.externalSpan({ traceId, spanId, sampled: flags !== "00" }))
}
