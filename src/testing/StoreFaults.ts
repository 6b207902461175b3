import type { Duration } from "effect"
import { Context, Effect, Layer } from "effect"
import { StoreError } from "../domain/errors.ts"
import type { StoreFailure } from "../store/JobStore.ts"
import { JobStore } from "../store/JobStore.ts"

type Store = typeof JobStore.Service

/** The operations of a job store that can go wrong. */
export type StoreOperation = Exclude<keyof Store, typeof noOperations[number]>

/** Members of a store whose answers cannot go wrong. */
const noOperations = [
  "afterTransaction",
  "afterCommit",
  "events",
  "jsonRefusal",
  "leaseKeeper",
  "presence",
  "signals",
  "tidy"
] as const

/** A change of one call of a store operation. */
export type Fault = <A, E>(call: Effect.Effect<A, E>, operation: StoreOperation) => Effect.Effect<A, E | StoreFailure>

const failure = (operation: StoreOperation) =>
  new StoreError({ operation, cause: new Error("the test has cut the store off") })

/** The call fails, and nothing of it happened. */
export const failing: Fault = (_, operation) => Effect.fail(failure(operation))

/** The call did what it should, and its answer is lost. */
export const answerLost: Fault = (call, operation) => Effect.zipRight(call, Effect.fail(failure(operation)))

/** The call is never answered, and will not be interrupted either. */
export const hanging: Fault = () => Effect.uninterruptible(Effect.never)

/** The driver throws what it should have failed with. */
export const dying: Fault = () => Effect.die(new Error("the driver lost its mind"))

/** The call is carried out now, and answered later. */
export const answeredAfter = (duration: Duration.DurationInput): Fault => (call) =>
  Effect.tap(call, Effect.sleep(duration))

/** The operations that a fault is for. */
export type Broken = StoreOperation | ReadonlyArray<StoreOperation> | "every"

/**
 * The seam between Holdfast and its job store: counts calls, and breaks those that
 * it is told to. Workers, the JobQueue and `CurrentJob` are all above it.
 */
export class StoreFaults extends Context.Tag("holdfast/testing/StoreFaults")<StoreFaults, {
  /**
   * Breaks these operations until they are mended, or for their next `times`
   * calls in all. An operation has one fault at a time, the last that was injected.
   */
  readonly inject: (operations: Broken, fault: Fault, times?: number) => Effect.Effect<void>
  /** Ends the faults of these operations, of every one unless given. Calls that hang go on hanging. */
  readonly mend: (operations?: Broken) => Effect.Effect<void>
  /** The number of calls of the operation, broken or not. */
  readonly calls: (operation: StoreOperation) => Effect.Effect<number>
  /** The number of calls that the store below the seam has not answered: a database on a server takes real time. */
  readonly unanswered: Effect.Effect<number>
  /** The store below the seam, which nothing breaks: what another process sees. */
  readonly beneath: Store
}>() {
  // Each of these is the method of the same name, of the StoreFaults in the context.

  static readonly inject = (operations: Broken, fault: Fault, times?: number) =>
    Effect.flatMap(StoreFaults, (faults) => faults.inject(operations, fault, times))

  static readonly mend = (operations?: Broken) => Effect.flatMap(StoreFaults, (faults) => faults.mend(operations))

  static readonly calls = (operation: StoreOperation) =>
    Effect.flatMap(StoreFaults, (faults) => faults.calls(operation))

  /** The job store that is provided, behind the seam. A store has one seam, however often this is mentioned over it. */
  static readonly layer: Layer.Layer<JobStore | StoreFaults, never, JobStore> = Layer.fresh(
    Layer.effectContext(Effect.map(JobStore, (store) => {
      const seam = seams.get(store) ?? makeSeam(store)
      seams.set(store, seam)
      return seam
    }))
  )
}

const seams = new WeakMap<Store, Context.Context<JobStore | StoreFaults>>()

const makeSeam = (store: Store): Context.Context<JobStore | StoreFaults> => {
  const faults = new Map<StoreOperation, { readonly fault: Fault; times: number }>()
  const calls = new Map<StoreOperation, number>()
  let unanswered = 0
  const counted = <A, E>(call: Effect.Effect<A, E>) =>
    Effect.acquireUseRelease(
      Effect.sync(() => void unanswered++),
      () => call,
      () => Effect.sync(() => void unanswered--)
    )
  const seam = behind(store, (operation, call) =>
    Effect.suspend(() => {
      calls.set(operation, (calls.get(operation) ?? 0) + 1)
      const found = faults.get(operation)
      if (found === undefined || found.times <= 0) return counted(call)
      found.times -= 1
      return found.fault(counted(call), operation)
    }))
  const named = (operations: Broken) =>
    operations === "every" ? operationsOf(seam) : [operations].flat() as ReadonlyArray<StoreOperation>
  return Context.make(JobStore, seam).pipe(Context.add(StoreFaults, {
    inject: (operations, fault, times = Infinity) =>
      Effect.sync(() => {
        const shared = { fault, times }
        for (const operation of named(operations)) faults.set(operation, shared)
      }),
    mend: (operations = "every") =>
      Effect.sync(() => {
        for (const operation of named(operations)) faults.delete(operation)
      }),
    calls: (operation) => Effect.sync(() => calls.get(operation) ?? 0),
    unanswered: Effect.sync(() => unanswered),
    beneath: store
  }))
}

type Around = <A, E>(
  operation: StoreOperation,
  call: Effect.Effect<A, E>,
  request: unknown
) => Effect.Effect<A, E | StoreFailure>

/** The store, with something around each of its calls. */
export const behind = (store: Store, around: Around): Store => ({
  jsonRefusal: store.jsonRefusal,
  enqueue: (jobs) => around("enqueue", store.enqueue(jobs), jobs),
  afterTransaction: store.afterTransaction,
  afterCommit: store.afterCommit,
  events: store.events,
  signals: store.signals,
  nextDue: (request) => around("nextDue", store.nextDue(request), request),
  due: (request) => around("due", store.due(request), request),
  laneHeads: (options) => around("laneHeads", store.laneHeads(options), options),
  claim: (request) => around("claim", store.claim(request), request),
  extend: (items) => around("extend", store.extend(items), items),
  progress: (items) => around("progress", store.progress(items), items),
  complete: (items) => around("complete", store.complete(items), items),
  fail: (items) => around("fail", store.fail(items), items),
  release: (items) => around("release", store.release(items), items),
  laneHolders: (options) => around("laneHolders", store.laneHolders(options), options),
  staleLeases: (options) => around("staleLeases", store.staleLeases(options), options),
  releaseStale: (which) => around("releaseStale", store.releaseStale(which), which),
  get: (id, partitionKey) => around("get", store.get(id, partitionKey), { id, partitionKey }),
  list: (listing) => around("list", store.list(listing), listing),
  search: (listing) => around("search", store.search(listing), listing),
  count: (options) => around("count", store.count(options), options),
  cancel: (id, partitionKey) => around("cancel", store.cancel(id, partitionKey), { id, partitionKey }),
  retry: (id, partitionKey, available) =>
    around("retry", store.retry(id, partitionKey, available), { id, partitionKey, available }),
  edit: (id, partitionKey, changes) =>
    around("edit", store.edit(id, partitionKey, changes), { id, partitionKey, changes }),
  delete: (id, partitionKey) => around("delete", store.delete(id, partitionKey), { id, partitionKey }),
  act: (request) => around("act", store.act(request), request),
  pause: (target, by) => around("pause", store.pause(target, by), { target, by }),
  resume: (target) => around("resume", store.resume(target), target),
  pauses: () => around("pauses", store.pauses(), undefined),
  beatWorker: (beat) => around("beatWorker", store.beatWorker(beat), beat),
  forgetWorker: (worker) => around("forgetWorker", store.forgetWorker(worker), worker),
  workers: (options) => around("workers", store.workers(options), options),
  pruneWorkers: () => around("pruneWorkers", store.pruneWorkers(), undefined),
  laneDepths: (options) => around("laneDepths", store.laneDepths(options), options),
  countAhead: (job, options) => around("countAhead", store.countAhead(job, options), { job, options }),
  endedLately: (options) => around("endedLately", store.endedLately(options), options),
  prune: (options) => around("prune", store.prune(options), options),
  tidy: store.tidy
})

const operationsOf = (store: Store) =>
  (Object.keys(store) as ReadonlyArray<keyof Store>).filter((name): name is StoreOperation =>
    !(noOperations as ReadonlyArray<keyof Store>).includes(name)
  )
