import type { FeedEvent } from "../api/feedEvent.ts"
import { instantText, spanText } from "./format.ts"

/** A kind of trouble, as the page sorts it. */
export type TroubleType = "rescue" | "refused" | "zombie" | "heartbeat" | "unknown" | "left"

/** Something that went wrong beneath the jobs. */
export interface Trouble {
  /** Its place in the feed, which tells it from every other. */
  readonly key: string
  readonly type: TroubleType
  /** Epoch milliseconds, by the server's clock. */
  readonly at: number
  readonly jobId: string
  readonly kind: string
  readonly attempt: number | null
  readonly worker: string
  /** A sentence with the event and, if known, its cause. */
  readonly text: string
}

/** The types, with what each means and what to do. */
export const troubleTypes: Readonly<
  Record<TroubleType, { readonly title: string; readonly name: string; readonly help: string }>
> = {
  rescue: {
    title: "Rescues",
    name: "Rescue",
    help:
      "A worker stopped extending a lease, so another freed its job. Look for a crash, a blocked event loop or a machine that slept."
  },
  refused: {
    title: "Leases lost",
    name: "Lease lost",
    help:
      "An attempt ended when its lease was gone. Its outcome was refused by the fence, and nothing of it was written."
  },
  zombie: {
    title: "Zombies",
    name: "Zombie",
    help:
      "A handler goes on although it was told to stop. It keeps its place in the worker until it ends or the process does."
  },
  heartbeat: {
    title: "Missed heartbeats",
    name: "Missed heartbeat",
    help: "A heartbeat did not get through to the database and is tried again. Many of them announce lost leases."
  },
  unknown: {
    title: "Unknown outcomes",
    name: "Unknown outcome",
    help:
      "The database did not say whether an outcome was written. The job's row tells; if it still runs, its lease will run out."
  },
  left: {
    title: "Left behind",
    name: "Left behind",
    help:
      "A worker ended while one of its jobs went on. The job's lease will run out, and another worker will run it again."
  }
}

/** The trouble that events tell of, latest first. An event of a server that gives no `at` has the time at which it came. */
export const troublesOf = (events: ReadonlyArray<FeedEvent>, now: number): ReadonlyArray<Trouble> =>
  events.flatMap((event) => troubleOf(event, event.number("at") ?? now) ?? []).toReversed()

/** The trouble that an event tells of; null if it tells of none. */
export const troubleOf = (event: FeedEvent, at: number): Trouble | null => {
  const made = (type: TroubleType, text: string): Trouble => ({
    key: event.key,
    type,
    at,
    jobId: event.text("jobId"),
    kind: event.text("kind"),
    attempt: event.number("attempt"),
    worker: event.text("worker"),
    text
  })
  switch (event.tag) {
    case "StaleReleased": {
      const lockedAt = event.number("lockedAt")
      const status = event.text("status")
      return made(
        "rescue",
        `${
          event.flag("holderIsGone") ?
            "Its worker's process has ended" :
            lockedAt === null ?
            "Its lease had run out" :
            `Its holder last extended the lease ${at > lockedAt ? `${spanText(at - lockedAt)} before, ` : ""}at ${
              instantText(lockedAt)
            }`
        }. The job is ${status === "" ? "free" : status} now.`
      )
    }
    case "LeaseLost":
      return made(
        "refused",
        `${
          event.text("reason") === "DeadlinePassed"
            ? "No extension got through before the deadline, so the handler was stopped."
            : "The database said that the lease was gone."
        } Nothing of the outcome was written.`
      )
    case "Stopping": {
      const reason = event.text("reason")
      if (reason !== "LeaseLost" && reason !== "DeadlinePassed") return null
      return made(
        "refused",
        `The handler is told to stop: ${
          reason === "LeaseLost" ? "its lease is gone" : "no extension got through before its deadline"
        }.`
      )
    }
    case "Zombie":
      return made("zombie", "The handler was told to stop and goes on. Its heartbeat has ended.")
    case "HeartbeatFailed":
      return made("heartbeat", "A heartbeat did not get through. It is tried again.")
    case "OutcomeUnknown":
      return made("unknown", "The database did not answer the write of the outcome.")
    case "LeftBehind":
      return made("left", "Its worker has ended, and the handler goes on without a heartbeat.")
    default:
      return null
  }
}
