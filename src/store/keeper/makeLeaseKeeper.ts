import { Context, Effect, Option, Queue } from "effect"
import { url as inspectorUrl } from "node:inspector"
import { isMainThread, Worker } from "node:worker_threads"
import { isByRealTime, LoopDelay } from "../../platform/LoopDelay.ts"
import { guardTelemetry } from "../guardTelemetry.ts"
import type { KeeperReport } from "./keeperReports.ts"
import { reportKeeper } from "./keeperReports.ts"
import type { ThreadData, Told } from "./keeperThread.ts"
import type { KeptLeases, LeaseKeeper } from "./LeaseKeeper.ts"
import { overdueAfter } from "./LeaseKeeper.ts"
import { layout, LeaseTable } from "./LeaseTable.ts"
import { threadText } from "./threadText.ts"

/** The code by which the thread opens its connection. */
export interface ThreadCode {
  /** The text of a function of `require` and `data` that answers a `ThreadDatabase`, and uses nothing else. */
  readonly open: string
  readonly data: unknown
}

/** Starts a thread that runs this code. */
export type StartThread = (code: string, data: unknown) => Worker

/** Replaceable: a simulation has no threads. */
export class KeeperThread extends Context.Reference<KeeperThread>()("holdfast/store/KeeperThread", {
  defaultValue: (): Option.Option<StartThread> => Option.some(startThread)
}) {}

/** The thread gets none of the flags of the process, which might load anything, and a heap of the size that it needs. */
const startThread: StartThread = (code, workerData) => {
  const thread = new Worker(code, {
    eval: true,
    execArgv: [],
    env: {},
    workerData,
    resourceLimits: { maxOldGenerationSizeMb: 32, maxYoungGenerationSizeMb: 2 }
  })
  thread.unref()
  return thread
}

/** A worker's end waits no longer for its thread's. */
const endsWithin = "2 seconds"

/** The pause after a thread that ended by itself, in milliseconds. */
const startsAgainAfter = 60_000

/** Milliseconds of a clock that all threads share. */
const threadMillis = () => Number(process.hrtime.bigint()) / 1e6

/** The keeper of one store; none where there can be no thread, or under a clock that a test moves. */
export const makeLeaseKeeper = (code: ThreadCode): Effect.Effect<Option.Option<LeaseKeeper>> =>
  Effect.gen(function*() {
    const start = yield* KeeperThread
    return (yield* isByRealTime) ? Option.map(start, (start) => keeperOf(code, start)) : Option.none()
  })

const keeperOf = (code: ThreadCode, start: StartThread): LeaseKeeper => {
  const text = `${threadText}\nkeep(${code.open})`
  const pulse = new SharedArrayBuffer(16)
  const pulseAt = new Float64Array(pulse, 0, 1)
  const isIdle = new Int32Array(pulse, 8, 1)
  const tables = new Map<number, Extract<Told, { readonly add: unknown }>>()
  /** Those who log, of whom the first does. */
  const listeners = new Set<Queue.Queue<KeeperReport>>()
  let lastId = 0
  let thread: Worker | undefined
  let startsAt = -Infinity

  const report = (report: KeeperReport) => {
    const [first] = listeners
    if (first !== undefined) Queue.unsafeOffer(first, report)
  }
  const ended = (error: string) => {
    startsAt = threadMillis() + startsAgainAfter
    report({ _tag: "Ended", error })
  }

  /** Starts the thread where there is none. It is there before a handler can block the loop: starting one does not take the loop. */
  const startOnce = () => {
    if (thread !== undefined || threadMillis() < startsAt) return
    try {
      const data: ThreadData = { layout, overdueAfter, pulse }
      // Another thread's stack cannot be had, and a debugger would see its own pauses end.
      const canBePaused = isMainThread && inspectorUrl() === undefined
      const started = start(text, { ...data, canBePaused, database: code.data })
      let error = "it ended by itself"
      started.on("message", report)
      started.on("error", (thrown) => void (error = String(thrown)))
      started.on("exit", () => {
        if (thread !== started) return
        thread = undefined
        ended(error)
      })
      thread = started
      for (const table of tables.values()) started.postMessage(table, [])
    } catch (thrown) {
      ended(String(thrown))
    }
  }

  const remove = (id: number) =>
    Effect.suspend(() => {
      tables.delete(id)
      thread?.postMessage({ remove: id } satisfies Told, [])
      if (tables.size > 0 || thread === undefined) return Effect.void
      const last = thread
      thread = undefined
      // It ends in the middle of what it does: of a statement that is not committed, nothing stays.
      // As a finalizer it could not be interrupted, and would be waited for all the same.
      const ends = Effect.interruptible(Effect.disconnect(Effect.promise(() => last.terminate())))
      return Effect.asVoid(Effect.timeoutOption(ends, endsWithin))
    })

  return {
    isRunning: () => thread !== undefined,
    open: ({ capacity, name }) =>
      Effect.gen(function*() {
        // The store may have been opened under another clock than the worker's.
        const isReal = yield* isByRealTime
        const clock = yield* Effect.clock
        const table = new LeaseTable(capacity)
        const told = { add: { id: ++lastId, worker: name, memory: table.memory } }
        const reports = yield* Queue.sliding<KeeperReport>(16)
        yield* Effect.acquireRelease(
          Effect.sync(() => {
            listeners.add(reports)
            tables.set(told.add.id, told)
            thread?.postMessage(told, [])
          }),
          () => Effect.ensuring(remove(told.add.id), Effect.sync(() => listeners.delete(reports)))
        )
        yield* Effect.forkScoped(guardTelemetry(Effect.forever(Effect.flatMap(Queue.take(reports), reportKeeper))))
        const tick = () => void (pulseAt[0] = threadMillis())
        tick()
        yield* (yield* LoopDelay).watch(tick)
        // The two clocks run at the same pace.
        const ahead = threadMillis() - Number(clock.unsafeCurrentTimeNanos()) / 1e6
        return {
          keep: (lease, terms) => {
            // A claim may be answered when its worker has ended, and a claim in a transaction has a name of its own.
            if (!isReal || !tables.has(told.add.id) || lease.worker !== name) return undefined
            const slot = table.take(lease, {
              ...terms,
              sentAt: terms.sentAt + ahead,
              deadline: terms.deadline + ahead
            })
            if (slot === undefined) return undefined
            startOnce()
            if (Atomics.compareExchange(isIdle, 0, 1, 0) === 1) thread?.postMessage("look" satisfies Told, [])
            return {
              heldUntil: () => table.heldUntil(slot) - ahead,
              extended: (sentAt, deadline) => table.extended(slot, sentAt + ahead, deadline + ahead),
              letGo: () => table.letGo(slot)
            }
          }
        } satisfies KeptLeases
      })
  }
}
