import { Clock, Effect, Option, Runtime } from "effect"
import type { FSWatcher } from "node:fs"
import { mkdirSync, readdirSync, rmSync, statSync, watch } from "node:fs"
import { basename, join } from "node:path"
import { readable } from "../../../domain/readableError.ts"
import { guardTelemetry } from "../../guardTelemetry.ts"
import type { Presence } from "../../Presence.ts"
import type { Place } from "./places.ts"
import { holdOn, isOurs, isSocketOn, listenOn, refuses } from "./sockets.ts"
import { withoutPresence } from "./withoutPresence.ts"

/** Connections to other workers at most. Those beyond are noticed by the sweep. */
const mostHeld = 200

/** A connection that lasts less, in milliseconds, is told of so many times: a new socket may refuse until it listens. */
const heldLong = 1_000
const mostTold = 3

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
  /** Connections to other workers, by their sockets: one for all workers of this process. */
  const held = new Map<string, () => void>()
  /** The sockets whose connection broke, and how often the listener was told of each. */
  const toldOf = new Map<string, number>()
  /** Those who want to hear of changes, of whom the first does: it looks for all. */
  const listeners = new Set<() => void>()
  let watcher: FSWatcher | undefined
  /** Milliseconds of the clock of whoever listens. */
  let now = () => 0

  const names = (): ReadonlyArray<string> => {
    try {
      return readdirSync(place.folder)
    } catch {
      return []
    }
  }

  const tell = () => {
    const [first] = listeners
    first?.()
  }

  /** Holds a connection to each worker of another process. */
  const look = () => {
    const all = names()
    for (const path of toldOf.keys()) if (!all.includes(basename(path))) toldOf.delete(path)
    for (const name of all) {
      const path = join(place.folder, name)
      if (!place.isHere(name) || ours.has(path) || held.has(path) || held.size >= mostHeld) continue
      const heldAt = now()
      const letGo = holdOn(path, () => {
        held.delete(path)
        const times = toldOf.get(path) ?? 0
        // Whoever hears of it looks again, and this may refuse or break each time.
        if (times >= mostTold && now() - heldAt < heldLong) return
        toldOf.set(path, times + 1)
        tell()
      })
      if (letGo !== undefined) held.set(path, letGo)
    }
  }

  const listen = (listener: () => void) => {
    listeners.add(listener)
    watcher ??= watched(place.folder, look)
  }

  const listenNoMore = (listener: () => void) => {
    listeners.delete(listener)
    if (listeners.size > 0) return
    watcher?.close()
    watcher = undefined
    for (const letGo of held.values()) letGo()
    held.clear()
  }

  /** The names of the sockets whose processes are gone. */
  const refusing = Effect.suspend(() => {
    const all = names()
    if (all.length === 0) return Effect.succeed(all)
    return Effect.flatMap(Clock.currentTimeMillis, (now) =>
      Effect.filter(all, (name) => {
        const path = join(place.folder, name)
        return !ours.has(path) && (place.isHere(name) || isOld(path, now))
          ? refuses(path, place.device)
          : Effect.succeed(false)
      }))
  })

  const shownOn = (path: string) =>
    Effect.gen(function*() {
      yield* Effect.try({
        try: () => void mkdirSync(place.folder, { recursive: true, mode: 0o700 }),
        catch: String
      })
      if (!isOurs(place.folder)) return yield* Effect.fail("the folder is another user's, or others may write it")
      const { close } = yield* listenOn(path)
      // An overlay of several file systems tells another device of a file than of its folder.
      if (!isSocketOn(path, place.device)) {
        yield* close
        return yield* Effect.fail("the file system tells another device of the socket than of its folder")
      }
      ours.add(path)
      return Effect.ensuring(close, Effect.sync(() => ours.delete(path)))
    })

  return {
    show: (worker) =>
      Option.match(place.pathOf(worker), {
        onNone: () =>
          Effect.as(withoutPresence("the name of the worker is not one that Holdfast made", { worker }), Effect.void),
        onSome: (path) =>
          Effect.catchAll(shownOn(path), (error) =>
            Effect.as(withoutPresence(readable(() => String(error)), { socket: path }), Effect.void))
      }),

    watch: (changed) =>
      Effect.gen(function*() {
        const clock = yield* Effect.clock
        now = () => clock.unsafeCurrentTimeMillis()
        const runFork = Runtime.runFork(yield* Effect.runtime())
        const scope = yield* Effect.scope
        const listener = () => void runFork(guardTelemetry(changed), { scope })
        yield* Effect.acquireRelease(
          Effect.sync(() => listen(listener)),
          () => Effect.sync(() => listenNoMore(listener))
        )
        look()
      }),

    gone: (workers) =>
      Effect.filter(workers, (worker) =>
        Option.match(place.pathOf(worker), {
          onNone: () => Effect.succeed(false),
          onSome: (path) => ours.has(path) ? Effect.succeed(false) : refuses(path, place.device)
        })),

    anyGone: Effect.suspend(() => {
      // Connects again to workers whose connection broke, for example because this process had too many files open.
      if (listeners.size > 0) look()
      return Effect.map(refusing, (names) => names.length > 0)
    }),

    tidy: (holders) =>
      Effect.gen(function*() {
        const unused = yield* refusing
        if (unused.length === 0) return
        // Read after that: one that refuses claims nothing more.
        const { areAll, workers } = yield* holders
        if (!areAll) return
        const needed = new Set([...workers].flatMap((worker) => Option.toArray(place.pathOf(worker))))
        for (const name of unused) {
          const path = join(place.folder, name)
          if (!needed.has(path)) remove(path)
        }
      })
  }
}

/** Hears of files that come and go. Nothing where the folder cannot be watched: the sweep looks as well. */
const watched = (folder: string, changed: () => void): FSWatcher | undefined => {
  try {
    return watch(folder, { persistent: false }, changed).on("error", () => {})
  } catch {
    return undefined
  }
}

const isOld = (path: string, now: number): boolean => {
  try {
    return now - statSync(path).mtimeMs > foreignAfter
  } catch {
    // It is gone, or its folder may not be read by now.
    return false
  }
}

const remove = (path: string) => {
  try {
    rmSync(path, { force: true })
  } catch {
    // It is another user's. It says what it said before.
  }
}
