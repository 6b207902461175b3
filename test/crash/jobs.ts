import { Schema } from "effect"
import { Job } from "../../src/index.ts"

/**
 * Takes `millis`, and does not let itself be interrupted when `stubborn`. On its first attempt it blocks the event loop of its
 * process for `blocks` milliseconds before that, in a transaction that holds the write lock if it `locks`, or has its process
 * die of a `crash`.
 */
export const Hold = Job.make("hold", {
  payload: {
    n: Schema.Number,
    millis: Schema.Number,
    stubborn: Schema.Boolean,
    blocks: Schema.optional(Schema.Number),
    locks: Schema.optional(Schema.Boolean),
    crash: Schema.optional(Schema.Literal("exception", "rejection"))
  }
})
