import { Cause, Duration, Effect, Either, Option, Redacted, Schema } from "effect"
import { endedAs } from "../domain/AttemptEnd.ts"
import * as Backoff from "../domain/Backoff.ts"
import { checkOption } from "../domain/check.ts"
import { JobEvent } from "../domain/JobEvent.ts"
import type { Lease } from "../domain/Lease.ts"
import { ClaimLimit, Name, TimerSpan } from "../domain/limits.ts"
import { causeName } from "../domain/Outcome.ts"
import { readableCause } from "../domain/readableCause.ts"
import { encodeJson } from "../domain/wireValue.ts"
import { Ids } from "../platform/Ids.ts"
import { monotonicMillis } from "../platform/monotonic.ts"
import type { ClaimRequest, JobStore } from "../store/JobStore.ts"
import { only } from "../store/JobStore.ts"
import { isNameOf } from "../store/nameForOneClaim.ts"
import { delayAfter } from "./attempt/delayAfter.ts"
import { HeldLeases } from "./lease/HeldLeases.ts"
import type { ClaimOptions, JobQueueService } from "./JobQueueService.ts"
import { releaseStale } from "./maintenance/maintenance.ts"
import { checkKinds, claimBytes, defaultLease } from "./options.ts"
import { settlesByHand } from "./settlesByHand.ts"
import { claimed, factsOf } from "./telemetry/jobEvents.ts"
import type { ThenTell } from "../store/thenTell.ts"

/** The calls of an app that runs jobs without a worker. */
type CallsByHand = Pick<
  JobQueueService,
  "progress" | "due" | "claim" | "complete" | "fail" | "extendLock" | "releaseStale"
>

/** The calls over one store. Leases that this process claims count as held here, as a worker's do. */
export const makeCallsByHand = (
  store: typeof JobStore.Service,
  thenTell: ThenTell
): Effect.Effect<CallsByHand> =>
  Effect.gen(function*() {
    const thisWorker = yield* (yield* Ids).workerId
    const held = yield* HeldLeases
    const settle = settlesByHand(thenTell)

    const claimRequest = (options: ClaimOptions) =>
      Effect.gen(function*() {
        const limit = yield* checkOption("limit", ClaimLimit, options.limit ?? 1)
        const kinds = yield* Effect.forEach(yield* checkKinds(options.jobs), (job) =>
          Effect.map(
            checkOption("leaseFor", TimerSpan, options.leaseFor ?? Option.getOrElse(job.leaseFor, () => defaultLease)),
            (leaseFor) => ({ kind: job.kind, leaseFor: Duration.toMillis(leaseFor) })
          ))
        const worker = yield* checkOption("worker", Name, options.worker ?? thisWorker)
        for (const queue of options.queues ?? []) yield* checkOption("queues", Name, queue)
        const queues = Option.map(
          Option.fromNullable(options.queues),
          (names) => [...new Set(names)].map((queue) => ({ queue, limit }))
        )
        return { limit, maxBytes: claimBytes, kinds, queues, worker } satisfies ClaimRequest
      })

    /** A lease that was claimed in another's name is not this process's to hold. */
    const holdOurs = (lease: Lease, sentAt: number, leaseFor: number) => {
      if (isNameOf(thisWorker, lease.worker)) held.hold(lease, () => sentAt + leaseFor, sentAt)
    }

    return {
      progress: Effect.fn("JobQueue.progress")(function*(lease, value) {
        const progress = yield* encodeJson(lease.jobId, "progress", Schema.Unknown, value, store.jsonRefusal)
        yield* yield* only(store.progress([{ lease, progress }]))
      }),

      due: (options) => Effect.flatMap(claimRequest(options), (request) => store.due(request)),
      claim: Effect.fnUntraced(function*(options) {
        const request = yield* claimRequest(options)
        const sentAt = yield* monotonicMillis
        const jobs = yield* thenTell(store.claim(request), (jobs) => jobs.map(claimed))
        for (const { lease } of jobs) holdOurs(lease, sentAt, lease.lockedUntil - lease.lockedAt)
        return jobs
      }),

      complete: Effect.fn("JobQueue.complete")(function*(lease, value) {
        const result = yield* encodeJson(lease.jobId, "result", Schema.Unknown, value, store.jsonRefusal)
        const settled = yield* settle(lease, store.complete([{ lease, result }]), () => "succeeded")
        held.letGo(lease)
        return settled
      }),

      fail: Effect.fn("JobQueue.fail")(function*(lease, error, options) {
        const delay = options?.retry === false
          ? Option.none()
          : yield* delayAfter(options?.backoff ?? Backoff.defaultBackoff, lease.failures + 1)
        const retryAfter = Option.match(delay, { onNone: () => null, onSome: Backoff.storableMillis })
        const cause = Cause.isCause(error) ? error : Cause.fail(error)
        const message = readableCause(cause)
        const settled = yield* settle(
          lease,
          store.fail([{ lease, error: message, retryAfter }]),
          (status) => endedAs(status, "retrying"),
          { failedWith: { name: causeName(cause), message: Redacted.make(message) }, delay }
        )
        held.letGo(lease)
        return settled
      }),

      extendLock: Effect.fn("JobQueue.extendLock")(function*(lease, leaseFor) {
        const duration = Duration.toMillis(yield* checkOption("leaseFor", TimerSpan, leaseFor ?? defaultLease))
        const sentAt = yield* monotonicMillis
        const answer = yield* thenTell(
          only(store.extend([{ lease, leaseFor: duration }])),
          Either.match({
            onLeft: () => [],
            onRight: (
              { kind, lease }
            ) => [JobEvent.Extended({ ...factsOf({ kind, lease }), lockedUntil: lease.lockedUntil })]
          })
        )
        if (Either.isRight(answer)) holdOurs(lease, sentAt, duration)
        return Either.isRight(answer)
      }),

      releaseStale: Effect.withSpan(releaseStale(store), "JobQueue.releaseStale")
    }
  })
