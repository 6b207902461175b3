import type { Client } from "../api/client.ts"
import { ApiError } from "../api/client.ts"
import type { FeedEvent } from "../api/feedEvent.ts"
import { feedEvent } from "../api/feedEvent.ts"
import { sseParser } from "../api/sseParser.ts"
import type { Timers } from "./poll.ts"

/** The state of the connection that brings the events. */
export type FeedState =
  | { readonly is: "connecting" }
  | { readonly is: "live" }
  /** `since` is in epoch milliseconds of this machine. */
  | { readonly is: "cut"; readonly since: number; readonly reason: string }

export interface FeedOptions {
  /** The id of the last event that is known; "" for none. */
  readonly after: string
  readonly client: Client
  readonly onEvents: (events: ReadonlyArray<FeedEvent>) => void
  readonly onState: (state: FeedState) => void
  readonly timers: Timers
}

export interface Feed {
  /** The id of the last event that came. */
  readonly lastId: () => string
  readonly pause: () => void
  readonly resume: () => void
}

/** The server sends something every 15 s. After this time without anything the connection is dead. */
const deadAfter = 40_000

/** The waits before new attempts to connect, in milliseconds. The last one is repeated. */
const waits = [500, 1000, 2000, 5000]

/** Follows the events, and connects again after a cut, from the last one that came. */
export const startFeed = ({ after, client, onEvents, onState, timers }: FeedOptions): Feed => {
  let lastId = after
  let attempts = 0
  let cutSince: number | undefined
  let controller: AbortController | undefined
  let timer: number | undefined

  const stop = () => {
    if (timer !== undefined) timers.clear(timer)
    timer = undefined
    controller?.abort()
    controller = undefined
  }

  const follow = async (own: AbortController) => {
    const stream = await client.openFeed(lastId, own.signal)
    const reader = stream.getReader()
    const decoder = new TextDecoder()
    const parser = sseParser(lastId)
    attempts = 0
    cutSince = undefined
    onState({ is: "live" })
    for (;;) {
      const watch = timers.set(() => own.abort(), deadAfter)
      const { done, value } = await reader.read().finally(() => timers.clear(watch))
      if (done) return
      const messages = parser.read(decoder.decode(value, { stream: true }))
      if (controller !== own) return
      lastId = parser.lastId()
      const events = messages.map(feedEvent).filter((event) => event !== null)
      if (events.length > 0) onEvents(events)
    }
  }

  const connect = () => {
    const own = new AbortController()
    controller = own
    const again = (error: unknown) => {
      if (controller !== own) return
      // Without a token that is taken there is nothing to follow; the page asks for one.
      if (error instanceof ApiError && error.status === 401) return
      cutSince ??= timers.now()
      onState({
        is: "cut",
        since: cutSince,
        reason: error instanceof ApiError ? error.message : "The connection ended."
      })
      timer = timers.set(connect, waits[Math.min(attempts++, waits.length - 1)] ?? 5000)
    }
    follow(own).then(again, again)
  }

  onState({ is: "connecting" })
  connect()
  return {
    lastId: () => lastId,
    pause: stop,
    resume: () => {
      if (controller !== undefined) return
      attempts = 0
      connect()
    }
  }
}
