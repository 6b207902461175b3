import { Clock, Duration, Effect, Layer, TestClock, Tracer } from "effect"

let underWay = 0

/** Has `letPass` see the statements and transactions of what it is provided to. */
export const statementsSeen = Layer.unwrapEffect(
  Effect.map(Effect.tracer, (tracer) =>
    Layer.setTracer(Tracer.make({
      context: (run, fiber) => tracer.context(run, fiber),
      span: (...args) => {
        const span = tracer.span(...args)
        if (!span.name.startsWith("sql.")) return span
        underWay++
        const end = span.end.bind(span)
        span.end = (...given) => {
          underWay--
          end(...given)
        }
        return span
      }
    })))
)

/**
 * Lets time pass on the test's clock.
 *
 * Before each sleep that is over it waits until no statement is under way. The clock itself does not wait for one: it
 * takes a fiber for asleep that waits for an answer of a server.
 */
export const letPass = Effect.fn("letPass")(function*(duration: Duration.DurationInput) {
  const end = (yield* Clock.currentTimeMillis) + Duration.toMillis(duration)
  for (let now = -Infinity; now < end;) {
    yield* idle
    now = Math.min(end, ...yield* TestClock.sleeps())
    yield* TestClock.setTime(now)
  }
  yield* idle
})

const idle = Effect.gen(function*() {
  // A fiber that has its answer may be about to ask for the next.
  for (let quiet = 0; quiet < 3; quiet = underWay === 0 ? quiet + 1 : 0) {
    yield* Effect.async<void>((resume) => void setTimeout(() => resume(Effect.void), underWay === 0 ? 0 : 1))
  }
})
