import { Effect, Option, Stream } from "effect"
import { JobQueue } from "holdfast"

// tells of every job that has failed for good, until it is interrupted
export const tellFailures = JobQueue.events.pipe(
  Stream.runForEach((event) => {
    if (event._tag !== "Settled" || event.ended !== "failed") return Effect.void
    const error = Option.match(event.failedWith, { onNone: () => "unknown", onSome: ({ name }) => name })
    return Effect.logError(`${event.kind} ${event.jobId} has failed with ${error}`)
  })
)
