import { SqlClient } from "@effect/sql"
import { assert, describe, it } from "@effect/vitest"
import { Deferred, Effect, Either, Exit, Fiber, FiberId, Schema, Scope, Stream } from "effect"
import * as Job from "../../src/domain/Job.ts"
import { JobQueue } from "../../src/runtime/JobQueue.ts"
import type { Waiting } from "../../src/store/groupCommits.ts"
import { groupCommits } from "../../src/store/groupCommits.ts"
import { JobStore } from "../../src/store/JobStore.ts"
import { givingWayOnceAfter, inHoldfast, settled } from "../runtime/harness.ts"

const bounds = {
  idOf: (item: string) => item,
  isOfOne: (error: string) => error === "refused",
  most: 3,
  mostBytes: 100,
  sizeOf: (item: string) => item.length,
  tell: () => undefined,
  committed: () => Effect.void
}

/**
 * Transactions that are noted, each of which takes its items when its gate opens, and ends when it opens again. One with
 * "bad" in it fails, and one with "full" in it for a reason that is nobody's own.
 */
const gated = Effect.gen(function*() {
  const transactions: Array<ReadonlyArray<string>> = []
  const told: Array<unknown> = []
  const heard: Array<string> = []
  const gate = yield* Effect.makeSemaphore(0)
  const pass = gate.take(1)
  const call = yield* groupCommits(({ take }: Waiting<string>) =>
    Effect.gen(function*() {
      yield* pass
      const items = take()
      transactions.push(items)
      yield* pass
      if (items.includes("bad")) return yield* Effect.fail("refused")
      if (items.includes("full")) return yield* Effect.fail("no room")
      return items.map((item) => `${item}!`)
    }).pipe(Effect.uninterruptible), {
    ...bounds,
    tell: (items, answers, caller) => {
      told.push([items, answers])
      return Effect.withFiberRuntime((fiber) =>
        Effect.sync(() => void heard.push(`${items.join()} ${fiber === caller}`))
      )
    },
    committed: (answers) => Effect.sync(() => void told.push(answers))
  })
  return {
    call,
    transactions,
    told,
    heard,
    release: (times: number) => gate.release(times),
    open: (times: number) => Effect.zipRight(gate.release(times), settled)
  }
})

const ask = (call: (items: ReadonlyArray<string>) => Effect.Effect<ReadonlyArray<string>, string>) =>
(
  ...items: ReadonlyArray<string>
) => Effect.zipLeft(Effect.fork(Effect.either(call(items))), settled)

describe("calls that go together", () => {
  it.scoped("are one transaction for all who wait when it begins, and the next for those who came after", () =>
    Effect.gen(function*() {
      const { call, open, transactions } = yield* gated
      const one = yield* ask(call)("a", "b")
      const two = yield* ask(call)("c")
      yield* open(1)
      const three = yield* ask(call)("d")
      yield* open(3)
      assert.deepStrictEqual(transactions, [["a", "b", "c"], ["d"]])
      assert.deepStrictEqual(yield* Fiber.join(one), Either.right(["a!", "b!"]))
      assert.deepStrictEqual(yield* Fiber.join(two), Either.right(["c!"]))
      assert.deepStrictEqual(yield* Fiber.join(three), Either.right(["d!"]))
    }))

  it.scoped("are at most so many and so large, but one call goes whole", () =>
    Effect.gen(function*() {
      const { call, open, transactions } = yield* gated
      const large = "x".repeat(90)
      for (const items of [["a"], ["b", "c", "d", "e"], ["f"], [large], ["g".repeat(20)], ["h"]]) {
        yield* ask(call)(...items)
      }
      yield* open(20)
      assert.deepStrictEqual(transactions, [
        ["a"],
        ["b", "c", "d", "e"],
        ["f", large],
        ["g".repeat(20), "h"]
      ])
    }))

  it.scoped("that fail are made again one by one, and only those fail that fail by themselves", () =>
    Effect.gen(function*() {
      const { call, open, transactions } = yield* gated
      const fibers = yield* Effect.forEach(["a", "bad", "c"], (item) => ask(call)(item))
      yield* open(20)
      assert.deepStrictEqual(transactions, [["a", "bad", "c"], ["a"], ["bad"], ["c"]])
      assert.deepStrictEqual(yield* Effect.forEach(fibers, Fiber.join), [
        Either.right(["a!"]),
        Either.left("refused"),
        Either.right(["c!"])
      ])
    }))

  it.scoped("are not made again for one that was interrupted as its group failed", () =>
    Effect.gen(function*() {
      const { call, open, transactions } = yield* gated
      const one = yield* ask(call)("a")
      const two = yield* ask(call)("bad")
      yield* open(1)
      const interrupted = yield* Effect.fork(Fiber.interrupt(one))
      yield* settled
      yield* open(20)
      assert.isTrue(Exit.isInterrupted(yield* Fiber.join(interrupted)))
      assert.deepStrictEqual(yield* Fiber.join(two), Either.left("refused"))
      assert.deepStrictEqual(transactions, [["a", "bad"], ["bad"]])
    }))

  it.scoped("that name the same do not go together", () =>
    Effect.gen(function*() {
      const { call, open, transactions } = yield* gated
      for (const item of ["a", "b", "a"]) yield* ask(call)(item)
      yield* open(20)
      assert.deepStrictEqual(transactions, [["a", "b"], ["a"]])
    }))

  it.scoped("that fail for a reason that is nobody's own fail together, and are not tried again", () =>
    Effect.gen(function*() {
      const { call, open, transactions } = yield* gated
      const fibers = yield* Effect.forEach(["a", "full", "c"], (item) => ask(call)(item))
      yield* open(20)
      assert.deepStrictEqual(transactions, [["a", "full", "c"]])
      const failed = Either.left("no room")
      assert.deepStrictEqual(yield* Effect.forEach(fibers, Fiber.join), [failed, failed, failed])
    }))

  it.scoped("leave out one that is interrupted before its transaction begins", () =>
    Effect.gen(function*() {
      const { call, open, transactions } = yield* gated
      const one = yield* ask(call)("a")
      const two = yield* ask(call)("b")
      yield* Fiber.interrupt(one)
      yield* open(20)
      assert.deepStrictEqual(transactions, [["b"]])
      assert.deepStrictEqual(yield* Fiber.join(two), Either.right(["b!"]))
    }))

  it.scoped("write nothing for one that has ended, wherever in its call it was interrupted", () =>
    Effect.gen(function*() {
      for (let operations = 0; operations < 30; operations++) {
        const { call, open, transactions } = yield* gated
        const fiber = yield* Effect.fork(Effect.withScheduler(call(["a"]), givingWayOnceAfter(operations)))
        yield* Effect.yieldNow()
        fiber.unsafeInterruptAsFork(FiberId.none)
        yield* settled
        assert.isNotNull(fiber.unsafePoll(), `after ${operations} operations`)
        yield* open(20)
        assert.deepStrictEqual(transactions.flat(), [], `after ${operations} operations`)
      }
    }))

  it.scoped("carry one through that is interrupted later, which waits for the end of its transaction and leaves its answers", () =>
    Effect.gen(function*() {
      const { call, heard, open, told, transactions } = yield* gated
      const one = yield* ask(call)("a")
      yield* open(1)
      const interrupted = yield* Effect.fork(Fiber.interrupt(one))
      yield* settled
      assert.isNull(interrupted.unsafePoll())
      assert.deepStrictEqual(told, [])
      yield* open(1)
      assert.isTrue(Exit.isInterrupted(yield* Fiber.join(interrupted)))
      assert.deepStrictEqual(transactions, [["a"]])
      assert.deepStrictEqual(told, [[["a"], ["a!"]], ["a!"]])
      assert.deepStrictEqual(heard, ["a true"])
    }))

  it.scoped("are told of once in their fiber, wherever they are interrupted as they hear", () =>
    Effect.gen(function*() {
      for (let operations = 0; operations < 30; operations++) {
        for (let pauses = 0; pauses < 8; pauses++) {
          const { call, heard, open, release, transactions } = yield* gated
          const fiber = yield* Effect.fork(Effect.withScheduler(call(["a"]), givingWayOnceAfter(operations)))
          yield* Effect.yieldNow()
          yield* release(2)
          yield* Effect.repeatN(Effect.yieldNow(), pauses)
          fiber.unsafeInterruptAsFork(FiberId.none)
          yield* open(2)
          const expected = transactions.map((items) => `${items.join()} true`)
          assert.deepStrictEqual(heard, expected, `after ${operations} operations and ${pauses} pauses`)
        }
      }
    }))

  it.scoped("are told of once, also where that is when they are interrupted", () =>
    Effect.gen(function*() {
      let told = 0
      const call = yield* groupCommits(({ take }: Waiting<string>) => Effect.sync(take), {
        ...bounds,
        tell: (_, __, caller) =>
          Effect.suspend(() => {
            caller.unsafeInterruptAsFork(FiberId.none)
            return Effect.map(Effect.yieldNow(), () => void told++)
          })
      })
      const fiber = yield* ask(call)("a")
      assert.isTrue(Exit.isInterrupted(yield* Fiber.await(fiber)))
      assert.strictEqual(told, 1)
    }))

  it.scoped("are told of one by one, each in its fiber, and then of all", () =>
    Effect.gen(function*() {
      const { call, heard, open, told } = yield* gated
      const one = yield* ask(call)("a", "b")
      const two = yield* ask(call)("bad")
      const three = yield* ask(call)("c")
      yield* open(8)
      yield* Fiber.joinAll([one, two, three])
      assert.deepStrictEqual(told, [[["a", "b"], ["a!", "b!"]], ["a!", "b!"], [["c"], ["c!"]], ["c!"]])
      assert.deepStrictEqual(heard, ["a,b true", "c true"])
    }))

  it.scoped("that were taken and wait again are written together with those who came meanwhile, but not where they were interrupted", () =>
    Effect.gen(function*() {
      const transactions: Array<readonly [isOne: boolean, items: ReadonlyArray<string>]> = []
      const gate = yield* Effect.makeSemaphore(0)
      const call = yield* groupCommits(({ isOne, take, takeBack }: Waiting<string>) =>
        Effect.gen(function*() {
          yield* gate.take(1)
          transactions.push([isOne, take()])
          yield* gate.take(1)
          takeBack()
          const items = take()
          transactions.push([isOne, items])
          return items
        }), bounds)
      const one = yield* ask(call)("a")
      yield* Effect.zipRight(gate.release(1), settled)
      const two = yield* ask(call)("b")
      const interrupted = yield* Effect.fork(Fiber.interrupt(one))
      yield* settled
      yield* Effect.zipRight(gate.release(1), settled)
      assert.isTrue(Exit.isInterrupted(yield* Fiber.join(interrupted)))
      assert.deepStrictEqual(yield* Fiber.join(two), Either.right(["b"]))
      assert.deepStrictEqual(transactions, [[true, ["a"]], [true, ["b"]]])
    }))

  it.scoped("that throw are a defect of their own, and the next are made", () =>
    Effect.gen(function*() {
      let isFirst = true
      const call = yield* groupCommits(
        ({ take }: Waiting<string>): Effect.Effect<ReadonlyArray<string>, string> => {
          if (!isFirst) return Effect.sync(take)
          isFirst = false
          throw new Error("a bug")
        },
        bounds
      )
      assert.isTrue(Exit.isFailure(yield* Effect.exit(call(["a"]))))
      assert.deepStrictEqual(yield* call(["b"]), ["b"])
    }))

  it.scoped("whose transaction does not begin fail with it, if they have waited since it was to", () =>
    Effect.gen(function*() {
      const begun = yield* Deferred.make<never, string>()
      let isFirst = true
      const call = yield* groupCommits(({ take }: Waiting<string>) => {
        const before = isFirst ? Deferred.await(begun) : Effect.void
        isFirst = false
        return Effect.map(before, () => take())
      }, bounds)
      const one = yield* ask(call)("a")
      const two = yield* ask(call)("b")
      yield* Deferred.fail(begun, "locked")
      assert.deepStrictEqual(yield* Fiber.join(one), Either.left("locked"))
      assert.deepStrictEqual(yield* Fiber.join(two), Either.right(["b"]))
    }))

  it.effect("are answered wherever their caller has given way", () =>
    Effect.gen(function*() {
      for (let operations = 0; operations < 200; operations++) {
        const asked = Effect.gen(function*() {
          const call = yield* groupCommits(({ take }: Waiting<string>) => Effect.sync(take), bounds)
          return yield* ask(call)("a")
        })
        const answers = yield* asked.pipe(
          Effect.flatMap((asked) => Effect.sync(() => asked.unsafePoll())),
          Effect.scoped,
          Effect.withScheduler(givingWayOnceAfter(operations))
        )
        assert.deepStrictEqual(answers, Exit.succeed(Either.right(["a"])), `after ${operations} operations`)
      }
    }))

  it.effect("end with their scope, which interrupts those that are not written", () =>
    Effect.gen(function*() {
      const scope = yield* Scope.make()
      const { call, open, transactions } = yield* Scope.extend(gated, scope)
      const one = yield* ask(call)("a")
      yield* open(1)
      const two = yield* ask(call)("b")
      const closed = yield* Effect.fork(Scope.close(scope, Exit.void))
      yield* settled
      assert.isNull(closed.unsafePoll())
      yield* open(1)
      yield* Fiber.join(closed)
      assert.isTrue(Exit.isInterrupted(yield* Fiber.await(one)))
      assert.isTrue(Exit.isInterrupted(yield* Fiber.await(two)))
      assert.deepStrictEqual(transactions, [["a"]])
      // What comes later is not kept waiting for turns that are over.
      const late = yield* ask(call)("c")
      yield* open(2)
      assert.deepStrictEqual(yield* Fiber.join(late), Either.right(["c!"]))
    }))
})

const Task = Job.make("groupCommits.task", { payload: Schema.Number })

describe("enqueues of several fibers", () => {
  it.effect("are each answered for themselves, and one that is refused takes no other with it", () =>
    Effect.gen(function*() {
      const { id } = yield* JobQueue.enqueue(Task, 0)
      const asked = [
        { payload: 1 },
        { payload: 2, id },
        { payload: 3, uniqueKey: "k" },
        { payload: 4, uniqueKey: "k" },
        { payload: 5 }
      ]
      const answers = yield* Effect.forEach(
        asked,
        ({ payload, ...options }) => Effect.either(JobQueue.enqueue(Task, payload, options)),
        { concurrency: "unbounded" }
      )
      assert.deepStrictEqual(
        answers.map((answer) => Either.isLeft(answer) ? answer.left._tag : answer.right.outcome),
        ["enqueued", "JobIdConflict", "enqueued", "kept", "enqueued"]
      )
      const { jobs } = yield* JobQueue.list({})
      assert.deepStrictEqual(jobs.map(({ payload }) => payload), [5, 3, 1, 0])
    }).pipe(inHoldfast()))

  it.scoped("are told of once and wake workers once when they are written, also where their caller was interrupted meanwhile", () =>
    Effect.gen(function*() {
      const told: Array<string> = []
      let wakes = 0
      const { signals } = yield* JobStore
      yield* signals.listen({ wake: Effect.sync(() => void wakes++), cancel: () => Effect.void })
      yield* Effect.forkScoped(
        Stream.runForEach(JobQueue.events, (event) =>
          Effect.sync(() => {
            if (event._tag === "Enqueued") told.push(...event.jobIds)
          }))
      )
      yield* settled
      let unheard = 0
      for (let operations = 0; operations < 250; operations++) {
        const fiber = yield* Effect.fork(
          Effect.withScheduler(JobQueue.enqueue(Task, operations), givingWayOnceAfter(operations))
        )
        yield* Effect.yieldNow()
        fiber.unsafeInterruptAsFork(FiberId.none)
        const exit = yield* Fiber.await(fiber)
        yield* settled
        const { jobs } = yield* JobQueue.list({})
        if (Exit.isInterrupted(exit) && jobs.length > 0) unheard++
        assert.deepStrictEqual(told, jobs.map(({ id }) => id), `after ${operations} operations`)
        assert.strictEqual(wakes, jobs.length, `after ${operations} operations`)
        yield* Effect.flatMap(SqlClient.SqlClient, (sql) => sql`DELETE FROM holdfast_jobs`)
        told.length = wakes = 0
      }
      assert.isAbove(unheard, 0)
    }).pipe(inHoldfast()))
})
