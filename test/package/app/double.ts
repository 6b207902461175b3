import { Effect, Schema } from "effect"
import { Job, neverRetry } from "holdfast/define"

/** A definition with its handler: all that a browser or an edge may need of Holdfast. */
export const Double = Job.make("number.double", { payload: { number: Schema.Number }, success: Schema.Number })

export const doubling = Double.toLayer(({ number }) =>
  number === 0 ? neverRetry("Nothing to double") : Effect.succeed(number * 2)
)
