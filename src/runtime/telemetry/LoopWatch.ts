import type { Scope } from "effect"
import { Context, Effect, Option, Queue } from "effect"
import { LoopDelay } from "../../platform/LoopDelay.ts"
import * as log from "./workerLog.ts"
import { monotonicMillis, toMillis } from "../../platform/monotonic.ts"
import type { Stall } from "../../domain/Stall.ts"

/*
 * Explains leases that were lost although nobody took them. A handler that
 * computes, or a process that is stopped, blocks the event loop and with it the
 * heartbeats of every job of the process. So the process remembers when its loop
 * was blocked, and which kinds ran then.
 */

/** Remembers when the event loop of this process was blocked, and which kinds of jobs ran then. */
export interface LoopWatchService {
  /**
   * Has the worker log long stalls until the scope closes. Only the first of several workers logs. `shortestLease` is in
   * milliseconds. `isKept` is true while a thread can extend the leases.
   */
  readonly watch: (shortestLease: number, isKept: () => boolean) => Effect.Effect<void, never, Scope.Scope>
  /** Notes that a job of this kind runs. */
  readonly began: (kind: string) => void
  /** Notes that a job of this kind has ended, at this monotonic millisecond. */
  readonly ended: (kind: string, at: number) => void
  /** The longest stall of the last `leaseFor` milliseconds, if it can have cost a lease of that length. */
  readonly blame: (leaseFor: number) => Effect.Effect<Option.Option<Stall>>
}

/** Replaceable, so that a simulation may run several processes in one. */
export class LoopWatch extends Context.Reference<LoopWatch>()("holdfast/runtime/telemetry/LoopWatch", {
  defaultValue: (): LoopWatchService => makeLoopWatch()
}) {}

/**
 * The shortest stall that can cost a lease of so many milliseconds: a quarter of it.
 * Under an interval of nearly half the lease, that much is left to the deadline
 * when a beat is due. While its worker drains a lease is 30 s at most.
 */
const canCost = (leaseFor: number) => Math.min(leaseFor, 30_000) / 4

/** Half of that is logged, so that the warning comes before the loss. */
const isWorthTelling = (millis: number, leaseFor: number) => millis >= canCost(leaseFor) / 2

/** Shorter stalls are normal. Milliseconds. */
const least = 50

/** Enough: each stall takes time, so one that costs a lease is among the last. */
const mostRemembered = 200

/** Milliseconds between two values of the gauge. */
const gaugedEvery = 5_000

/** Milliseconds for which the gauge shows the longest delay, at least. */
const gaugeRemembers = 60_000

/** The watch of one process. */
export const makeLoopWatch = (): LoopWatchService => {
  const workers = new Set<{ readonly shortestLease: number }>()
  /**
   * By kind, the number that run and when the last has ended: a job may block the
   * loop and end before the loop is seen to be late.
   */
  const kinds = new Map<string, { running: number; endedAt: number }>()
  const stalls: Array<Stall> = []
  let longestTold = 0

  const stallOf = (millis: number, computed: number, endedAt: number): Stall => ({
    millis,
    computed,
    endedAt,
    kinds: [...kinds]
      .filter(([, one]) => one.running > 0 || one.endedAt >= endedAt - millis)
      .map(([kind]) => kind)
      .sort()
  })

  const note = (millis: number, computed: number, now: number) => {
    const stall = stallOf(millis, computed, now)
    stalls.push(stall)
    if (stalls.length > mostRemembered) stalls.shift()
    return stall
  }

  const shortestLease = () => Math.min(...[...workers].map((worker) => worker.shortestLease))

  /** Once, and again only for one twice as long: a loop that is always slow must not fill the log. */
  const isToTell = ({ millis }: Stall) => {
    if (!isWorthTelling(millis, shortestLease()) || millis < 2 * longestTold) return false
    longestTold = millis
    return true
  }

  return {
    watch: (shortest, isKept) =>
      Effect.gen(function*() {
        const { watch } = yield* LoopDelay
        const clock = yield* Effect.clock
        const now = () => toMillis(clock.unsafeCurrentTimeNanos())
        const reports = yield* Queue.sliding<Effect.Effect<void>>(16)
        const gauge = makeGauge(now())
        const worker = { shortestLease: shortest }
        yield* Effect.acquireRelease(
          Effect.sync(() => workers.add(worker)),
          () => Effect.sync(() => workers.delete(worker))
        )
        yield* Effect.forkScoped(Effect.forever(Effect.flatten(Queue.take(reports))))
        yield* watch((late, computed) => {
          const [first] = workers
          if (first !== worker) return
          const at = now()
          const longest = gauge(late, at)
          if (longest !== undefined) reports.unsafeOffer(log.loopDelay(longest))
          if (late < least) return
          const stall = note(late, computed, at)
          if (isToTell(stall)) reports.unsafeOffer(log.loopStood(stall, canCost(shortestLease()), isKept()))
        })
      }),
    began: (kind) => {
      const one = kinds.get(kind)
      if (one === undefined) kinds.set(kind, { running: 1, endedAt: -Infinity })
      else one.running++
    },
    ended: (kind, at) => {
      const one = kinds.get(kind)
      if (one === undefined) return
      one.running--
      one.endedAt = at
    },
    blame: (leaseFor) =>
      Effect.gen(function*() {
        const now = yield* monotonicMillis
        // The loop may have stood until just now, and its timer not have had its turn.
        const { computed, overdue } = yield* LoopDelay
        const pending = stallOf(overdue(), computed(), now)
        const worst = [...stalls, pending]
          .filter(({ endedAt }) => endedAt > now - leaseFor)
          .reduce((worst, stall) => stall.millis > worst.millis ? stall : worst)
        return Option.liftPredicate(worst, ({ millis }) => isWorthTelling(millis, leaseFor))
      })
  }
}

/** Takes each delay, and answers the longest of the last minute or two when that is to be told. */
const makeGauge = (startedAt: number) => {
  let longest = 0
  let before = 0
  let nextSpanAt = startedAt + gaugeRemembers
  let nextAt = startedAt
  return (late: number, at: number): number | undefined => {
    if (at >= nextSpanAt) {
      before = at >= nextSpanAt + gaugeRemembers ? 0 : longest
      longest = 0
      nextSpanAt = at + gaugeRemembers
    }
    longest = Math.max(longest, late)
    if (at < nextAt && late < least) return undefined
    nextAt = at + gaugedEvery
    return Math.max(longest, before)
  }
}
