import type { Tracer } from "effect"
import { Effect, Either, Exit, Option } from "effect"
import type { LeaseLost } from "../../domain/errors.ts"
import { StoreError } from "../../domain/errors.ts"
import type { JobEvent } from "../../domain/JobEvent.ts"
import type { Lease } from "../../domain/Lease.ts"
import { monotonicMillis } from "../../platform/monotonic.ts"
import { together } from "../../store/chunks.ts"
import type { Fenced, JobStore, Settled, StoreFailure } from "../../store/JobStore.ts"
import { exitOf } from "../../store/JobStore.ts"
import { callStore } from "../callStore.ts"
import { closeSpan } from "./attemptSpan.ts"
import { completedAs } from "./Ended.ts"
import { awaitAnswer, groupCalls } from "../groupCalls.ts"

/**
 * The writes that end attempts, for one job each. Writes of jobs that end
 * together reach the store as one call.
 *
 * None waits forever. A write fails if it is not answered within an eighth of
 * the shortest lease of its group (at least 1 s), or once the worker has to end.
 * It may have happened all the same, so it can be repeated.
 */
export interface Settles {
  /** A first `complete` for an attempt that has no fiber. */
  readonly completeFirst: (completion: FirstCompletion) => void
  readonly complete: SettleOne<"complete">
  readonly fail: SettleOne<"fail">
  readonly release: SettleOne<"release">
  /** Fails 4 s after the worker's grace is over, or 4 s after the monotonic millisecond `since` if that is later. */
  readonly hasToEnd: (since: number) => Effect.Effect<never, StoreError>
}

/** Answers what became of the job, or that the lease is gone. */
type SettleOne<Operation extends "complete" | "fail" | "release"> = (
  item: Parameters<(typeof JobStore.Service)[Operation]>[0][number],
  /** The monotonic millisecond at which the settle began. */
  since: number
) => Effect.Effect<Answer, StoreFailure>

type Answer = Either.Either<Settled, LeaseLost>

/** A job that is to be completed, and who wants to hear of it. */
export interface FirstCompletion {
  readonly item: Parameters<(typeof JobStore.Service)["complete"]>[0][number]
  /** The monotonic millisecond at which the settle began. */
  readonly since: number
  /** The event to tell once the job is settled, if any. */
  readonly event: (settled: Settled) => JobEvent | undefined
  /** The span of the attempt, in which it is told, and which ends with it. */
  readonly span: Option.Option<Tracer.Span>
  /** Called after that, outside of any fiber. */
  readonly answered: (exit: Exit.Exit<Answer, StoreFailure>) => void
}

/** A settle of the store. */
type Write<Item> = (items: ReadonlyArray<Item>) => Effect.Effect<ReadonlyArray<Fenced<Settled>>, StoreFailure>

/** An item of a settle, and the monotonic millisecond at which the settle began. */
interface Waiting<Item> {
  readonly item: Item
  readonly since: number
  /** Of one whose attempt has no fiber that tells of it. */
  readonly told?: Pick<FirstCompletion, "event" | "span">
}

/** The failure of `hasToEnd`. Writing again is pointless. */
export const waitsNoLonger = new StoreError({ operation: "settle", cause: new Error("the worker has to end") })

/** Milliseconds that settling still waits for the store once the worker has to end. */
const lastWait = 4_000

/**
 * The settles of one worker. `graceOver` succeeds when the grace of its shutdown is
 * over. A group is sent after `gathering`: jobs that were claimed ahead begin, and
 * may end, one after the other in one turn of the event loop.
 */
export const makeSettles = (
  store: typeof JobStore.Service,
  { gathering, graceOver }: { readonly graceOver: Effect.Effect<void>; readonly gathering: Effect.Effect<void> }
): Effect.Effect<Settles> => {
  let graceOverAt: number | undefined
  const hasToEnd = (since: number) =>
    Effect.gen(function*() {
      yield* graceOver
      const now = yield* monotonicMillis
      graceOverAt ??= now
      yield* Effect.sleep(Math.max(0, Math.max(graceOverAt, since) + lastWait - now))
      return yield* waitsNoLonger
    })

  /** One call for a group, which ends within its bounds. */
  const send = <Item extends { readonly lease: Lease }>(write: Write<Item>, group: ReadonlyArray<Waiting<Item>>) => {
    const items = group.map(({ item }) => item)
    const shortestLease = Math.min(...items.map(({ lease }) => lease.lockedUntil - lease.lockedAt))
    // A call must not outlast the attempts that wait for it.
    const attemptsEnd = hasToEnd(Math.min(...group.map(({ since }) => since)))
    return callStore("settle", Math.max(1000, shortestLease / 8), () => write(items), attemptsEnd).pipe(
      Effect.match({
        onFailure: (error) => items.map(() => Exit.fail(error)),
        onSuccess: (answers) => answers.map(exitOf)
      }),
      Effect.tap((exits) => tellTogether(group, exits))
    )
  }

  /** Tells of the jobs that were settled: of those without spans in one step. What dies there concerns no other job of the group. */
  const tellTogether = <Item>(group: ReadonlyArray<Waiting<Item>>, exits: Array<Exit.Exit<Answer, StoreFailure>>) => {
    const events: Array<JobEvent> = []
    const inSpans: Array<Effect.Effect<void>> = []
    group.forEach(({ told }, index) => {
      const exit = exits[index]
      if (told === undefined || exit === undefined || Exit.isFailure(exit) || Either.isLeft(exit.value)) return
      try {
        const settled = exit.value.right
        const event = told.event(settled)
        if (Option.isSome(told.span)) {
          inSpans.push(
            Effect.catchAllCause(
              tellInSpan(event, told.span.value, settled),
              (cause) => Effect.sync(() => void (exits[index] = Exit.failCause(cause)))
            )
          )
        } else if (event !== undefined) events.push(event)
      } catch (thrown) {
        exits[index] = Exit.die(thrown)
      }
    })
    const inOne = store.events.publishAll(events)
    return inSpans.length === 0 ? inOne : Effect.zipRight(inOne, Effect.all(inSpans, { discard: true }))
  }

  const tellInSpan = (event: JobEvent | undefined, span: Tracer.Span, settled: Settled) =>
    Effect.zipRight(
      event === undefined ? Effect.void : Effect.withParentSpan(store.events.publish(event), span),
      closeSpan(Option.some(span), completedAs(settled))
    )

  const grouped = <Item extends { readonly lease: Lease }>(write: Write<Item>, sizeOf: (item: Item) => number) =>
    groupCalls<Waiting<Item>, Answer, StoreFailure>(
      (group) => send(write, group),
      { ...together, gathering, sizeOf: ({ item }) => sizeOf(item) }
    )

  return Effect.gen(function*() {
    const complete = yield* grouped(store.complete, ({ result }) => result.length)
    const fail = yield* grouped(store.fail, ({ error, errorValue = "" }) => error.length + errorValue.length)
    const release = yield* grouped(store.release, () => 0)
    return {
      completeFirst: ({ answered, event, item, since, span }) =>
        void complete({ item, since, told: { event, span } }, answered),
      complete: (item, since) => awaitAnswer(complete, { item, since }),
      fail: (item, since) => awaitAnswer(fail, { item, since }),
      release: (item, since) => awaitAnswer(release, { item, since }),
      hasToEnd
    }
  })
}
