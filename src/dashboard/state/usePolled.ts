import { useEffect, useRef, useState } from "preact/hooks"
import type { FeedEvent } from "../api/feedEvent.ts"
import { onEvents, timers } from "./page.ts"
import type { Poll } from "./poll.ts"
import { startPoll } from "./poll.ts"
import { isVisible, onVisibility } from "./visibility.ts"

/** The last answer of a poll, and the error of its last look. */
export interface Polled<A> {
  readonly value: A | null
  /** The error of the last look; null if it succeeded. */
  readonly error: unknown
  /** Looks again now. */
  readonly look: () => void
}

export interface PolledOptions<A> {
  readonly load: (signal: AbortSignal) => Promise<A>
  readonly isSame?: (before: A, now: A) => boolean
  readonly onValue?: (value: A) => void
  /** True for an event after which the value may be another. Every event, unless given. */
  readonly concerns?: (event: FeedEvent) => boolean
  readonly least?: number
  readonly most?: number
}

/**
 * Looks while the component is shown and the page is visible: at once when an event concerns it, and now and then because
 * other processes tell no events. Begins anew when `key` changes.
 */
export const usePolled = <A>(key: string, options: PolledOptions<A>): Polled<A> => {
  const [state, setState] = useState<{ readonly key: string; readonly value: A | null; readonly error: unknown }>({
    key,
    value: null,
    error: null
  })
  const latest = useRef(options)
  latest.current = options
  const poll = useRef<Poll | null>(null)
  useEffect(() => {
    const own = startPoll<A>({
      load: (signal) => latest.current.load(signal),
      isSame: (before, now) => (latest.current.isSame ?? sameJson)(before, now),
      onAnswer: (value) => {
        latest.current.onValue?.(value)
        setState({ key, value, error: null })
      },
      onFailure: (error) => setState((before) => ({ key, value: before.key === key ? before.value : null, error })),
      least: options.least ?? 1000,
      most: options.most ?? 3000,
      afterFailure: 1000,
      timers
    })
    poll.current = own
    if (!isVisible()) own.pause()
    const offVisibility = onVisibility((visible) => visible ? own.resume() : own.pause())
    const offEvents = onEvents((events) => {
      const { concerns } = latest.current
      if (concerns === undefined ? events.some(changes) : events.some(concerns)) own.nudge()
    })
    return () => {
      own.stop()
      offVisibility()
      offEvents()
    }
  }, [key])
  // Of another key: the effect that replaces it has not run yet.
  return state.key === key
    ? { value: state.value, error: state.error, look: () => poll.current?.look() }
    : { value: null, error: null, look: () => poll.current?.look() }
}

/** Events after which no count and no list is another. */
const quiet = new Set(["Extended", "HeartbeatFailed", "Stopping", "Zombie"])
const changes = ({ tag }: FeedEvent) => !quiet.has(tag)

const sameJson = (before: unknown, now: unknown) => JSON.stringify(before) === JSON.stringify(now)
