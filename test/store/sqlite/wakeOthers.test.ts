import { SqlClient } from "@effect/sql"
import { assert, describe, it } from "@effect/vitest"
import { Context, Effect, Fiber, Layer, Logger, Option, Queue } from "effect"
import { Job, JobQueue } from "holdfast"
import { SqliteStore } from "holdfast/sqlite"
import { chmodSync, existsSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { JobStore } from "../../../src/store/JobStore.ts"
import { ProcessSignals } from "../../../src/store/sqlite/processSignals.ts"
import type { WakeFile } from "../../../src/store/sqlite/wakeFile.ts"
import { WakeFiles } from "../../../src/store/sqlite/wakeFile.ts"
import { temporaryFolder } from "./temporaryFolder.ts"

const Task = Job.make("wakeOthers.task")

/** A store as a process of its own has it, until the scope closes: what happens in it reaches others through files alone. */
const aProcess = (filename: string, wakeFiles?: (database: string) => Option.Option<WakeFile>) =>
  Effect.gen(function*() {
    const context = yield* Layer.build(
      JobQueue.layer.pipe(Layer.provideMerge(SqliteStore.layer({ filename })), Layer.fresh)
    )
    const { enqueue } = Context.get(context, JobQueue)
    const store = Context.get(context, JobStore)
    const { signals } = store
    const listen = Effect.gen(function*() {
      const heard = yield* Queue.unbounded<void>()
      yield* signals.listen({ wake: heard.offer(undefined), cancel: () => Effect.void })
      return heard
    })
    return { store, enqueue: enqueue(Task), listen, sql: Context.get(context, SqlClient.SqlClient) }
  }).pipe(
    Effect.provideService(ProcessSignals, new Map()),
    (self) => wakeFiles === undefined ? self : Effect.provideService(self, WakeFiles, wakeFiles)
  )

const inAFolder = Effect.map(temporaryFolder, (folder) => join(folder, "jobs.db"))

/** A wake file in memory, which is also touched by hand: how often a store has touched it, and how many watch it. */
const inMemory = () => {
  const listeners = new Set<Parameters<WakeFile["watch"]>[0]>()
  const seen = {
    touches: 0,
    get watchers() {
      return listeners.size
    }
  }
  const file: WakeFile = {
    touch: () => void seen.touches++,
    watch: (listener) => {
      listeners.add(listener)
      return { close: () => void listeners.delete(listener) }
    }
  }
  const touch = Effect.sync(() => listeners.forEach(({ hear }) => hear()))
  return { files: () => Option.some(file), touch, seen }
}

/** Lets all happen that waits for nothing but the event loop. */
const settled = Effect.repeatN(Effect.promise(() => new Promise<void>((resolve) => void setImmediate(resolve))), 20)

/** Runs an effect, and answers the messages that it logs. */
const messagesOf = <A, E, R>(effect: Effect.Effect<A, E, R>) =>
  Effect.suspend(() => {
    const messages: Array<unknown> = []
    const logger = Logger.make(({ message }) => void messages.push(message))
    return Effect.as(Effect.provide(effect, Logger.replace(Logger.defaultLogger, logger)), messages)
  })

describe("stores of several processes on one database file", () => {
  it.scoped("wake each other's workers, and each its own", () =>
    Effect.gen(function*() {
      const filename = yield* inAFolder
      const one = yield* aProcess(filename)
      const other = yield* aProcess(filename)
      const heardByOne = yield* one.listen
      const heardByOther = yield* other.listen
      yield* one.enqueue
      yield* heardByOther
      yield* other.enqueue
      yield* Queue.takeN(heardByOne, 2)
      yield* heardByOther
    }))

  it.scoped("look only where another connection has committed", () =>
    Effect.gen(function*() {
      const filename = yield* inAFolder
      const { files, touch } = inMemory()
      const one = yield* aProcess(filename, files)
      const other = yield* aProcess(filename)
      const heard = yield* one.listen
      yield* one.enqueue
      yield* heard
      // The first touch is always followed by a look.
      yield* touch
      yield* heard
      yield* touch
      yield* settled
      assert.strictEqual(yield* Queue.size(heard), 0)
      yield* other.enqueue
      yield* touch
      yield* heard
      yield* touch
      yield* settled
      assert.strictEqual(yield* Queue.size(heard), 0)
    }))

  it.scoped("watch no longer than they listen, also where that was interrupted or could not be", () =>
    Effect.gen(function*() {
      const { files, seen } = inMemory()
      const filename = yield* inAFolder
      const { listen, sql } = yield* aProcess(filename, files)
      yield* Effect.scoped(Effect.uninterruptible(listen))
      assert.strictEqual(seen.watchers, 0)
      // With the connection taken, whatever waits for it is interrupted there.
      yield* sql.withTransaction(Effect.gen(function*() {
        const listening = yield* Effect.fork(Effect.scoped(Effect.zipRight(listen, Effect.never)))
        yield* settled
        yield* Fiber.interrupt(listening)
      }))
      assert.strictEqual(seen.watchers, 0)
    }))

  it.scoped("are heard again after the file was deleted", () =>
    Effect.gen(function*() {
      const filename = yield* inAFolder
      const one = yield* aProcess(filename)
      const heard = yield* one.listen
      const other = yield* aProcess(filename)
      // More often than one deletion tells of itself, on a machine that is late.
      for (let times = 0; times < 10; times++) {
        rmSync(`${filename}-wake`)
        yield* other.enqueue
        yield* heard
      }
      assert.isTrue(existsSync(`${filename}-wake`))
    }))

  it.scoped("touch the file once for all who enqueue together", () =>
    Effect.gen(function*() {
      const { files, seen } = inMemory()
      const { enqueue } = yield* aProcess(yield* inAFolder, files)
      yield* Effect.all(Array.from({ length: 50 }, () => enqueue), { concurrency: "unbounded" })
      assert.strictEqual(seen.touches, 1)
    }))

  it.scoped("touch the file once for all transactions that end together", () =>
    Effect.gen(function*() {
      const { files, seen } = inMemory()
      const { store } = yield* aProcess(yield* inAFolder, files)
      yield* Effect.all(Array.from({ length: 50 }, () => store.signals.wake), { concurrency: "unbounded" })
      yield* settled
      assert.strictEqual(seen.touches, 1)
    }))

  it.scoped("touch the file for a job that is handed back", () =>
    Effect.gen(function*() {
      const { files, seen } = inMemory()
      const { enqueue, store } = yield* aProcess(yield* inAFolder, files)
      yield* enqueue
      yield* settled
      const [claimed] = yield* store.claim({
        worker: "w",
        kinds: [{ kind: Task.kind, leaseFor: 1000 }],
        queues: Option.none(),
        limit: 1,
        maxBytes: Infinity
      })
      assert(claimed !== undefined)
      assert.strictEqual(seen.touches, 1)
      yield* store.release([{ lease: claimed.lease, delay: 0 }])
      yield* settled
      assert.strictEqual(seen.touches, 2)
    }))

  it.scoped("give the wake file the permissions of the database", () =>
    Effect.gen(function*() {
      const filename = yield* inAFolder
      const { enqueue } = yield* aProcess(filename)
      chmodSync(filename, 0o664)
      yield* enqueue
      yield* settled
      assert.strictEqual(statSync(`${filename}-wake`).mode & 0o777, 0o664)
    }))

  it.scoped("write through no link that another has put in the file's place, and say that nothing is heard", () =>
    Effect.gen(function*() {
      const filename = yield* inAFolder
      const kept = `${filename}.kept`
      writeFileSync(kept, "kept")
      symlinkSync(kept, `${filename}-wake`)
      const { enqueue, listen } = yield* aProcess(filename)
      const messages = yield* messagesOf(Effect.zipRight(Effect.scoped(listen), enqueue))
      assert.deepStrictEqual(messages, [["Cannot watch the wake file; jobs of other processes start at the next poll"]])
      assert.strictEqual(readFileSync(kept, "utf8"), "kept")
    }))

  it.scoped("go on where the file cannot be touched, and say so once", () =>
    Effect.gen(function*() {
      const file: WakeFile = {
        touch: () => {
          throw new Error("another user's")
        },
        watch: () => ({ close: () => {} })
      }
      const filename = yield* inAFolder
      const messages = yield* messagesOf(Effect.gen(function*() {
        const { enqueue } = yield* aProcess(filename, () => Option.some(file))
        yield* Effect.repeatN(enqueue, 3)
      }))
      assert.deepStrictEqual(messages, [
        ["Cannot touch the wake file; workers of other processes find jobs at their next poll"]
      ])
    }))
})
