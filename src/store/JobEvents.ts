import type { Fiber } from "effect"
import { Effect, PubSub, Stream } from "effect"
import type { JobEvent } from "../domain/JobEvent.ts"
import { guardTelemetry, listenerThrew } from "./guardTelemetry.ts"

/** Hears of an event in the fiber that tells it, which then runs what it answers. */
export type JobListener = (
  event: JobEvent,
  fiber: Fiber.RuntimeFiber<unknown, unknown>
) => Effect.Effect<void> | void

/**
 * The events of one store in this process. Each store has its own, so
 * that the events of two databases do not mix.
 */
export interface JobEvents {
  /** Tells all who listen. Waits for no subscriber, and never fails. */
  readonly publish: (event: JobEvent) => Effect.Effect<void>
  /** The same for several, in one step of the fiber as far as no listener has anything to run. */
  readonly publishAll: (events: ReadonlyArray<JobEvent>) => Effect.Effect<void>
  /** Tells them now, for a fiber that waits. Answers what that fiber must still run, if anything. */
  readonly tell: (
    events: ReadonlyArray<JobEvent>,
    fiber: Fiber.RuntimeFiber<unknown, unknown>
  ) => Effect.Effect<void> | undefined
  /**
   * Every event from the moment the stream runs. Keeps the last 1,024 events for a
   * subscriber that is slow: it misses older ones, may get some out of order then,
   * and nothing waits for it. Ends when the store closes.
   */
  readonly stream: Stream.Stream<JobEvent>
  /** Adds a listener for as long as the store is open. One of the same name takes the place of the one before. */
  readonly listen: (name: string, listener: JobListener) => void
}

/** Enough for the jobs that a full worker ends in a second. The event of an `enqueueMany` carries all of its ids. */
const kept = 1024

/** The events of a new store, which end with the scope. */
export const makeJobEvents = Effect.gen(function*() {
  const listeners = new Map<string, JobListener>()
  let subscribers = 0
  const hub = yield* Effect.acquireRelease(PubSub.sliding<JobEvent>(kept), PubSub.shutdown)

  // A hub that was shut down interrupts whoever publishes; what is told then is told to nobody.
  const offer = (event: JobEvent) => Effect.catchAllCause(PubSub.publish(hub, event), () => Effect.void)

  const tell: JobEvents["tell"] = (events, fiber) => {
    const toRun: Array<Effect.Effect<void>> = []
    for (const event of events) {
      // A hub that is full has to let go of its oldest event first, which takes an effect.
      if (subscribers > 0 && !hub.unsafeOffer(event)) toRun.push(offer(event))
      for (const listener of listeners.values()) {
        try {
          const more = listener(event, fiber)
          if (more !== undefined) {
            toRun.push(Effect.catchAllDefect(more, (thrown) => Effect.sync(() => listenerThrew(thrown, fiber))))
          }
        } catch (thrown) {
          listenerThrew(thrown, fiber)
        }
      }
    }
    return toRun.length === 0 ? undefined : guardTelemetry(Effect.all(toRun, { discard: true }))
  }

  const publishAll: JobEvents["publishAll"] = (events) =>
    Effect.withFiberRuntime((fiber) => tell(events, fiber) ?? Effect.void)

  const events: JobEvents = {
    publish: (event) => publishAll([event]),
    publishAll,
    tell,
    stream: Stream.unwrapScoped(
      Effect.acquireRelease(Effect.sync(() => void subscribers++), () => Effect.sync(() => void subscribers--)).pipe(
        Effect.zipRight(PubSub.subscribe(hub)),
        Effect.map((subscription) => Stream.fromQueue(subscription))
      )
    ),
    listen: (name, listener) => void listeners.set(name, listener)
  }
  return events
})
