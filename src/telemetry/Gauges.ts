import { Clock, Context, Duration, Effect, Layer, Option, Schedule } from "effect"
import type { Pause } from "../domain/Pause.ts"
import { pausesOf } from "../domain/Pause.ts"
import { EventLoop } from "../platform/EventLoop.ts"
import { monotonicMillis } from "../platform/monotonic.ts"
import { callStore } from "../runtime/callStore.ts"
import { metrics } from "../runtime/telemetry/metrics.ts"
import { storeUnavailable } from "../runtime/telemetry/workerLog.ts"
import { guardTelemetry, updateMetric } from "../store/guardTelemetry.ts"
import type { LaneHead, LaneHolder, StoreFailure } from "../store/JobStore.ts"
import { JobStore } from "../store/JobStore.ts"
import { makeSeries } from "./series.ts"

/*
 * Gauges that catch silence. Counters stand still when nothing happens, whether there
 * is nothing to do or nobody is doing it. These tell the two apart: due jobs that get
 * older, looks at the queue that stop, leases that are over.
 */

type Store = typeof JobStore.Service

/** The shortest time between two reads of the database. An earlier scrape shows the last read. */
const sampledEvery = Duration.seconds(10)

/** The longest that a read may take. It is less than the time to the next. */
const readMayTake = Duration.seconds(5)

/** Heads of lanes and priorities that are read at a time, and in all. Further lanes are not seen. */
const page = 50
const mostHeads = 500

/** The most leases that are read. */
const mostLeases = 1000

/** Reads the gauges of one job store: how long its jobs wait, and who works on them. */
export class Gauges extends Context.Tag("holdfast/telemetry/Gauges")<Gauges, {
  /**
   * Reads the gauges from the database, unless that was done less than 10 s ago. It
   * costs a few milliseconds, also on a long queue. Never fails: if the database does
   * not answer within 5 s, a warning is logged, and the gauges keep their values, as
   * does the instant in `holdfast_gauges_timestamp_seconds`.
   */
  readonly sample: Effect.Effect<void>
  /** The instant of the last look at the queue that succeeded, in epoch milliseconds; none before the first. */
  readonly lastLookAt: Effect.Effect<Option.Option<number>>
}>() {
  /**
   * Watches the provided store: it notes each look at the queue. Put it between the
   * store and its users, above all the workers. It reads no gauges by itself:
   * `metricsText` does for a scrape, and `sampling` for an exporter.
   */
  static readonly layer: Layer.Layer<Gauges | JobStore, never, JobStore> = Layer.fresh(
    Layer.effectContext(Effect.gen(function*() {
      const store = yield* JobStore
      let lastLookAt = Option.none<number>()
      const noteLook = Effect.flatMap(Clock.currentTimeMillis, (now) => {
        lastLookAt = Option.some(now)
        return updateMetric(metrics.lastLook, now / 1000)
      })
      // A worker looks by these two. While there may be more jobs, it claims without `nextDue`.
      const watched: Store = {
        ...store,
        nextDue: (request) => Effect.zipLeft(store.nextDue(request), noteLook),
        claim: (request) => Effect.zipLeft(store.claim(request), noteLook)
      }
      return Context.make(JobStore, watched).pipe(
        Context.add(Gauges, {
          sample: yield* makeSample(store),
          lastLookAt: Effect.sync(() => lastLookAt)
        })
      )
    }))
  )

  /** Samples the gauges now and every 10 s while the layer lives, for an exporter that does not sample them itself. */
  static readonly sampling: Layer.Layer<never, never, Gauges> = Layer.scopedDiscard(
    Effect.flatMap(
      Gauges,
      ({ sample }) => guardTelemetry(Effect.forkScoped(Effect.repeat(sample, Schedule.spaced(sampledEvery))))
    )
  )
}

const makeSample = (store: Store) =>
  Effect.map(Effect.makeSemaphore(1), (oneAtATime) => {
    const oldestDue = makeSeries(metrics.oldestDue, Math.max)
    const paused = makeSeries(metrics.paused, Math.max)
    const held = makeSeries(metrics.leasesHeld, (one, other) => one + other)
    const over = makeSeries(metrics.leasesOver, (one, other) => one + other)
    let sampledAt = -Infinity

    const read = Effect.gen(function*() {
      const pauses = yield* ask(() => store.pauses())
      const waits = yield* readWaits(store, pauses)
      const live = yield* ask(() => store.laneHolders({ limit: mostLeases }))
      const gone = yield* ask(() => store.laneHolders({ areOver: true, limit: mostLeases }))
      const now = yield* Clock.currentTimeMillis
      yield* oldestDue(waits)
      yield* paused(pauses.map(({ name, pausedAt, scope }) => [{ scope, name }, ageOf(pausedAt, now)]))
      yield* held(live.map(countOf))
      yield* over(gone.map(countOf))
      yield* updateMetric(metrics.gauged, now / 1000)
    })

    const sample = Effect.gen(function*() {
      const now = yield* monotonicMillis
      // Timers jitter. Without this tolerance, every second sample of a repeating sampler would come too early.
      if (now - sampledAt < Duration.toMillis(sampledEvery) - 500) return
      sampledAt = now
      yield* Effect.catchAll(read, (error) => storeUnavailable("sample gauges", error))
    })
    return guardTelemetry(oneAtATime.withPermits(1)(sample))
  })

const ask = <A>(call: () => Effect.Effect<A, StoreFailure>) => callStore("sample gauges", readMayTake, call)

/** For each lane with pending jobs, the seconds that the oldest due one has waited; 0 if none is due or it is paused. */
const readWaits = (store: Store, pauses: ReadonlyArray<Pause>) =>
  Effect.gen(function*() {
    const { turn } = yield* EventLoop
    const waits: Array<readonly [Lane, number]> = []
    let after: LaneHead | undefined
    let read = 0
    do {
      const heads: ReadonlyArray<LaneHead> = yield* ask(() => store.laneHeads({ limit: page, after }))
      const now = yield* Clock.currentTimeMillis
      for (const { availableAt, kind, queue } of heads) {
        const lane = { queue, kind }
        // Its jobs wait on purpose, and `holdfast_paused_seconds` says for how long.
        waits.push([lane, pausesOf(lane, pauses).length > 0 ? 0 : ageOf(availableAt, now)])
      }
      read += heads.length
      after = heads[page - 1]
      if (after !== undefined) yield* turn
    } while (after !== undefined && read < mostHeads)
    return waits
  })

type Lane = Readonly<Record<"queue" | "kind", string>>

const ageOf = (at: number, now: number) => Math.max(0, now - at) / 1000

const countOf = ({ jobs, kind, queue }: LaneHolder) => [{ queue, kind }, jobs] as const
