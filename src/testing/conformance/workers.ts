import { Effect } from "effect"
import type { WorkerBeat } from "../../store/JobStore.ts"
import { JobStore } from "../../store/JobStore.ts"
import type { Promised } from "./StoreUnderTest.ts"
import { advance, expect, promise, start, workerBeat } from "./StoreUnderTest.ts"

const beat = (options: Partial<WorkerBeat> = {}) =>
  Effect.flatMap(JobStore, (store) => store.beatWorker(workerBeat(options)))

const forget = (worker: string) => Effect.flatMap(JobStore, (store) => store.forgetWorker(worker))

const workers = (limit = 100) => Effect.flatMap(JobStore, (store) => store.workers({ limit }))

const names = (limit?: number) => Effect.map(workers(limit), (all) => all.map(({ worker }) => worker))

const live = Effect.map(workers(), (all) => all.filter(({ isLive }) => isLive).map(({ worker }) => worker))

const second = 1000
const minute = 60 * second

const prune = Effect.flatMap(JobStore, (store) => store.pruneWorkers())

/** The rows of workers: what each last reported, and whether it lives. */
export const workerPromises: ReadonlyArray<Promised> = [
  promise("a worker is shown as it reported, with the instants of its first and its last beat", function*() {
    yield* expect(yield* workers(), [])
    const queues = [{ queue: "mail", concurrency: 3 }, { queue: "a \"b\" c", concurrency: 1 }]
    yield* beat({ kinds: ["email", "sms"], queues, running: 2 })
    yield* expect(yield* workers(), [{
      worker: "w",
      host: "machine",
      pid: 7,
      version: "1.2.3",
      startedAt: start,
      beatAt: start,
      sinceBeat: 0,
      beatEvery: 30_000,
      isLive: true,
      isDraining: false,
      kinds: ["email", "sms"],
      queues,
      concurrency: 10,
      running: 2
    }])
    yield* advance(30_000)
    yield* expect(yield* workers(), [{ beatAt: start, sinceBeat: 30_000 }])
    yield* beat({ isDraining: true, kinds: ["email"], queues: null, running: 1 })
    yield* expect(yield* workers(), [{
      startedAt: start,
      beatAt: start + 30_000,
      isDraining: true,
      kinds: ["email"],
      queues: null,
      running: 1
    }])
  }),

  promise(
    "a worker lives for three of its intervals and 5 s after its last beat, and lives again with the next",
    function*() {
      yield* beat()
      yield* beat({ worker: "slow", beatEvery: 24 * 24 * 60 * minute })
      yield* advance(95_000)
      yield* expect(yield* live, ["slow", "w"].toSorted())
      yield* advance(1)
      yield* expect(yield* live, ["slow"])
      yield* expect(yield* names(), ["slow", "w"])
      yield* beat()
      yield* expect(yield* names(), ["slow", "w"])
      yield* expect((yield* live).length, 2)
    }
  ),

  promise("live workers come before dead ones, and those that started first before others, up to a limit", function*() {
    for (const worker of ["a", "b", "c"]) {
      yield* beat({ worker })
      yield* advance(second)
    }
    yield* advance(minute)
    yield* beat({ worker: "c" })
    yield* beat({ worker: "b" })
    yield* advance(minute)
    yield* expect(yield* names(), ["b", "c", "a"])
    yield* expect(yield* names(2), ["b", "c"])
  }),

  promise("a worker that has ended is forgotten, and no other with it; forgetting it again does nothing", function*() {
    yield* beat({ worker: "a" })
    yield* beat({ worker: "b" })
    yield* forget("a")
    yield* expect(yield* names(), ["b"])
    yield* forget("a")
    yield* expect(yield* names(), ["b"])
    yield* advance(minute)
    yield* beat({ worker: "a" })
    yield* expect(yield* workers(), [{ worker: "b" }, { worker: "a", startedAt: start + minute }])
  }),

  promise("a dead worker is shown for an hour after it was last live, and no longer", function*() {
    yield* beat({ worker: "dead" })
    yield* advance(95 * second + 60 * minute)
    yield* beat()
    yield* expect(yield* names(), ["w", "dead"])
    yield* advance(1)
    yield* expect(yield* names(), ["w"])
  }),

  promise("a pruning deletes the rows that are no longer shown, and no others", function*() {
    yield* beat({ worker: "old" })
    yield* advance(minute)
    yield* beat({ worker: "dead" })
    yield* advance(95 * second + 60 * minute)
    yield* expect(yield* names(), ["dead"])
    // A beat alone deletes nothing: the worker is shown again, from its first beat on.
    yield* beat({ worker: "old" })
    yield* expect(yield* workers(), [{ worker: "old", startedAt: start }, { worker: "dead" }])
    yield* advance(1)
    yield* prune
    yield* prune
    yield* beat({ worker: "dead" })
    yield* expect(yield* workers(), [
      { worker: "old", startedAt: start },
      { worker: "dead", startedAt: start + minute + 95 * second + 60 * minute + 1 }
    ])
  }),

  promise("a live worker that beats seldom keeps its row, however long its interval is", function*() {
    yield* beat({ worker: "slow", beatEvery: 2 * 60 * minute })
    yield* advance(61 * minute)
    yield* beat()
    yield* prune
    yield* expect(yield* workers(), [{ worker: "slow", isLive: true, startedAt: start }, { worker: "w" }])
    yield* advance(61 * minute)
    yield* beat({ worker: "slow", beatEvery: 2 * 60 * minute })
    yield* expect(yield* workers(), [{ worker: "slow", startedAt: start }, { worker: "w" }])
  })
]
