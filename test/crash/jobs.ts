import { Schema } from "effect"
import { Job } from "../../src/index.ts"

/** Takes `millis`, and does not let itself be interrupted when `stubborn`. */
export const Hold = Job.make("hold", {
  payload: { n: Schema.Number, millis: Schema.Number, stubborn: Schema.Boolean }
})
