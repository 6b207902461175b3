import { assert, describe, it } from "@effect/vitest"
import { Deferred, Effect, Fiber, Option, Schema, TestClock } from "effect"
import * as Job from "../../src/domain/Job.ts"
import type { SignalOptions } from "../../src/runtime/worker/handleSignals.ts"
import { handleSignals } from "../../src/runtime/worker/handleSignals.ts"
import { JobQueue } from "../../src/runtime/JobQueue.ts"
import { makeProcessEnd, ProcessEnd } from "../../src/runtime/worker/ProcessEnd.ts"
import * as Worker from "../../src/runtime/Worker.ts"
import { calm, inHoldfast, linesSaying, settled } from "./harness.ts"

const Task = Job.make("signals.task", { payload: Schema.Void })

type Ending = "SIGINT" | "SIGTERM" | "SIGHUP"
const endings = ["SIGINT", "SIGTERM", "SIGHUP"] as const

/** The listeners of this process for the signals that end it. */
const listeners = () => endings.flatMap((signal) => process.listeners(signal))

/** Its listeners for anything at all. */
const everyListener = () => process.eventNames().flatMap((name) => process.rawListeners(name))

/** What the process was asked to exit with. It does not. */
const noExit = Effect.acquireRelease(
  Effect.sync(() => {
    const exit = process.exit.bind(process)
    const codes: Array<unknown> = []
    process.exit = ((code: unknown) => void codes.push(code)) as typeof process.exit
    return { codes, restore: () => void (process.exit = exit) }
  }),
  ({ restore }) => Effect.sync(restore)
)

/** A worker that runs a job, whose grace is 25 s, in a process that handles signals. */
const running = (options?: SignalOptions) =>
  Effect.gen(function*() {
    const { codes } = yield* noExit
    const before = listeners()
    const worker = yield* Effect.acquireRelease(
      Effect.forkDaemon(
        Effect.interruptible(Worker.run({ ...calm, jobs: [Task], shutdownGrace: "25 seconds" })).pipe(
          handleSignals(options)
        )
      ),
      (worker) => Effect.zipRight(Fiber.interruptFork(worker), TestClock.adjust("1 minute"))
    )
    yield* settled
    const { id } = yield* JobQueue.enqueue(Task, undefined)
    yield* settled
    const signal = (signal: Ending) =>
      Effect.zipRight(
        Effect.sync(() => {
          // Only those of ours, as the test runner may have its own.
          for (const listener of process.listeners(signal)) if (!before.includes(listener)) listener(signal)
        }),
        settled
      )
    return {
      codes,
      before,
      signal,
      job: JobQueue.get(id),
      hasEnded: Effect.map(Fiber.poll(worker), Option.isSome)
    }
  }).pipe(Effect.provideService(ProcessEnd, makeProcessEnd()))

const forever = Task.toLayer(() => Effect.never)
const stubborn = Task.toLayer(() => Effect.uninterruptible(Effect.never))

describe("the first signal", () => {
  it.effect("has workers drain, although nobody has interrupted them", () =>
    Effect.gen(function*() {
      const { hasEnded, job, signal } = yield* running()
      yield* TestClock.adjust("7 seconds")
      yield* signal("SIGINT")
      assert.strictEqual((yield* job).lockedUntil, 37_000)
      const { id } = yield* JobQueue.enqueue(Task, undefined)
      yield* TestClock.adjust("2 seconds")
      assert.strictEqual((yield* JobQueue.get(id)).attempts, 0)
      assert.isFalse(yield* hasEnded)
      yield* TestClock.adjust("1 second")
      assert.strictEqual((yield* job).status, "succeeded")
      assert.isTrue(yield* hasEnded)
    }).pipe(inHoldfast(Task.toLayer(() => Effect.sleep("10 seconds")))))

  it.effect("leaves running jobs the grace, then has them handed back", () =>
    Effect.gen(function*() {
      const { hasEnded, job, signal } = yield* running()
      yield* signal("SIGTERM")
      yield* TestClock.adjust(24_999)
      assert.strictEqual((yield* job).status, "running")
      yield* TestClock.adjust(1)
      assert.strictEqual((yield* job).status, "pending")
      assert.isTrue(yield* hasEnded)
    }).pipe(inHoldfast(forever)))

  it.effect("is a SIGTERM to the rest of the program when it is a SIGHUP", () =>
    Effect.gen(function*() {
      const { hasEnded, signal } = yield* running()
      const heard: Array<string> = []
      const hear = (signal: string) => void heard.push(signal)
      yield* Effect.acquireUseRelease(
        Effect.sync(() => process.on("SIGTERM", hear)),
        () => signal("SIGHUP"),
        () => Effect.sync(() => process.removeListener("SIGTERM", hear))
      )
      assert.deepStrictEqual(heard, ["SIGTERM"])
      assert.isFalse(yield* hasEnded)
      yield* TestClock.adjust("25 seconds")
      assert.isTrue(yield* hasEnded)
    }).pipe(inHoldfast(forever)))

  it.effect("has a worker end at once that starts only after it", () =>
    Effect.gen(function*() {
      const started = yield* Deferred.make<void>()
      const before = listeners()
      const worker = yield* Deferred.await(started).pipe(
        Effect.zipRight(Worker.run({ ...calm, jobs: [Task] })),
        handleSignals(),
        Effect.fork
      )
      yield* settled
      process.listeners("SIGINT").find((listener) => !before.includes(listener))?.("SIGINT")
      yield* Deferred.succeed(started, undefined)
      yield* settled
      assert.isTrue(Option.isSome(yield* Fiber.poll(worker)))
    }).pipe(Effect.provideService(ProcessEnd, makeProcessEnd()), inHoldfast(forever)))
})

describe("the second signal", () => {
  it.effect("hands running jobs back at once, and counts from half a second after the first", () =>
    Effect.gen(function*() {
      const { hasEnded, job, signal } = yield* running()
      yield* signal("SIGINT")
      yield* TestClock.adjust(499)
      yield* signal("SIGTERM")
      assert.strictEqual((yield* job).status, "running")
      yield* TestClock.adjust(1)
      yield* signal("SIGINT")
      const { availableAt, failures, status } = yield* job
      assert.deepStrictEqual([status, availableAt, failures], ["pending", 500, 0])
      assert.isTrue(yield* hasEnded)
      assert.strictEqual(
        (yield* linesSaying("Told to end again by SIGINT; running jobs are handed back")).length,
        1
      )
    }).pipe(inHoldfast(forever)))

  it.effect("ends the wait for a handler that does not stop ten seconds later", () =>
    Effect.gen(function*() {
      const { codes, hasEnded, signal } = yield* running()
      yield* signal("SIGINT")
      yield* TestClock.adjust("1 second")
      yield* signal("SIGINT")
      yield* TestClock.adjust(9999)
      assert.isFalse(yield* hasEnded)
      yield* TestClock.adjust(1)
      assert.isTrue(yield* hasEnded)
      assert.deepStrictEqual(codes, [])
    }).pipe(inHoldfast(stubborn)))
})

describe("the third signal", () => {
  for (const [ending, code] of [["SIGINT", 130], ["SIGTERM", 143], ["SIGHUP", 129]] as const) {
    it.effect(`exits with ${code} when it is a ${ending}, names what still runs, and leaves it locked for 5 s`, () =>
      Effect.gen(function*() {
        const { codes, job, signal } = yield* running()
        yield* signal("SIGINT")
        yield* TestClock.adjust("1 second")
        yield* signal("SIGINT")
        yield* TestClock.adjust(499)
        yield* signal(ending)
        assert.deepStrictEqual(codes, [])
        yield* TestClock.adjust(1)
        yield* signal(ending)
        assert.deepStrictEqual(codes, [code])
        const [line] = yield* linesSaying("The job does not stop and is left behind; its lease will run out")
        assert.strictEqual(line?.annotations["jobId"], (yield* job).id)
        const { lockedUntil, status } = yield* job
        assert.deepStrictEqual([status, lockedUntil], ["running", 6500])
      }).pipe(inHoldfast(stubborn)))
  }
})

describe("a process that is to exit so long after the grace", () => {
  it.effect("does with 1, when a handler does not stop", () =>
    Effect.gen(function*() {
      const { codes, signal } = yield* running({ exitAfterGrace: "5 seconds" })
      yield* signal("SIGTERM")
      yield* TestClock.adjust(29_999)
      assert.deepStrictEqual(codes, [])
      yield* TestClock.adjust(1)
      assert.deepStrictEqual(codes, [1])
      assert.strictEqual(
        (yield* linesSaying("The job does not stop and is left behind; its lease will run out")).length,
        1
      )
    }).pipe(inHoldfast(stubborn)))

  it.effect("does so long after a second signal, which ends the grace", () =>
    Effect.gen(function*() {
      const { codes, signal } = yield* running({ exitAfterGrace: "5 seconds" })
      yield* signal("SIGTERM")
      yield* TestClock.adjust("1 second")
      yield* signal("SIGTERM")
      yield* TestClock.adjust(4999)
      assert.deepStrictEqual(codes, [])
      yield* TestClock.adjust(1)
      assert.deepStrictEqual(codes, [1])
      yield* TestClock.adjust("1 minute")
      assert.deepStrictEqual(codes, [1])
    }).pipe(inHoldfast(stubborn)))

  it.effect("does not when its program has ended before", () =>
    Effect.gen(function*() {
      const { codes, hasEnded, signal } = yield* running({ exitAfterGrace: "5 seconds" })
      yield* signal("SIGTERM")
      yield* TestClock.adjust("25 seconds")
      assert.isTrue(yield* hasEnded)
      yield* TestClock.adjust("1 minute")
      assert.deepStrictEqual(codes, [])
    }).pipe(inHoldfast(forever)))

  it.effect("is refused a span that is none, by name", () =>
    Effect.gen(function*() {
      const error = yield* Effect.flip(Effect.void.pipe(handleSignals({ exitAfterGrace: -1 })))
      assert.include(error.message, "exitAfterGrace: got -1; expected a duration from 0 ms to 24 days")
    }))
})

describe("listening", () => {
  it.effect("ends with the program, and nothing else of Holdfast listens to anything of the process", () =>
    Effect.gen(function*() {
      const before = everyListener()
      yield* Effect.scoped(Effect.gen(function*() {
        yield* Effect.forkScoped(Worker.run({ ...calm, jobs: [Task] }))
        yield* settled
        assert.deepStrictEqual(everyListener(), before)
      }))
      yield* Effect.sync(() => assert.strictEqual(everyListener().length, before.length + 4)).pipe(handleSignals())
      assert.deepStrictEqual(everyListener(), before)
    }).pipe(inHoldfast(forever)))
})
