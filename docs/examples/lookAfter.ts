import { Clock, Console, Effect } from "effect"
import { JobQueue, reasonText } from "holdfast"

// pauses a queue, and resumes it when the repair has ended, however it ends
export const withoutMail = <A, E, R>(repair: Effect.Effect<A, E, R>) =>
  Effect.acquireUseRelease(
    JobQueue.pause({ queue: "mail" }, { by: "repair" }),
    () => repair,
    () => Effect.orDie(JobQueue.resume({ queue: "mail" }))
  )

// says why a job is not running
export const whyNot = (id: string) =>
  Effect.gen(function*() {
    const { reasons } = yield* JobQueue.explain(id)
    const now = yield* Clock.currentTimeMillis
    yield* Effect.forEach(reasons, (reason) => Console.log(reasonText(reason, now)))
  })
