import { Clock, Duration, Effect, LogLevel, Option, Runtime, Schedule } from "effect"
import type { FSWatcher } from "node:fs"
import { mkdirSync, readdirSync, rmSync, statSync, watch } from "node:fs"
import { join } from "node:path"
import { readable } from "../../../domain/readableError.ts"
import { line } from "../../../platform/line.ts"
import { guardTelemetry } from "../../guardTelemetry.ts"
import type { Presence } from "../../Presence.ts"
import type { Place } from "./places.ts"
import { holdOn, listenOn, refuses } from "./sockets.ts"

/** Connections to other workers at most. Those beyond are noticed by the sweep. */
const mostHeld = 200

/** The interval at which to look for workers that nothing told of. */
const looksEvery = Duration.minutes(1)

/** Sockets of another boot or another machine are deleted after this, in milliseconds: nobody can tell whether they are used. */
const foreignAfter = 30 * 24 * 3_600_000

/**
 * Presence by a socket for each worker, in one folder. The kernel closes a socket
 * with its process, however that ends, and refuses connections from then on. While
 * the process is stopped or its event loop blocked, the kernel still accepts them.
 */
export const presenceIn = (place: Place): Presence => {
  /** The sockets of this process, which need no watching. */
  const ours = new Set<string>()

  const names = (): ReadonlyArray<string> => {
    try {
      return readdirSync(place.folder)
    } catch {
      return []
    }
  }

  return {
    show: (worker) =>
      Option.match(place.pathOf(worker), {
        onNone: () => Effect.as(notShown(place.folder, "the path is too long for a socket"), Effect.void),
        onSome: (path) =>
          Effect.try(() => void mkdirSync(place.folder, { recursive: true, mode: 0o700 })).pipe(
            Effect.zipRight(listenOn(path)),
            Effect.map(({ close }) => {
              ours.add(path)
              return Effect.ensuring(close, Effect.sync(() => ours.delete(path)))
            }),
            Effect.catchAll((error) => Effect.as(notShown(path, error), Effect.void))
          )
      }),

    watch: (changed) =>
      Effect.gen(function*() {
        const runFork = Runtime.runFork(yield* Effect.runtime())
        const scope = yield* Effect.scope
        const tell = () => void runFork(guardTelemetry(changed), { scope })
        const held = new Map<string, () => void>()
        const look = () => {
          for (const name of names()) {
            const path = join(place.folder, name)
            if (!place.isHere(name) || ours.has(path) || held.has(path) || held.size >= mostHeld) continue
            const letGo = holdOn(path, () => {
              held.delete(path)
              tell()
            })
            held.set(path, letGo)
          }
        }
        yield* Effect.acquireRelease(
          Effect.sync(() => watched(place.folder, look)),
          (watcher) =>
            Effect.sync(() => {
              watcher?.close()
              for (const letGo of held.values()) letGo()
            })
        )
        // One whose connection broke, as in a process that had too many files open, is held again.
        yield* Effect.forkScoped(Effect.repeat(Effect.sync(look), Schedule.spaced(looksEvery)))
      }),

    gone: (workers) =>
      Effect.filter(workers, (worker) =>
        Option.match(place.pathOf(worker), {
          onNone: () => Effect.succeed(false),
          onSome: (path) => ours.has(path) ? Effect.succeed(false) : refuses(path, place.device)
        })),

    tidy: (holders) =>
      Effect.gen(function*() {
        const now = yield* Clock.currentTimeMillis
        const needed = new Set([...holders].flatMap((worker) => Option.toArray(place.pathOf(worker))))
        for (const name of names()) {
          const path = join(place.folder, name)
          if (ours.has(path) || needed.has(path)) continue
          if ((place.isHere(name) || isOld(path, now)) && (yield* refuses(path, place.device))) remove(path)
        }
      })
  }
}

const notShown = (path: string, error: unknown) =>
  line(LogLevel.Info, "Other workers of this machine will notice the death of this one by its leases alone", {
    socket: path,
    error: readable(() => String(error))
  })

/** Hears of files that come and go. Nothing where the folder cannot be watched: the sweep looks as well. */
const watched = (folder: string, changed: () => void): FSWatcher | undefined => {
  try {
    return watch(folder, { persistent: false }, changed).on("error", () => {})
  } catch {
    return undefined
  }
}

const isOld = (path: string, now: number): boolean => {
  const stat = statSync(path, { throwIfNoEntry: false })
  return stat !== undefined && now - stat.mtimeMs > foreignAfter
}

const remove = (path: string) => {
  try {
    rmSync(path, { force: true })
  } catch {
    // It is another user's. It says what it said before.
  }
}
