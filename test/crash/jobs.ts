import { Schema } from "effect"
import { Job } from "../../src/index.ts"

/** Takes `millis`, does not let itself be interrupted when `stubborn`, and has its process die of a `crash` on its first attempt. */
export const Hold = Job.make("hold", {
  payload: {
    n: Schema.Number,
    millis: Schema.Number,
    stubborn: Schema.Boolean,
    crash: Schema.optional(Schema.Literal("exception", "rejection"))
  }
})
