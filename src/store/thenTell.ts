import { Effect } from "effect"
import type { JobEvent } from "../domain/JobEvent.ts"
import type { JobStore } from "./JobStore.ts"

/** Tells what a call has done once it is committed, and does what follows from it. */
export type ThenTell = <A, E>(
  call: Effect.Effect<A, E>,
  eventsOf: (answer: A) => ReadonlyArray<JobEvent>,
  andThen?: (answer: A) => Effect.Effect<void>
) => Effect.Effect<A, E>

/** Tells the events of one store. No interruption comes between a call and what is told of it, or that would be lost. */
export const makeThenTell =
  (store: Pick<typeof JobStore.Service, "afterCommit" | "events">): ThenTell =>
  (call, eventsOf, andThen = () =>
    Effect.void) =>
    Effect.uninterruptibleMask((restore) =>
      Effect.tap(restore(call), (answer) => {
        const events = eventsOf(answer)
        return Effect.zipRight(
          events.length === 0 ? Effect.void : store.afterCommit(store.events.publishAll(events)),
          andThen(answer)
        )
      })
    )
