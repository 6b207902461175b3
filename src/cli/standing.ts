import { Clock, Duration, Effect, Option, Schedule } from "effect"
import { hostname } from "node:os"
import type { JobRecord } from "../index.ts"
import { JobQueue } from "../index.ts"
import type { Screen } from "./screen.ts"
import { tally } from "./tally.ts"
import { shortId } from "./terminalLine.ts"

/** The words for a worker's jobs on its terminal. */
export interface About<E, R> {
  readonly kinds: ReadonlyArray<string>
  /** A job's progress in a few words; empty if it has reported none. */
  readonly progressOf: (job: JobRecord) => string
  /** The commands to type next, now that this process has settled these jobs, newest first. */
  readonly next: (settled: ReadonlyArray<JobRecord>) => Effect.Effect<ReadonlyArray<string>, E, R>
}

/**
 * Shows on the screen's last line what this process runs while `work` goes on,
 * and at its end how its jobs have ended and what to type next.
 */
export const showing = <E1, R1>(screen: Screen, about: About<E1, R1>) => <A, E, R>(work: Effect.Effect<A, E, R>) =>
  Effect.scoped(Effect.gen(function*() {
    const startedAt = yield* Clock.currentTimeMillis
    yield* Effect.addFinalizer(() =>
      Effect.gen(function*() {
        const { words } = yield* tally(about.kinds)
        const took = lengthOf((yield* Clock.currentTimeMillis) - startedAt)
        screen.show("")
        screen.write(
          Option.match(words, {
            onNone: () => `\nEnded after ${took}: no job was run\n`,
            onSome: (words) => `\nEnded after ${took}: ${words}\n`
          })
        )
        yield* tellNext(screen, about, "")
      })
    )
    yield* Effect.forkScoped(watch(screen, about))
    return yield* work
  }))

/** Looks once a second, as often as a person does. */
const watch = <E, R>(screen: Screen, about: About<E, R>) =>
  Effect.suspend(() => {
    const seenSince = new Map<string, number>()
    let idleFor = 0
    let told = { total: 0, next: "" }
    return Effect.gen(function*() {
      const now = yield* Clock.currentTimeMillis
      const running = (yield* JobQueue.list({ status: "running", limit: 100 })).jobs
        .filter(({ lockedBy }) => isOurs(lockedBy)).toReversed()
      for (const id of seenSince.keys()) if (!running.some((job) => job.id === id)) seenSince.delete(id)
      for (const { id } of running) if (!seenSince.has(id)) seenSince.set(id, now)
      const { total, words } = yield* tally(about.kinds)
      idleFor = running.length === 0 ? idleFor + 1 : 0
      const [oldest] = running
      if (oldest === undefined) {
        const soFar = Option.match(words, { onNone: () => "", onSome: (words) => ` (${words})` })
        screen.show(`Waiting for jobs${soFar}. Ctrl-C ends.`)
      } else {
        const more = running.length > 1 ? `, and ${running.length - 1} more` : ""
        const progress = about.progressOf(oldest)
        screen.show(
          `${shortId(oldest.id)} ${oldest.kind} ${progress === "" ? "running" : progress}, ${
            lengthOf(now - (seenSince.get(oldest.id) ?? now))
          }${more}`
        )
      }
      // A worker at one of its limits ends within the next second, and says it then.
      if (idleFor === 2 && total > told.total) {
        told = { total, next: yield* tellNext(screen, about, told.next) }
      }
    }).pipe(
      // The worker logs a store that fails.
      Effect.catchAll(() => Effect.void),
      Effect.repeat(Schedule.spaced("1 second"))
    )
  })

/** Says what to type next, unless that was the last thing said. Answers what it is. */
const tellNext = <E, R>(screen: Screen, about: About<E, R>, before: string) =>
  Effect.gen(function*() {
    const { jobs } = yield* JobQueue.list({ limit: 100 })
    const next = (yield* about.next(jobs.filter(({ settledBy }) => isOurs(settledBy)))).join("\n")
    if (next !== before && next !== "") screen.write(`${next}\n`)
    return next
  }).pipe(
    Effect.disconnect,
    Effect.timeout("2 seconds"),
    // It is only a hint, and a store that fails may be the reason why the worker ended.
    Effect.catchAll(() => Effect.succeed(before))
  )

/** Workers of this process. */
const isOurs = (worker: string | null) => worker?.startsWith(`${hostname()}:${process.pid}:`) === true

/** In whole seconds. */
const lengthOf = (millis: number): string =>
  millis < 1000 ? "0s" : Duration.format(Duration.seconds(Math.floor(millis / 1000)))
