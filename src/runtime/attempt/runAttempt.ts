import type { Scope } from "effect"
import { Cause, Duration, Effect, Either, Exit, Fiber, FiberId, Option } from "effect"
import * as Backoff from "../../domain/Backoff.ts"
import type { JobEvent } from "../../domain/JobEvent.ts"
import { Outcome, outcomeOf, StopReason } from "../../domain/Outcome.ts"
import { truncated } from "../../domain/readableCause.ts"
import { decodeJson, encodeJson } from "../../domain/wireValue.ts"
import { claimed } from "../telemetry/jobEvents.ts"
import * as log from "../telemetry/workerLog.ts"
import type { Attempt } from "./Attempt.ts"
import { blame } from "./Attempt.ts"
import { AttemptFibers } from "./AttemptFibers.ts"
import { closeSpan, openSpan } from "./attemptSpan.ts"
import { forkHandler, stopHandler, timeOut } from "./handler.ts"
import { beatMayTake, KeptLease } from "../lease/heartbeat.ts"
import type { FirstWrite } from "./settle.ts"
import { completedAs, Ended } from "./Ended.ts"
import { settle } from "./settle.ts"
import { eventOf, tell } from "./tell.ts"
import { waitForPlace } from "./waitForPlace.ts"

/**
 * The attempt of one claimed job. Once begun it goes on by itself: it keeps the
 * job's lease, decodes the payload, runs the handler, decides the outcome,
 * settles and tells. When it frees its slot the heartbeat has stopped, and the
 * job is settled or its lease is left to run out.
 *
 * Of a job that goes well only the handler is a fiber. What follows its end is
 * done by observers and by the fiber that settles a whole group. As soon as
 * something goes another way, a fiber of the attempt takes over.
 */
export class RunningAttempt {
  /** The event of its claim. */
  readonly claimed: JobEvent
  private readonly attempt: Attempt
  private readonly fibers: AttemptFibers
  private readonly lease: KeptLease
  /** Fibers that have nothing to do once the handler has ended. */
  private readonly helpers: Array<Fiber.RuntimeFiber<unknown, unknown>> = []
  /** True once `loopWatch` counts it. */
  private hasBegun = false
  private hasDied = false

  /** The heartbeat ends with the scope at the latest. */
  constructor(attempt: Attempt, scope: Scope.CloseableScope) {
    const { claimSentAt, host, job, leaseFor, stallLimit, stopRequest } = attempt
    const { extend, heartbeatInterval, heartsRuntime, keptByThread, now, store, wakeUps } = host
    const fibers = new AttemptFibers(attempt)
    this.claimed = claimed(job)
    this.attempt = attempt
    this.fibers = fibers
    this.lease = new KeptLease({
      job,
      leaseFor,
      stallLimit,
      keptByThread,
      interval: heartbeatInterval,
      claimSentAt,
      stop: (reason) => stopRequest.tell(reason),
      wakeUps,
      extend,
      events: store.events,
      now,
      scope,
      forkHeart: (beating) => fibers.forkFrom(heartsRuntime, fibers.inSpan(beating), scope),
      fork: (effect) => fibers.fork(effect)
    })
  }

  /** Begins to keep the lease. */
  keepLease(): void {
    this.unlessItDies(() => {
      const { attempt: { host: { heldLeases, now }, job, slot }, fibers, lease } = this
      const at = now()
      lease.keep()
      heldLeases.hold(job.lease, () => lease.deadline, at)
      const drain = slot.kept(lease)
      if (drain !== undefined) fibers.fork(drain)
    })
  }

  /** Begins the span of the attempt, and tells of its claim in it. */
  get tellInSpan(): Effect.Effect<void> {
    return Effect.flatMap(openSpan(this.attempt.job), (span) => {
      this.fibers.span = Option.some(span)
      return this.fibers.inSpan(this.attempt.host.store.events.publish(this.claimed))
    })
  }

  /** Runs the handler in `scope` once there is a place for it, unless it is too late or told to stop before. */
  begin(scope: Scope.CloseableScope): void {
    if (this.hasDied) return
    this.unlessItDies(() => {
      const { begins, slot, stopRequest } = this.attempt
      if (!begins()) return this.handBack()
      if (stopRequest.reason !== undefined) return this.settle(unbegun(stopRequest.reason))
      if (slot.hasPlace()) return this.run(scope)
      waitForPlace(this.attempt, {
        run: () => this.unlessItDies(() => this.run(scope)),
        stopped: (reason) => this.unlessItDies(() => this.settle(unbegun(reason)))
      })
    })
  }

  /** Runs the handler in `scope`, unless its payload cannot be read, or it is too late. */
  private run(scope: Scope.CloseableScope): void {
    const { attempt, lease } = this
    const { host: { heartbeatInterval, loopWatch, now }, job } = attempt
    loopWatch.began(job.kind)
    this.hasBegun = true
    const payload = decodePayload(attempt)
    if (Either.isLeft(payload)) return this.settle(payload.left)
    const beatBy = lease.deadline - Duration.toMillis(beatMayTake(heartbeatInterval))
    if (beatBy <= now()) return this.handBack()
    this.runHandler(payload.right, scope)
  }

  /**
   * Hands the job back: nobody waits for the claim any more, or no beat can come
   * before the deadline. If another attempt has the job by now, this changes nothing.
   */
  private handBack(): void {
    this.endAfter(
      blame(this.attempt).pipe(Effect.flatMap(log.claimedTooLate), Effect.zipRight(this.settling(Outcome.Release())))
    )
  }

  /** Runs the handler in a fiber of its own, which a stop request interrupts. */
  private runHandler(payload: unknown, scope: Scope.CloseableScope): void {
    const { stopRequest } = this.attempt
    const fiber = forkHandler(this.attempt, payload, this.lease, this.fibers, scope)
    Option.map(timeOut(this.attempt), (timeout) => this.helpers.push(this.fibers.fork(timeout)))
    // Few handlers are told to stop, so no fiber waits for it.
    const listenNoMore = stopRequest.listen((reason) =>
      void this.helpers.push(this.fibers.fork(stopHandler(this.attempt, reason, fiber, this.lease)))
    )
    fiber.addObserver((exit) => {
      listenNoMore()
      for (const helper of this.helpers) helper.unsafeInterruptAsFork(FiberId.none)
      this.unlessItDies(() => this.handlerEnded(exit))
    })
  }

  /** Decides the outcome. */
  private handlerEnded(exit: Exit.Exit<unknown, unknown>): void {
    const { handler, host: { store }, job, slot, stopRequest } = this.attempt
    slot.leave()
    const outcome = outcomeOf(exit, Option.fromNullable(stopRequest.reason))
    if (outcome._tag !== "Complete") return this.settle(outcome)
    const result = encodeJson(job.kind, "result", handler.job.successSchema, outcome.value, store.jsonRefusal)
    if (Either.isLeft(result)) return this.settle(outcome)
    this.complete(outcome, result.right)
  }

  /** Settles a job that went well with the others that end now. */
  private complete(outcome: Outcome, result: string): void {
    const { host: { now, settles }, job } = this.attempt
    const began = now()
    settles.completeFirst({
      item: { lease: job.lease, result },
      since: began,
      event: (settled) => eventOf(this.attempt, completedAs(settled)),
      span: this.fibers.span,
      answered: (exit) =>
        this.unlessItDies(() => {
          if (Exit.isFailure(exit)) return this.settle(outcome, { cause: exit.cause, began })
          if (Either.isLeft(exit.value)) return this.settle(Outcome.Abandon({ reason: "LeaseLost" }))
          this.end()
        })
    })
  }

  /** Settles in a fiber of its own, until the store answers. `first` is a write that has failed. */
  private settle(outcome: Outcome, first?: FirstWrite): void {
    this.endAfter(this.settling(outcome, first))
  }

  private settling(outcome: Outcome, first?: FirstWrite): Effect.Effect<void> {
    return Effect.flatMap(settle(this.attempt, outcome, first), (ended) => this.tell(ended))
  }

  /** Tells how the attempt has ended. */
  private tell(ended: Ended): Effect.Effect<void> {
    const { attempt, fibers } = this
    return Effect.zipRight(fibers.inSpan(tell(attempt, ended)), closeSpan(fibers.span, ended))
  }

  /** Stops keeping the lease and frees the slot. */
  private end(mayRunAgain = false): void {
    const { host: { heldLeases, loopWatch, now }, job, slot } = this.attempt
    heldLeases.letGo(job.lease)
    const free = () => {
      if (this.hasBegun) loopWatch.ended(job.kind, now())
      slot.free(mayRunAgain)
    }
    const heartEnds = this.lease.end()
    if (heartEnds === undefined) free()
    else this.fibers.fork(heartEnds).addObserver(free)
  }

  /** The same once `last` has ended, after which the job may be due again. If that dies, the lease runs out. */
  private endAfter(last: Effect.Effect<void>): void {
    const { attempt: { job }, fibers, helpers } = this
    const died = (cause: Cause.Cause<never>) =>
      Effect.zipRight(log.attemptDied(job, cause), closeSpan(fibers.span, diedOfBug))
    fibers.fork(Fiber.interruptAll(helpers).pipe(Effect.zipRight(last), Effect.catchAllCause(died)))
      .addObserver(() => this.end(true))
  }

  /** Ends the attempt after a bug in Holdfast: frees the slot and lets the lease run out. */
  private die(cause: Cause.Cause<never>): void {
    this.hasDied = true
    this.endAfter(Effect.failCause(cause))
  }

  private unlessItDies(step: () => void): void {
    try {
      step()
    } catch (thrown) {
      this.die(Cause.die(thrown))
    }
  }
}

/** The outcome of a job that was told to stop before its handler began: handed back, unless it is cancelled or another's. */
const unbegun = (reason: StopReason): Outcome =>
  outcomeOf(
    Exit.interrupt(FiberId.none),
    Option.some(reason._tag === "DeadlinePassed" ? StopReason.Shutdown() : reason)
  )

const diedOfBug = Ended.OutcomeUnknown({ error: Option.none() })

/**
 * The payload, or a failure. During a deployment the payload may belong to a
 * release that this worker does not have: another worker can read it, or this one
 * once it is replaced. No release can read text that is not JSON.
 */
const decodePayload = ({ handler, job }: Attempt): Either.Either<unknown, Outcome> =>
  Either.mapLeft(
    decodeJson(job.kind, "payload", handler.job.payloadSchema, job.payload),
    (error) =>
      Outcome.Fail({
        error: truncated(error.message),
        name: error._tag,
        final: job.payload === undefined,
        retryAfter: Backoff.undecodedDelay(job.lease.failures + 1)
      })
  )
