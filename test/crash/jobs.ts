import { Schema } from "effect"
import { Job } from "../../src/index.ts"

/**
 * Takes `millis`, does not let itself be interrupted when `stubborn`, and has its process die of a `crash` on its first
 * attempt. Before that it blocks the event loop of its process for `blocks` milliseconds.
 */
export const Hold = Job.make("hold", {
  payload: {
    n: Schema.Number,
    millis: Schema.Number,
    stubborn: Schema.Boolean,
    blocks: Schema.optional(Schema.Number),
    crash: Schema.optional(Schema.Literal("exception", "rejection"))
  }
})
