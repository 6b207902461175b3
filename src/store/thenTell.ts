import { Effect } from "effect"
import type { JobEvent } from "../domain/JobEvent.ts"
import type { JobStore } from "./JobStore.ts"

/**
 * Publishes the events of a call once it is committed. `andThen` runs as soon as the call has succeeded, so it waits for the
 * commit itself where it must.
 */
export type ThenTell = <A, E>(
  call: Effect.Effect<A, E>,
  eventsOf: (answer: A) => ReadonlyArray<JobEvent>,
  andThen?: (answer: A) => Effect.Effect<void>
) => Effect.Effect<A, E>

/** Publishes the events of one store. An interruption waits until they are handed over: they would be lost otherwise. */
export const makeThenTell =
  (store: Pick<typeof JobStore.Service, "afterCommit" | "events">): ThenTell => (call, eventsOf, andThen = nothing) =>
    Effect.uninterruptibleMask((restore) =>
      Effect.tap(restore(call), (answer) => {
        const events = eventsOf(answer)
        return Effect.zipRight(
          events.length === 0 ? Effect.void : store.afterCommit(store.events.publishAll(events)),
          andThen(answer)
        )
      })
    )

const nothing = () => Effect.void
