import { Clock, Effect } from "effect"
import { answer } from "../../cli/answer.ts"
import { queueToRead } from "../../cli/openQueue.ts"
import { oneLine } from "../../cli/readable.ts"
import { JobQueue, reasonText } from "../../index.ts"

/** Prints the reasons why a job is not running. */
export const explain = (id: string, json: boolean) =>
  Effect.gen(function*() {
    const explanation = yield* JobQueue.explain(id)
    const now = yield* Clock.currentTimeMillis
    const { job, reasons } = explanation
    yield* answer(json, explanation, () =>
      [
        oneLine(`Job ${job.id} of kind ${job.kind} in queue ${job.queue} is ${job.status}.`),
        ...reasons.map((reason) => oneLine(reasonText(reason, now)))
      ].join("\n"))
  }).pipe(Effect.provide(queueToRead))
