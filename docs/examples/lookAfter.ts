import { Clock, Console, Effect, Stream } from "effect"
import { JobQueue, reasonText } from "holdfast"

// while the mail server is down; `JobQueue.resume({ queue: "mail" })` when it is back
export const pauseMail = JobQueue.pause({ queue: "mail" }, { by: "Ada" })

// says why a job is not running
export const whyNot = (id: string) =>
  Effect.gen(function*() {
    const { reasons } = yield* JobQueue.explain(id)
    const now = yield* Clock.currentTimeMillis
    yield* Effect.forEach(reasons, (reason) => Console.log(reasonText(reason, now)))
  })

// every job that failed since the mail server was down, once it has had ten minutes to recover
export const retryMail = JobQueue.bulk({
  action: "retry",
  filter: { queue: "mail", status: "failed", error: "connection refused" },
  delay: "10 minutes"
}).pipe(Stream.runForEach((fate) => fate._tag === "Done" ? Effect.void : Effect.logWarning(fate.error.message)))
