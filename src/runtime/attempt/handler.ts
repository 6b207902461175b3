import {
  Clock,
  Context,
  DateTime,
  Duration,
  Effect,
  Exit,
  Fiber,
  FiberRef,
  Option,
  Runtime,
  Schema,
  Scope,
  Tracer
} from "effect"
import { CurrentJob } from "../../domain/CurrentJob.ts"
import { JobEvent } from "../../domain/JobEvent.ts"
import { StopReason } from "../../domain/Outcome.ts"
import { encodeJson } from "../../domain/wireValue.ts"
import { monotonicMillis } from "../../platform/monotonic.ts"
import { only } from "../../store/JobStore.ts"
import { factsOf } from "../telemetry/jobEvents.ts"
import type { Attempt } from "./Attempt.ts"
import { blame } from "./Attempt.ts"
import type { AttemptFibers } from "./AttemptFibers.ts"
import type { KeptLease } from "../lease/heartbeat.ts"

/** The time that a handler has to stop once it is told to, before it counts as a zombie. */
const stopsWithin = Duration.seconds(30)

/**
 * Runs a job's handler in a fiber of its own, with the services that its layer was
 * built with, outside any transaction that was open then. What belongs to the
 * attempt comes from the attempt.
 *
 * The fiber has all of that from its first step. Providing it inside would set and
 * restore FiberRefs, which takes longer than starting the fiber.
 */
export const forkHandler = (
  attempt: Attempt,
  payload: unknown,
  lease: KeptLease,
  fibers: AttemptFibers,
  scope: Scope.CloseableScope
): Fiber.RuntimeFiber<unknown, unknown> => {
  const { handler, host: { handlersRuntime, servicesOf } } = attempt
  const { run } = handler
  const own = Context.make(CurrentJob, currentJob(attempt, lease)).pipe(Context.add(Scope.Scope, scope))
  const context = Context.merge(
    servicesOf(handler),
    Option.match(fibers.span, { onNone: () => own, onSome: (span) => Context.add(own, Tracer.ParentSpan, span) })
  )
  return fibers.forkFrom(
    Runtime.updateContext(handlersRuntime, () => context),
    Effect.onExit(Effect.suspend(() => run(payload)), (exit) =>
      Exit.isSuccess(exit)
        ? Effect.tapErrorCause(Scope.close(scope, exit), () => logsNoError)
        : Effect.zipRight(logsNoError, Scope.close(scope, exit)))
  )
}

/** The error of a handler is an outcome, and may show the payload. What the handler has forked logs its own as ever. */
const logsNoError = FiberRef.set(FiberRef.unhandledErrorLogLevel, Option.none())

/** Stops the handler in `fiber`, and lets its lease run out if it does not stop. */
export const stopHandler = (
  attempt: Attempt,
  reason: StopReason,
  fiber: Fiber.Fiber<unknown, unknown>,
  lease: KeptLease
) =>
  Effect.gen(function*() {
    const { host: { store: { events } }, job } = attempt
    yield* events.publish(JobEvent.Stopping({ ...factsOf(job), reason, stall: yield* blame(attempt) }))
    yield* Fiber.interruptFork(fiber)
    yield* Effect.sleep(stopsWithin)
    yield* events.publish(JobEvent.Zombie(factsOf(job)))
    yield* lease.letGo
  })

/** Tells the handler to stop after the timeout of its job, if that has one. */
export const timeOut = ({ handler, stopRequest }: Attempt): Option.Option<Effect.Effect<void>> =>
  Option.map(
    handler.job.timeout,
    (after) => Effect.delay(stopRequest.tell(StopReason.TimedOut({ after })), after)
  )

const currentJob = ({ host: { store }, job }: Attempt, lease: KeptLease) =>
  CurrentJob.of({
    id: job.lease.jobId,
    kind: job.kind,
    queue: job.queue,
    partitionKey: job.partitionKey,
    attempt: job.lease.attempt,
    fencingToken: job.lease.attempt,
    lease: job.lease,
    deadline: Effect.gen(function*() {
      const left = lease.deadline - (yield* monotonicMillis)
      return DateTime.unsafeMake((yield* Clock.currentTimeMillis) + left)
    }),
    progress: (value) =>
      Effect.gen(function*() {
        const progress = yield* encodeJson(job.kind, "progress", Schema.Unknown, value, store.jsonRefusal)
        yield* yield* only(store.progress([{ lease: job.lease, progress }]))
      })
  })
