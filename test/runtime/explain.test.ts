import { SqlClient } from "@effect/sql"
import { assert, describe, it } from "@effect/vitest"
import { Clock, Effect, Schema, TestClock } from "effect"
import { Job, JobQueue, JobStore, reasonText, snooze } from "holdfast"
import type { WorkerBeat } from "../../src/store/JobStore.ts"
import { workerBeat } from "../../src/testing/conformance/StoreUnderTest.ts"
import { failing, StoreFaults } from "../../src/testing.ts"
import { inHoldfast, linesSaying, settled, work } from "./harness.ts"

const Task = Job.make("explain.task", { payload: Schema.Void, leaseFor: "60 seconds" })

const enqueue = (options: Parameters<typeof JobQueue.enqueue>[2] = {}) =>
  Effect.map(JobQueue.enqueue(Task, undefined, options), ({ id }) => id)

/** The reasons of a job by their tags, and as a person reads them now. */
const explained = (id: string) =>
  Effect.gen(function*() {
    const { reasons } = yield* JobQueue.explain(id)
    const now = yield* Clock.currentTimeMillis
    return { tags: reasons.map(({ _tag }) => _tag), text: reasons.map((reason) => reasonText(reason, now)).join(" ") }
  })

/** A worker of another process, as its row tells of it. */
const elsewhere = (options: Partial<WorkerBeat> = {}) =>
  Effect.flatMap(
    JobStore,
    (store) => store.beatWorker(workerBeat({ worker: "elsewhere:7:aa", kinds: [Task.kind], ...options }))
  )

const failed = Task.toLayer(() => Effect.fail("the mailbox is full"))

describe("why a job is not running", () => {
  it.effect("it is not due yet", () =>
    Effect.gen(function*() {
      assert.deepStrictEqual(yield* explained(yield* enqueue({ delay: "90 seconds" })), {
        tags: ["NotDue"],
        text: "It is due in 1m 30s, at 1970-01-01T00:01:30.000Z."
      })
    }).pipe(inHoldfast()))

  it.effect("it waits for its next attempt after a failure, and then it has failed for good", () =>
    Effect.gen(function*() {
      const id = yield* enqueue({ maxAttempts: 2 })
      yield* work({ jobs: [Task], heartbeatInterval: "20 seconds" })
      yield* TestClock.adjust("1 second")
      const waiting = yield* explained(id)
      assert.deepStrictEqual(waiting.tags, ["BackingOff"])
      assert.match(
        waiting.text,
        /^It has failed once, of at most 2; its next attempt is due in 59s, at 1970-01-01T00:01:00\.\d+Z\. The last error: .*the mailbox is full/
      )
      yield* TestClock.adjust("1 minute")
      const ended = yield* explained(id)
      assert.deepStrictEqual(ended.tags, ["Finished"])
      assert.match(ended.text, /^It failed for good 1s ago, at .*Z\. The last error: .*the mailbox is full/)
    }).pipe(inHoldfast(failed)))

  it.effect("its queue is paused, its kind is paused, and it is not due either", () =>
    Effect.gen(function*() {
      const id = yield* enqueue({ queue: "mail", delay: "1 hour" })
      yield* JobQueue.pause({ queue: "mail" }, { by: "Ada" })
      yield* JobQueue.pause({ kind: "explain.task" })
      yield* JobQueue.pause({ queue: "another" })
      const { tags, text } = yield* explained(id)
      assert.deepStrictEqual(tags, ["NotDue", "Paused", "Paused"])
      assert.include(text, "The queue \"mail\" has been paused since 1970-01-01T00:00:00.000Z by Ada.")
      assert.include(
        text,
        "The kind \"explain.task\" has been paused since 1970-01-01T00:00:00.000Z. No worker claims its jobs"
      )
      yield* TestClock.adjust("1 hour")
      assert.deepStrictEqual((yield* explained(id)).tags, ["Paused", "Paused"])
    }).pipe(inHoldfast()))

  it.effect("other jobs of its queue and kind come before it", () =>
    Effect.gen(function*() {
      yield* elsewhere()
      const first = yield* enqueue({ priority: 5 })
      yield* enqueue({ queue: "another", priority: 9 })
      const second = yield* enqueue()
      const third = yield* enqueue()
      assert.match(
        (yield* explained(first)).text,
        /^No due job of the queue "default" and the kind "explain.task" comes before it\..*, or be at its limit\.$/
      )
      assert.match((yield* explained(second)).text, /^1 due job comes before it in the queue "default"/)
      assert.match((yield* explained(third)).text, /^2 due jobs come before it/)
    }).pipe(inHoldfast()))

  it.effect("more jobs come before it than are counted", () =>
    Effect.gen(function*() {
      yield* elsewhere()
      yield* JobQueue.enqueueMany(Task, Array.from({ length: 1000 }, () => ({ payload: undefined, priority: 1 })))
      assert.match((yield* explained(yield* enqueue())).text, /^At least 1000 due jobs come before it/)
    }).pipe(inHoldfast()))

  it.effect("it is running, was asked to stop, and its lease has run out", () =>
    Effect.gen(function*() {
      const id = yield* enqueue()
      yield* JobQueue.claim({ jobs: [Task], worker: "host:7:aa" })
      yield* TestClock.adjust("10 seconds")
      const running = yield* explained(id)
      assert.deepStrictEqual(running.tags, ["Running"])
      assert.strictEqual(
        running.text,
        "It is running: host:7:aa holds its lease until 1970-01-01T00:01:00.000Z, and last extended it 10s ago, "
          + "at 1970-01-01T00:00:00.000Z."
      )
      yield* JobQueue.cancel(id)
      assert.include((yield* explained(id)).text, "It was asked to stop now, at 1970-01-01T00:00:10.000Z.")
      yield* TestClock.adjust("1 minute")
      const over = yield* explained(id)
      assert.deepStrictEqual(over.tags, ["LeaseOver"])
      assert.match(over.text, /^Its lease ran out 10s ago, at .*: host:7:aa last extended it 1m 10s ago/)
    }).pipe(inHoldfast()))

  it.effect("its lease has run out, and it will be cancelled", () =>
    Effect.gen(function*() {
      const id = yield* enqueue()
      yield* JobQueue.claim({ jobs: [Task] })
      yield* JobQueue.cancel(id)
      yield* TestClock.adjust("1 hour")
      assert.include((yield* explained(id)).text, "The next sweep of any worker cancels it, as somebody has asked.")
    }).pipe(inHoldfast()))

  it.effect("it was snoozed after a failure, and waits for what it asked for", () => {
    let attempts = 0
    return Effect.gen(function*() {
      const id = yield* enqueue()
      yield* work({ jobs: [Task], heartbeatInterval: "20 seconds" })
      yield* TestClock.adjust("1 second")
      assert.deepStrictEqual((yield* explained(id)).tags, ["BackingOff"])
      yield* TestClock.adjust("1 minute")
      assert.deepStrictEqual((yield* explained(id)).tags, ["NotDue"])
    }).pipe(inHoldfast(Task.toLayer(() => ++attempts === 1 ? Effect.fail("no") : snooze("1 hour"))))
  })

  it.effect("a reason shows nothing of the payload, nor of anything else that it has no need of", () =>
    Effect.gen(function*() {
      const { reasons } = yield* JobQueue.explain(yield* enqueue({ delay: "1 minute", partitionKey: "a" }))
      assert.deepStrictEqual(reasons.map((reason) => ({ ...reason })), [{ _tag: "NotDue", availableAt: 60_000 }])
      const ended = yield* enqueue({ delay: "1 minute" })
      yield* JobQueue.cancel(ended)
      assert.deepStrictEqual((yield* JobQueue.explain(ended)).reasons.map((reason) => ({ ...reason })), [
        { _tag: "Finished", status: "cancelled", finishedAt: 0, lastError: null }
      ])
    }).pipe(inHoldfast()))

  it.effect("it was claimed between two reads, and is told to run", () =>
    Effect.gen(function*() {
      const id = yield* enqueue()
      const queue = yield* JobQueue
      // Another takes it once the job has been read.
      yield* StoreFaults.inject(
        "pauses",
        (call) => Effect.zipRight(Effect.orDie(queue.claim({ jobs: [Task] })), call),
        1
      )
      assert.deepStrictEqual((yield* explained(id)).tags, ["Running"])
    }).pipe(inHoldfast()))

  it.effect("it has succeeded, or was cancelled", () =>
    Effect.gen(function*() {
      const first = yield* enqueue()
      yield* work({ jobs: [Task], heartbeatInterval: "20 seconds" })
      yield* settled
      assert.match((yield* explained(first)).text, /^It succeeded now, at 1970/)
      const second = yield* enqueue({ delay: "1 hour" })
      yield* JobQueue.cancel(second)
      assert.match((yield* explained(second)).text, /^It was cancelled now, at 1970/)
    }).pipe(inHoldfast(Task.toLayer(() => Effect.void))))

  it.effect("its row refuses to be claimed", () =>
    Effect.gen(function*() {
      const sql = yield* SqlClient.SqlClient
      yield* elsewhere()
      const id = yield* enqueue()
      yield* sql`
        CREATE TRIGGER refuse BEFORE UPDATE ON holdfast_jobs WHEN new.status = 'running'
        BEGIN SELECT RAISE(ABORT, 'never'); END`
      yield* JobQueue.claim({ jobs: [Task] })
      assert.deepStrictEqual((yield* explained(id)).tags, ["LeftOut"])
    }).pipe(inHoldfast()))

  it.effect("no worker lists its kind and queue, and none did lately", () =>
    Effect.gen(function*() {
      const id = yield* enqueue({ queue: "mail" })
      yield* elsewhere({ kinds: ["another"] })
      yield* elsewhere({ worker: "b", queues: [{ queue: "web", concurrency: 1 }] })
      const { tags, text } = yield* explained(id)
      assert.deepStrictEqual(tags, ["NoWorker"])
      assert.strictEqual(
        text,
        "No live worker claims jobs of the kind \"explain.task\" from the queue \"mail\". Start a worker that lists both. "
          + "If a program claims such jobs by hand, it is not known here."
      )
      yield* elsewhere({ worker: "c", queues: [{ queue: "web", concurrency: 1 }, { queue: "mail", concurrency: 1 }] })
      assert.deepStrictEqual((yield* explained(id)).tags, ["InLine"])
    }).pipe(inHoldfast()))

  it.effect("the workers that listed it are dead, or claim no more: the last of them is named", () =>
    Effect.gen(function*() {
      yield* elsewhere()
      yield* TestClock.adjust("1 minute")
      yield* elsewhere({ worker: "later:8:bb" })
      const first = yield* enqueue()
      const second = yield* enqueue()
      assert.deepStrictEqual((yield* explained(first)).tags, ["InLine"])
      yield* TestClock.adjust("96 seconds")
      const dead = yield* explained(second)
      assert.deepStrictEqual(dead.tags, ["NoWorker", "InLine"])
      assert.include(
        dead.text,
        "The last one, later:8:bb, gave its last sign of life 1m 36s ago, at 1970-01-01T00:01:00.000Z"
      )
      yield* elsewhere({ worker: "later:8:bb", isDraining: true })
      const ending = yield* explained(first)
      assert.deepStrictEqual(ending.tags, ["NoWorker"])
      assert.include(
        ending.text,
        "The last one, later:8:bb, claims no more: it was told to end, or has claimed all that it may. Start another."
      )
    }).pipe(inHoldfast()))

  it.effect("a worker is no reason where the job is not due or is paused, nor where the workers cannot be read", () =>
    Effect.gen(function*() {
      assert.deepStrictEqual((yield* explained(yield* enqueue({ delay: "1 minute" }))).tags, ["NotDue"])
      yield* JobQueue.pause({ queue: "mail" })
      assert.deepStrictEqual((yield* explained(yield* enqueue({ queue: "mail" }))).tags, ["Paused"])
      const id = yield* enqueue()
      assert.deepStrictEqual((yield* explained(id)).tags, ["NoWorker"])
      yield* StoreFaults.inject("workers", failing)
      const { tags, text } = yield* explained(id)
      assert.deepStrictEqual(tags, ["InLine"])
      assert.match(text, / It is not known whether a live worker lists both: check that one does\.$/)
    }).pipe(inHoldfast()))

  it.effect("a worker is no reason where its row is damaged", () =>
    Effect.gen(function*() {
      const sql = yield* SqlClient.SqlClient
      const id = yield* enqueue()
      yield* elsewhere({ kinds: ["another"] })
      assert.deepStrictEqual((yield* explained(id)).tags, ["NoWorker"])
      yield* sql`UPDATE holdfast_workers SET queues = '{}'`
      assert.deepStrictEqual((yield* explained(id)).tags, ["InLine"])
      const [line] = yield* linesSaying("The workers could not be read")
      assert.include(line?.annotations["error"], "A row of holdfast_workers is not as expected")
      // One that is as it should be is enough to say more.
      yield* elsewhere({ worker: "b", kinds: ["another"] })
      assert.deepStrictEqual((yield* explained(id)).tags, ["NoWorker"])
      const [leftOut] = yield* linesSaying("A worker's row is not as expected and is left out")
      assert.strictEqual(leftOut?.annotations["worker"], "elsewhere:7:aa")
    }).pipe(inHoldfast()))

  it.effect("there is no such job, also where it is another tenant's", () =>
    Effect.gen(function*() {
      const id = yield* enqueue({ partitionKey: "a" })
      const ask = (partitionKey: string): Effect.Effect<unknown, unknown, JobQueue | JobStore> =>
        JobQueue.explain(id, { partitionKey })
      assert.deepInclude(yield* Effect.flip(ask("b")), { _tag: "JobNotFound" })
      assert.isTrue(yield* Effect.isSuccess(ask("a")))
      assert.deepInclude(yield* Effect.flip(JobQueue.explain("nothing")), { _tag: "JobNotFound" })
    }).pipe(inHoldfast()))
})
