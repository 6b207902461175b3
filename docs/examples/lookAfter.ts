import { Clock, Console, Effect } from "effect"
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
