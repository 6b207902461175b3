import { Clock, Effect, Option, Schedule, Stream } from "effect"
import type { Scope } from "effect"
import type { JobQueueService } from "../../index.ts"
import { Ids } from "../../index.ts"
import { TooManyClients } from "../api/refusals.ts"
import { inBackground } from "../inBackground.ts"
import { sharedFor } from "../sharedFor.ts"
import { EventRing } from "./EventRing.ts"
import { eventView, viewWithoutErrors } from "./eventView.ts"

/** The events of a queue for many readers, each of which may go on where it was cut off. */
export interface EventFeed {
  /**
   * A place for one more reader until the scope closes.
   *
   * `cut` is run once if the reader takes nothing for too long.
   */
  readonly join: (cut: () => void) => Effect.Effect<Reader, TooManyClients, Scope.Scope>
  /** The number of readers. */
  readonly readers: () => number
}

export interface Reader {
  /** The lines of an event stream, from behind the event of this id, or from now on. */
  readonly lines: (after: string | undefined) => Stream.Stream<string>
}

/** The most readers of a feed, the data that it hides, and what comes before its news. */
export interface FeedOptions {
  /** Most readers at once. */
  readonly clients: number
  /** False if the data of every job is hidden, and with it the names of errors. */
  readonly payloads: boolean
  /** Run before readers are told of events: they look at the jobs next. */
  readonly beforeNews: Effect.Effect<void>
}

/** Events that are kept, for those who are slow or come back. */
export const kept = 1024

/**
 * A reader gets at most 128 events every half second. A page looks once a second however many come, and at 2,560 a second
 * ten readers cost a full drain a fifth of its CPU. All are told at the same time, so that they share what they look at next.
 */
const batch = 128
const pause = sharedFor

/** Proxies cut a connection on which nothing comes for a minute or less. */
const keepAlive = "15 seconds"

/** A reader that takes nothing for this long holds its connection for nothing. */
const timeLimitMillis = 30_000

interface Member {
  readonly cut: () => void
  /** Epoch milliseconds; undefined while it waits for us. */
  handedAt: number | undefined
  isCut: boolean
}

/** The feed of a queue's events, until the scope closes; then every reader's stream ends. */
export const makeEventFeed = (
  queue: JobQueueService,
  { beforeNews, clients, payloads }: FeedOptions
): Effect.Effect<EventFeed, never, Scope.Scope> =>
  Effect.gen(function*() {
    const { workerId } = yield* Ids
    // The last 64 of its 128 random bits.
    const ring = new EventRing((yield* workerId).slice(-16), kept, payloads ? eventView : viewWithoutErrors)
    const members = new Set<Member>()
    /** The readers that wait, each by what lets it go on, with the place that it has read to. */
    const waiting = new Map<() => void, number>()
    /** Open while a reader waits for events that there are. */
    const hasNews = yield* Effect.makeLatch()
    let isClosed = false
    yield* Effect.addFinalizer(() =>
      Effect.sync(() => {
        isClosed = true
        for (const go of waiting.keys()) go()
      })
    )
    const tellAll = Effect.sync(() => {
      for (const [go, place] of waiting) if (ring.end > place) go()
    })
    yield* inBackground(
      hasNews.await.pipe(
        Effect.zipRight(Effect.sleep(pause)),
        Effect.zipRight(hasNews.close),
        Effect.zipRight(beforeNews),
        Effect.zipRight(tellAll),
        Effect.forever
      )
    )

    yield* inBackground(Stream.runForEachChunk(queue.events, (events) =>
      Effect.map(Clock.currentTimeMillis, (now) => {
        for (const event of events) ring.add(event, now)
        if (waiting.size > 0) hasNews.unsafeOpen()
      })))

    const cutTheSlow = Effect.map(Clock.currentTimeMillis, (now) => {
      for (const member of members) {
        if (member.isCut || member.handedAt === undefined || now - member.handedAt < timeLimitMillis) continue
        member.isCut = true
        member.cut()
      }
    })
    yield* inBackground(Effect.repeat(cutTheSlow, Schedule.spaced("5 seconds")))

    /** Waits to be told of something to read, or until it is time to say that we are there. */
    const news = (place: number) =>
      Effect.async<void>((resume) => {
        const go = () => {
          waiting.delete(go)
          resume(Effect.void)
        }
        if (isClosed) return go()
        waiting.set(go, place)
        if (ring.end > place) hasNews.unsafeOpen()
        return Effect.sync(() => void waiting.delete(go))
      }).pipe(Effect.timeoutOption(keepAlive))

    const linesFor = (member: Member) => (after: string | undefined): Stream.Stream<string> => {
      const given = after === undefined ? ring.end : ring.placeOf(after)
      // What has no known place may have missed anything.
      let place = given ?? ring.end
      // An event without data is told to nobody, and its id is remembered all the same.
      const hello = `retry: 2000\nid: ${ring.idOf(place)}\n\n${given === undefined ? missed(ring.idOf(place)) : ""}`
      const next = Effect.gen(function*() {
        member.handedAt = undefined
        if (member.isCut) return yield* Effect.fail(Option.none())
        yield* news(place)
        if (isClosed) return yield* Effect.fail(Option.none())
        const { from, text, to } = ring.read(place, batch)
        // A reader that is cut off behind the gap goes on there.
        const gap = from > place ? missed(ring.idOf(from)) : ""
        place = to
        member.handedAt = yield* Clock.currentTimeMillis
        return gap + text || ": still here\n\n"
      })
      return Stream.concat(Stream.succeed(hello), Stream.repeatEffectOption(next))
    }

    return {
      readers: () => members.size,
      join: (cut) =>
        Effect.map(
          Effect.acquireRelease(
            Effect.suspend(() => {
              if (isClosed || members.size >= clients) return new TooManyClients({ limit: clients })
              const member: Member = { cut, handedAt: undefined, isCut: false }
              members.add(member)
              return Effect.succeed(member)
            }),
            (member) => Effect.sync(() => void members.delete(member))
          ),
          (member): Reader => ({ lines: linesFor(member) })
        )
    }
  })

const missed = (id: string) => `id: ${id}\nevent: missed\ndata: {}\n\n`
