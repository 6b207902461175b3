import { Clock, DateTime, Duration, Effect, Option, Schema } from "effect"
import { CurrentJob } from "../domain/CurrentJob.ts"
import type { ForeignTransaction, InvalidJob, LeaseLost, StoreError } from "../domain/errors.ts"
import * as Job from "../domain/Job.ts"
import { Lease } from "../domain/Lease.ts"
import type { Verdict } from "../domain/Verdict.ts"
import { decodeJson, encodeJson, encodePayload } from "../domain/wireValue.ts"
import { Ids } from "../platform/Ids.ts"
import { defaultLease } from "../runtime/options.ts"

/** What the handler is to find in `CurrentJob` that is not as on the first attempt of a new job. */
export type Circumstances = Partial<Omit<typeof CurrentJob.Service, "kind">>

/**
 * Runs the handler of this kind once, without a job store: it is given the
 * payload as it would come out of one, and its result must fit the definition,
 * else this fails with InvalidJob. What the handler fails with, verdicts
 * included, this fails with. The job's own timeout is not kept.
 */
export const perform = <J extends Job.Any>(
  job: J,
  payload: Job.Payload<J>,
  circumstances: Circumstances = {}
): Effect.Effect<
  Schema.Schema.Type<J["successSchema"]>,
  | Schema.Schema.Type<J["errorSchema"]>
  | Verdict
  | LeaseLost
  | InvalidJob
  | ForeignTransaction
  | StoreError,
  Job.HandlerOf<J>
> =>
  Effect.gen(function*() {
    const { run, services } = yield* Job.handlerTag(job.kind)
    const json = yield* encodePayload(job.kind, job.payloadSchema, payload)
    const decoded = yield* decodeJson(job.kind, "payload", job.payloadSchema, JSON.parse(json))
    const result = yield* run(decoded).pipe(
      Effect.scoped,
      Effect.provideService(CurrentJob, yield* currentJob(job, circumstances)),
      Effect.provide(services)
    )
    yield* encodeJson(job.kind, "result", job.successSchema, result)
    return result
  }) as never

const currentJob = (job: Job.Any, circumstances: Circumstances) =>
  Effect.gen(function*() {
    const now = yield* Clock.currentTimeMillis
    const jobId = circumstances.id ?? (yield* (yield* Ids).jobId)
    const attempt = circumstances.attempt ?? 1
    const leaseFor = Duration.toMillis(Option.getOrElse(job.lease, () => defaultLease))
    const lease = new Lease({
      jobId,
      worker: "perform",
      attempt,
      failures: attempt - 1,
      lockedAt: now,
      lockedUntil: now + leaseFor
    })
    return CurrentJob.of({
      id: jobId,
      kind: job.kind,
      queue: job.queue,
      partitionKey: null,
      attempt,
      fencingToken: attempt,
      lease,
      deadline: Effect.succeed(DateTime.unsafeMake(lease.lockedUntil)),
      progress: (value) => Effect.asVoid(encodeJson(job.kind, "progress", Schema.Unknown, value)),
      ...circumstances
    })
  })
