import type { Tracer } from "effect"
import type * as Job from "../../domain/Job.ts"

/** The span of an enqueue, with the attributes that `openSpan` gives to an attempt's. A batch names its queue if it has one. */
export const enqueueSpan = (
  { kind, queue }: Pick<Job.Any, "kind" | "queue">,
  entries: ReadonlyArray<{ readonly queue?: string }>
): Tracer.SpanOptions => {
  const [first = queue, ...others] = new Set(entries.map((entry) => entry.queue ?? queue))
  return {
    kind: "producer",
    attributes: {
      "messaging.system": "holdfast",
      "messaging.operation.name": "enqueue",
      "messaging.operation.type": "send",
      ...(others.length === 0 ? { "messaging.destination.name": first } : {}),
      ...(entries.length === 1 ? {} : { "messaging.batch.message_count": entries.length }),
      "holdfast.job.kind": kind
    }
  }
}
