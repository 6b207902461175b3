import type { Scope } from "effect"
import { Context, Effect, Runtime } from "effect"
import { StoredJobId } from "../../domain/JobId.ts"
import { identityOf, inWords } from "./databaseFile.ts"
import type { JobSignals } from "../JobSignals.ts"

/**
 * A store's hint to the others: a job may be due, or this one is to be cancelled.
 * Plain data, since they may be of another copy of the package.
 */
export interface Signal {
  readonly cancelled?: string
}

type Hear = (signal: Signal) => void

/** The listeners of open stores, by the device and inode of their database file. */
type OpenStores = Map<string, Set<Hear>>

const key = Symbol.for("holdfast/store/ProcessSignals")

/**
 * The stores that are open in this process, in all its runtimes and copies of the
 * package. Replaceable, for processes that are simulated in one.
 */
export class ProcessSignals extends Context.Reference<ProcessSignals>()("holdfast/store/ProcessSignals", {
  defaultValue: (): OpenStores => {
    const shared = globalThis as { [key]?: OpenStores }
    return shared[key] ??= new Map()
  }
}) {}

/**
 * The signals of a store, which the other stores of the process on the same
 * database file hear too, until the scope closes. So a job that one runtime of an
 * app enqueues starts at once in another's worker. A signal is only a hint: a lost
 * one delays a job by a poll, or its cancellation by a heartbeat.
 */
export const shareInProcess = (
  signals: JobSignals,
  /** The path of the database file. */
  file: string
): Effect.Effect<JobSignals, never, Scope.Scope> =>
  Effect.gen(function*() {
    const found = identityOf(file)
    if (found === undefined) return signals
    // Tells files apart, whatever paths they were opened by.
    const identity = inWords(found)
    const stores = yield* ProcessSignals
    const runtime = yield* Effect.runtime()
    const hear: Hear = ({ cancelled }) =>
      void Runtime.runFork(runtime)(
        cancelled === undefined ? signals.wake : signals.cancel(StoredJobId.make(cancelled))
      )
    const all = stores.get(identity) ?? new Set<Hear>()
    yield* Effect.acquireRelease(
      Effect.sync(() => stores.set(identity, all.add(hear))),
      () => Effect.sync(() => all.delete(hear) && all.size === 0 && stores.delete(identity))
    )
    const tell = (signal: Signal) =>
      Effect.forEach(all, (other) =>
        // A failure in another runtime is not the caller's.
        other === hear ? Effect.void : Effect.ignore(Effect.try(() => other(signal))), { discard: true })
    return {
      listen: signals.listen,
      wake: Effect.zipRight(signals.wake, Effect.suspend(() => tell({}))),
      cancel: (id) => Effect.zipRight(signals.cancel(id), Effect.suspend(() => tell({ cancelled: id })))
    }
  })
