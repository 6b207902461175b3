import { assert, describe, it } from "@effect/vitest"
import { Clock, Deferred, Duration, Effect, Layer, Metric, Option, Schema, TestClock } from "effect"
import * as Job from "../../src/domain/Job.ts"
import { LoopDelay } from "../../src/platform/LoopDelay.ts"
import { metrics } from "../../src/runtime/telemetry/metrics.ts"
import { JobQueue } from "../../src/runtime/JobQueue.ts"
import { JobStore } from "../../src/store/JobStore.ts"
import { LoopWatch, makeLoopWatch } from "../../src/runtime/telemetry/LoopWatch.ts"
import { stood } from "../../src/runtime/telemetry/words.ts"
import * as Worker from "../../src/runtime/Worker.ts"
import { calm, inHoldfast, linesSaying, Logs, settled } from "./harness.ts"

const Computing = Job.make("loopDelay.computing", { payload: Schema.Void, leaseFor: "4 seconds" })
const Innocent = Job.make("loopDelay.innocent", { payload: Schema.Void, leaseFor: "8 seconds" })

const Handlers = Layer.merge(Computing.toLayer(() => Effect.never), Innocent.toLayer(() => Effect.never))

/**
 * The event loop of a process, which stands when it is told to: time goes on
 * meanwhile, no timer goes off, and those that were due do so afterwards.
 */
const makeLoop = Effect.map(Effect.clock, (clock) => {
  const watching = new Set<(late: number, computed: number) => void>()
  let stood = 0
  let overdue = 0
  /** The part of a processor that the process uses meanwhile. */
  let busy = 1
  const wall = () => clock.unsafeCurrentTimeMillis() + stood
  const nanos = () => clock.unsafeCurrentTimeNanos() + BigInt(stood) * 1_000_000n
  const slow: Clock.Clock = {
    [Clock.ClockTypeId]: Clock.ClockTypeId,
    unsafeCurrentTimeMillis: wall,
    unsafeCurrentTimeNanos: nanos,
    currentTimeMillis: Effect.sync(wall),
    currentTimeNanos: Effect.sync(nanos),
    sleep: (duration) => clock.sleep(duration)
  }
  const delay = LoopDelay.of({
    watch: (tell) =>
      Effect.asVoid(
        Effect.acquireRelease(Effect.sync(() => watching.add(tell)), () => Effect.sync(() => watching.delete(tell)))
      ),
    overdue: () => overdue,
    computed: () => overdue * busy
  })
  const watch = makeLoopWatch()
  return {
    /** Has stood for so long; whoever watches is not told yet. */
    stands: (duration: Duration.DurationInput) =>
      Effect.sync(() => {
        overdue = Duration.toMillis(duration)
        stood += overdue
      }),
    /** The process does this much from now on while the loop stands. */
    uses: (part: number) => Effect.sync(() => void (busy = part)),
    /** Whoever watches is told. */
    tells: Effect.zipRight(
      Effect.sync(() => {
        for (const tell of watching) tell(overdue, overdue * busy)
        overdue = 0
      }),
      settled
    ),
    within: <A, E, R>(effect: Effect.Effect<A, E, R>) =>
      effect.pipe(
        Effect.provideService(LoopDelay, delay),
        Effect.provideService(LoopWatch, watch),
        Effect.withClock(slow)
      ),
    watch,
    watchers: () => watching.size
  }
})

/** A process on such a loop, whose worker runs a job of each of these kinds. */
const running = (...kinds: ReadonlyArray<typeof Computing | typeof Innocent>) =>
  Effect.gen(function*() {
    const loop = yield* makeLoop
    const worker = yield* Effect.forkScoped(
      loop.within(Worker.run({ ...calm, jobs: [Computing, Innocent], heartbeatInterval: "1 second" }))
    )
    yield* settled
    for (const kind of kinds) yield* JobQueue.enqueue(kind, undefined)
    yield* settled
    return { ...loop, worker }
  })

const warned = Effect.map(
  Logs,
  (lines) => lines.filter(({ message }) => message.startsWith("The event loop was blocked"))
)

describe("a lease that a blocked event loop has cost", () => {
  it.effect("says for how long the loop stood, and which kinds ran then", () =>
    Effect.gen(function*() {
      const { stands, tells } = yield* running(Computing, Innocent)
      yield* stands("9.8 seconds")
      // Its timers come due, in whichever order.
      yield* TestClock.adjust("1 second")
      yield* tells
      const because = "The event loop was blocked for 9.8 s, "
        + "while these kinds ran: loopDelay.computing, loopDelay.innocent"
      for (const message of ["Stopping the handler", "Lease lost, the attempt's outcome is not written"]) {
        const lines = yield* linesSaying(message)
        const told = lines.map(({ annotations }) => [annotations["kind"], annotations["because"]])
        assert.sameDeepMembers(told, [
          ["loopDelay.computing", because],
          ["loopDelay.innocent", because]
        ])
      }
    }).pipe(inHoldfast(Handlers)))

  it.effect("says so where the delay was told before", () =>
    Effect.gen(function*() {
      const { stands, tells } = yield* running(Computing)
      yield* stands("9.8 seconds")
      yield* tells
      yield* TestClock.adjust("1 second")
      const [line] = yield* linesSaying("Stopping the handler")
      assert.include(String(line?.annotations["because"]), "for 9.8 s, while these kinds ran: loopDelay.computing")
    }).pipe(inHoldfast(Handlers)))

  it.effect("tells a process that was stopped from one that computed, by its CPU time", () =>
    Effect.gen(function*() {
      const { stands, uses, watch, within } = yield* running(Computing)
      const said = Effect.map(within(watch.blame(4000)), Option.match({ onNone: () => "nothing", onSome: stood }))
      const expected: ReadonlyArray<readonly [part: number, text: string]> = [
        [0.5, "The event loop was blocked for 3.0 s"],
        [0.49, "The event loop was blocked, or the process stopped, for 3.0 s"],
        [0.1, "The process was stopped, or waited in a synchronous call, for 3.0 s"]
      ]
      yield* stands("3 seconds")
      for (const [part, text] of expected) {
        yield* uses(part)
        assert.strictEqual(yield* said, text)
      }
    }).pipe(inHoldfast(Handlers)))

  it.effect("does not blame what stood longer ago than a lease lasts, nor what is too short to matter", () =>
    Effect.gen(function*() {
      const { stands, tells, watch, within } = yield* running(Computing)
      const blame = within(watch.blame(4000))
      yield* stands(499)
      yield* tells
      assert.isTrue((yield* blame)._tag === "None")
      yield* stands(500)
      yield* tells
      assert.isTrue((yield* blame)._tag === "Some")
      yield* TestClock.adjust(3999)
      assert.isTrue((yield* blame)._tag === "Some")
      yield* TestClock.adjust(1)
      assert.isTrue((yield* blame)._tag === "None")
    }).pipe(inHoldfast(Handlers)))
})

describe("a process whose event loop stands", () => {
  it.effect("warns before that costs a lease, from an eighth of the shortest on, and names the kinds that ran", () =>
    Effect.gen(function*() {
      const { stands, tells } = yield* running(Innocent)
      yield* stands(499)
      yield* tells
      assert.deepStrictEqual(yield* warned, [])
      yield* stands(600)
      yield* tells
      const [line] = yield* warned
      assert.strictEqual(
        line?.message,
        "The event loop was blocked for 0.6 s: "
          + "no heartbeat is sent meanwhile, and from 1.0 s on it can cost a lease"
      )
      assert.strictEqual(line?.level, "WARN")
      assert.strictEqual(line?.annotations["kinds"], "loopDelay.innocent")
      yield* TestClock.adjust("1 minute")
      assert.deepStrictEqual(yield* linesSaying("Stopping the handler"), [])
    }).pipe(inHoldfast(Handlers)))

  it.effect("says that a thread extends the leases only while there is one", () =>
    Effect.gen(function*() {
      const loop = yield* makeLoop
      const store = yield* JobStore
      let runs = true
      const leaseKeeper = { isRunning: () => runs, open: () => Effect.succeed({ keep: () => undefined }) }
      yield* Effect.forkScoped(
        loop.within(Worker.run({ ...calm, jobs: [Innocent], heartbeatInterval: "1 second" })).pipe(
          Effect.provideService(JobStore, { ...store, leaseKeeper })
        )
      )
      yield* settled
      yield* loop.stands("1 second")
      yield* loop.tells
      runs = false
      yield* loop.stands("2 seconds")
      yield* loop.tells
      assert.deepStrictEqual((yield* warned).map(({ message }) => message.replace(/.* meanwhile, /, "")), [
        "and a thread extends the leases",
        "and from 2.0 s on it can cost a lease"
      ])
    }).pipe(inHoldfast(Handlers)))

  it.effect("warns once, however often it stands and however many workers it has, and again where it stands twice as long", () =>
    Effect.gen(function*() {
      const { stands, tells, within } = yield* running(Innocent)
      yield* Effect.forkScoped(within(Worker.run({ ...calm, jobs: [Innocent], heartbeatInterval: "1 second" })))
      yield* settled
      for (const millis of [600, 700, 1199, 600]) {
        yield* stands(millis)
        yield* tells
        yield* TestClock.adjust("10 seconds")
      }
      assert.strictEqual((yield* warned).length, 1)
      yield* stands(1200)
      yield* tells
      assert.strictEqual((yield* warned).length, 2)
    }).pipe(inHoldfast(Handlers)))

  it.effect("goes on warning when the worker ends that did", () =>
    Effect.gen(function*() {
      const { stands, tells, watchers, within, worker } = yield* running()
      yield* Effect.forkScoped(within(Worker.run({ ...calm, jobs: [Innocent], heartbeatInterval: "1 second" })))
      yield* settled
      yield* worker.interruptAsFork(worker.id())
      yield* settled
      assert.strictEqual(watchers(), 1)
      yield* stands(1000)
      yield* tells
      assert.deepStrictEqual((yield* warned).map(({ message }) => / from .* on /.exec(message)?.[0]), [
        " from 2.0 s on "
      ])
    }).pipe(inHoldfast(Handlers)))

  it.effect("warns at 3.75 s under long leases, which are 30 s while a worker drains", () =>
    Effect.gen(function*() {
      const loop = yield* makeLoop
      const Long = Job.make("loopDelay.long", { payload: Schema.Void })
      yield* Effect.forkScoped(
        Effect.provide(loop.within(Worker.run({ ...calm, jobs: [Long] })), Long.toLayer(() => Effect.void))
      )
      yield* settled
      yield* loop.stands(3749)
      yield* loop.tells
      assert.deepStrictEqual(yield* warned, [])
      yield* loop.stands(3750)
      yield* loop.tells
      assert.strictEqual((yield* warned).length, 1)
    }).pipe(inHoldfast()))

  it.effect("names a kind that has ended between the block and the look at the loop", () =>
    Effect.gen(function*() {
      const loop = yield* makeLoop
      const Quick = Job.make("loopDelay.quick", { payload: Schema.Void, leaseFor: "4 seconds" })
      yield* Effect.forkScoped(
        Effect.provide(
          loop.within(Worker.run({ ...calm, jobs: [Quick], heartbeatInterval: "1 second" })),
          Quick.toLayer(() => loop.stands("1 second"))
        )
      )
      yield* settled
      yield* JobQueue.enqueue(Quick, undefined)
      yield* settled
      assert.strictEqual((yield* linesSaying("Job succeeded")).length, 1)
      yield* loop.tells
      assert.deepStrictEqual((yield* warned).map(({ annotations }) => annotations["kinds"]), ["loopDelay.quick"])
      // Later it has nothing to do with it any more.
      yield* TestClock.adjust("10 seconds")
      yield* loop.stands("2 seconds")
      yield* loop.tells
      assert.deepStrictEqual((yield* warned)[1]?.annotations["kinds"], "none")
    }).pipe(inHoldfast()))

  it.effect("names a kind of which one job has ended long ago and another runs", () =>
    Effect.gen(function*() {
      const { stands, tells, watch } = yield* running()
      watch.began("twice")
      watch.began("twice")
      watch.ended("twice", 0)
      yield* TestClock.adjust("1 minute")
      yield* stands("1 second")
      yield* tells
      assert.deepStrictEqual((yield* warned).map(({ annotations }) => annotations["kinds"]), ["twice"])
    }).pipe(inHoldfast(Handlers)))

  it.effect("names ten of many kinds", () =>
    Effect.gen(function*() {
      const { stands, tells, watch } = yield* running()
      for (let n = 0; n < 12; n++) watch.began(`kind-${String.fromCharCode(97 + n)}`)
      yield* stands("1 second")
      yield* tells
      assert.deepStrictEqual((yield* warned).map(({ annotations }) => annotations["kinds"]), [
        "kind-a, kind-b, kind-c, kind-d, kind-e, kind-f, kind-g, kind-h, kind-i, kind-j and 2 more"
      ])
    }).pipe(inHoldfast(Handlers)))
})

describe("the gauge of the event loop's delay", () => {
  const gauged = Effect.map(Metric.value(metrics.loopDelay), ({ value }) => value)

  it.effect("shows the longest of the last minute or two", () =>
    Effect.gen(function*() {
      const { stands, tells } = yield* running()
      const pass = (seconds: number) =>
        Effect.repeatN(Effect.zipRight(TestClock.adjust("1 second"), tells), seconds - 1)
      yield* pass(6)
      assert.strictEqual(yield* gauged, 0)
      yield* stands(250)
      yield* tells
      assert.strictEqual(yield* gauged, 0.25)
      yield* stands(90)
      yield* tells
      yield* pass(59)
      assert.strictEqual(yield* gauged, 0.25)
      yield* pass(70)
      assert.strictEqual(yield* gauged, 0)
    }).pipe(inHoldfast(Handlers)))
})

describe("the real event loop", () => {
  it.live("that a handler blocks costs a neighbour its lease, and both logs say why", () =>
    Effect.gen(function*() {
      const Blocking = Job.make("loopDelay.blocking", { payload: Schema.Void, leaseFor: "1 minute" })
      const Neighbour = Job.make("loopDelay.neighbour", { payload: Schema.Void, leaseFor: "800 millis" })
      const started = yield* Deferred.make<void>()
      yield* Worker.run({ ...calm, jobs: [Blocking, Neighbour], heartbeatInterval: "100 millis" }).pipe(
        Effect.provide(Layer.merge(
          Blocking.toLayer(() => Effect.sync(() => blocks(1500))),
          Neighbour.toLayer(() => Effect.zipRight(Deferred.succeed(started, undefined), Effect.never))
        )),
        Effect.provideService(LoopWatch, makeLoopWatch()),
        Effect.forkScoped
      )
      yield* JobQueue.enqueue(Neighbour, undefined)
      yield* Deferred.await(started)
      yield* JobQueue.enqueue(Blocking, undefined)
      const [stopping] = yield* Effect.repeat(Effect.delay(linesSaying("Stopping the handler"), "10 millis"), {
        until: (lines) => lines.length > 0
      })
      assert.strictEqual(stopping?.annotations["kind"], "loopDelay.neighbour")
      assert.match(
        String(stopping?.annotations["because"]),
        /^The event loop was blocked(?:, or the process stopped,)? for \d+\.\d s, while these kinds ran: loopDelay\.blocking, loopDelay\.neighbour$/
      )
      const lines = yield* Effect.repeat(Effect.delay(warned, "10 millis"), {
        until: (lines) => lines.some(({ annotations }) => String(annotations["kinds"]).includes("loopDelay.blocking"))
      })
      assert.isAtLeast(Math.max(...lines.map(({ message }) => Number(/for (\d+\.\d) s/.exec(message)?.[1]))), 1.3)
    }).pipe(inHoldfast()))
})

/** As a handler does that computes. */
const blocks = (millis: number) => {
  const until = performance.now() + millis
  while (performance.now() < until);
}
