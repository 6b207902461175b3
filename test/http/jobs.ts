import { Effect, Schema } from "effect"
import { Job } from "../../src/index.ts"

/** A job that succeeds unless its mail is for nobody. */
export const Mail = Job.make("mail.send", {
  payload: { to: Schema.String },
  success: Schema.Struct({ sent: Schema.Boolean }),
  error: Schema.String
})

export const MailLive = Mail.toLayer(({ to }) =>
  to === "nobody" ? Effect.fail("no such person: s3nt1nel") : Effect.succeed({ sent: true })
)
