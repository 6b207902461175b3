import { Clock, DateTime, Duration, Effect, Option, Schema } from "effect"
import { CurrentJob } from "../domain/CurrentJob.ts"
import type { ForeignTransaction, InvalidJob, LeaseLost, StoreError } from "../domain/errors.ts"
import * as Job from "../domain/Job.ts"
import { Lease } from "../domain/Lease.ts"
import { payloadAndMore } from "../domain/NoPayload.ts"
import type { Verdict } from "../domain/Verdict.ts"
import { decodeJson, encodeJson, encodePayload } from "../domain/wireValue.ts"
import { Ids } from "../platform/Ids.ts"
import { defaultLease } from "../runtime/options.ts"

/** The parts of `CurrentJob` that differ from the first attempt of a new job. */
export type Circumstances = Partial<Omit<typeof CurrentJob.Service, "kind">>

/** A run of one handler. It can fail with everything that the handler can fail with. */
type Performed<J extends Job.Any> = Effect.Effect<
  Schema.Schema.Type<J["successSchema"]>,
  | Schema.Schema.Type<J["errorSchema"]>
  | Verdict
  | LeaseLost
  | InvalidJob
  | ForeignTransaction
  | StoreError,
  Job.HandlerOf<J>
>

/** A function that takes a job, its payload unless the definition has none, and the circumstances. */
interface Perform {
  <J extends Job.WithoutPayload>(job: J, circumstances?: Circumstances): Performed<J>
  <J extends Job.Any>(job: J, payload: Job.Payload<J>, circumstances?: Circumstances): Performed<J>
}

/**
 * Runs the handler of this kind once, without a job store. The handler is given
 * the payload as a store would give it back, and its result must fit the
 * definition, else this fails with InvalidJob. The errors and verdicts of the
 * handler are this effect's errors. The job's own timeout is not kept.
 */
export const perform: Perform = (job: Job.Any, ...more: readonly [unknown?, Circumstances?]) =>
  Effect.gen(function*() {
    const [payload, circumstances = {}] = payloadAndMore(job, ...more)
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
    const leaseFor = Duration.toMillis(Option.getOrElse(job.leaseFor, () => defaultLease))
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
