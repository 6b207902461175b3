import type { Client } from "../api/client.ts"
import { makeClient } from "../api/client.ts"
import type { FeedEvent } from "../api/feedEvent.ts"
import type { Session } from "../api/wire.ts"
import type { Stats } from "../../domain/Stats.ts"
import type { Trouble } from "../text/trouble.ts"
import { troublesOf } from "../text/trouble.ts"
import { makeCell } from "./Cell.ts"
import { serverNow } from "./clock.ts"
import type { Feed, FeedState } from "./feed.ts"
import { startFeed } from "./feed.ts"
import type { Timers } from "./poll.ts"
import type { JobFilter } from "../api/wire.ts"
import { listBeforeOf, routeOf, tokenOf } from "./router.ts"
import { isVisible, onVisibility } from "./visibility.ts"

/*
 * What the whole page knows. Each part of it is a cell, to which the components that show it listen.
 */

const tokenKey = "holdfast.token"

/** The trouble that this tab was told of, which is there again after a reload. */
const keptKey = "holdfast.trouble"

interface Kept {
  /** The last event before the tab was hidden or left. */
  readonly lastId: string
  readonly troubles: ReadonlyArray<Trouble>
}

/** The browser's own timers. */
export const timers: Timers = {
  now: () => Date.now(),
  set: (run, millis) => window.setTimeout(run, millis),
  clear: (timer) => window.clearTimeout(timer)
}

/** The token; "" where the app's own check needs none, and null until one is given. */
export const token = makeCell<string | null>(null)

/** True until the server was asked whether it needs a token. */
export const isArriving = makeCell(true)

/** The reason for which the form asks for a token. */
export const refused = makeCell<"none" | "refused">("none")

export const session = makeCell<Session | null>(null)

export const route = makeCell(routeOf(location.hash))

/** The filter of the list from which the reader came to the job that is shown; empty if it was another screen. */
export const listBefore = makeCell<JobFilter>({})

export const feedState = makeCell<FeedState>({ is: "connecting" })

/** The instant since which the server or its database does not answer, in epoch milliseconds of this machine. */
export const silentSince = makeCell<number | null>(null)

/** The last answer about the queues, of whichever screen asked. It knows the names for the filters. */
export const lastStats = makeCell<Stats | null>(null)

/** The latest trouble first, since the page was opened. */
export const troubles = makeCell<ReadonlyArray<Trouble>>([])

/** The gaps in the feed since the page was opened. */
export const missedEvents = makeCell(0)

/** The most troubles that are kept. */
const mostTroubles = 500

/** The API, from the address of the page. */
export const client: Client = makeClient(
  new URL("api/", `${location.origin}${location.pathname.replace(/[^/]*$/, "")}`),
  token.get,
  () => {
    if (token.get() !== null) forget(token.get() === "" ? "none" : "refused")
  },
  (answers) => silentSince.set(answers ? null : silentSince.get() ?? timers.now())
)

const eventListeners = new Set<(events: ReadonlyArray<FeedEvent>) => void>()

/** Calls back with events as they come, until the answer is called. */
export const onEvents = (listener: (events: ReadonlyArray<FeedEvent>) => void): () => void => {
  eventListeners.add(listener)
  return () => void eventListeners.delete(listener)
}

const takeIn = (events: ReadonlyArray<FeedEvent>) => {
  const found = troublesOf(events, serverNow())
  if (found.length > 0) troubles.set([...found, ...troubles.get()].slice(0, mostTroubles))
  const missed = events.filter(({ tag }) => tag === "missed").length
  if (missed > 0) missedEvents.set(missedEvents.get() + missed)
  for (const listener of eventListeners) listener(events)
}

let feed: Feed | undefined

const readKept = (): Kept => {
  const text = sessionStorage.getItem(keptKey)
  return text === null ? { lastId: "", troubles: [] } : JSON.parse(text) as Kept
}

const keep = () => {
  if (feed === undefined) return
  const kept: Kept = { lastId: feed.lastId(), troubles: troubles.get().slice(0, 100) }
  sessionStorage.setItem(keptKey, JSON.stringify(kept))
}

/** Opens the page with this token; with "" where the server asks for none. */
export const enter = (given: string): void => {
  if (given !== "") sessionStorage.setItem(tokenKey, given)
  refused.set("none")
  // What one token may do says nothing about another.
  if (given !== token.get()) session.set(null)
  token.set(given)
  feed?.pause()
  const kept = readKept()
  troubles.set(kept.troubles)
  feed = startFeed({ after: kept.lastId, client, onEvents: takeIn, onState: feedState.set, timers })
  if (!isVisible()) feed.pause()
}

/** Connects to the feed now, and not at the next attempt. */
export const reconnect = (): void => {
  feed?.pause()
  feed?.resume()
}

/** Forgets the token, and asks for one. */
export const forget = (why: "none" | "refused"): void => {
  sessionStorage.removeItem(tokenKey)
  sessionStorage.removeItem(keptKey)
  troubles.set([])
  feed?.pause()
  feed = undefined
  refused.set(why)
  session.set(null)
  token.set(null)
}

/** Reads the address, and a token from it, which is then taken out of it. */
const readAddress = () => {
  const given = tokenOf(location.hash)
  if (given !== null) {
    history.replaceState(null, "", `${location.pathname}${location.search}#/`)
    if (given !== "") enter(given)
  }
  const next = routeOf(location.hash)
  listBefore.set(listBeforeOf(listBefore.get(), route.get(), next))
  route.set(next)
}

/** Begins to follow the address and the feed. */
export const begin = (): void => {
  const kept = sessionStorage.getItem(tokenKey)
  if (tokenOf(location.hash) === null && kept !== null) enter(kept)
  readAddress()
  if (token.get() !== null) isArriving.set(false)
  else {
    void client.ask("GET", "session").then(() => enter(""), () => {}).then(() => isArriving.set(false))
  }
  window.addEventListener("hashchange", readAddress)
  window.addEventListener("pagehide", keep)
  onVisibility((visible) => {
    if (visible) feed?.resume()
    else feed?.pause()
  })
}
