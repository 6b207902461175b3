import { SqlClient } from "@effect/sql"
import { assert, describe, it } from "@effect/vitest"
import { Array as Arr, Chunk, Deferred, Effect, Fiber, Schema, Stream, TestClock } from "effect"
import { Job, JobQueue } from "holdfast"
import type { EnqueueOptions, JobEvent, JobFate, JobFilter } from "holdfast"
import type { Fault } from "../../src/testing.ts"
import { failing, StoreFaults } from "../../src/testing.ts"
import { anotherProcess, calm, inHoldfast, settled, work } from "./harness.ts"

const Task = Job.make("bulk.task")
const Other = Job.make("bulk.other")

/** Jobs of a kind, oldest first. */
const enqueue = (count: number, options: EnqueueOptions = {}) =>
  Effect.map(
    JobQueue.enqueueMany(Task, Arr.makeBy(count, () => options)),
    (answers) => answers.map(({ id }) => id).toSorted()
  )

/** Each fate as the status or the tag of the error. */
const told = (fates: Iterable<JobFate>) =>
  Arr.fromIterable(fates).map((fate) => fate._tag === "Done" ? fate.status : fate.error._tag)

const idsOf = (fates: Iterable<JobFate>) => Arr.fromIterable(fates).map(({ jobId }) => jobId)

const run = (options: Parameters<typeof JobQueue.bulk>[0]) => Stream.runCollect(JobQueue.bulk(options))

const watching = Effect.gen(function*() {
  const events: Array<JobEvent> = []
  yield* Effect.forkScoped(Stream.runForEach(JobQueue.events, (event) => Effect.sync(() => void events.push(event))))
  yield* settled
  return events
})

const statuses = Effect.map(
  JobQueue.list(),
  ({ jobs }) => Object.fromEntries(jobs.map(({ id, status }): readonly [string, string] => [id, status]))
)

/** A count without the place at which it begins. */
const counted = (...of: Parameters<typeof JobQueue.count>) =>
  Effect.map(JobQueue.count(...of), ({ count, isMore }) => ({ count, isMore }))

describe("a retry to an instant", () => {
  it.effect("runs the job then, and never before", () => {
    const runs: Array<string> = []
    const handler = Task.toLayer(() => Effect.sync(() => void runs.push("run")))
    return Effect.gen(function*() {
      const [id = ""] = yield* enqueue(1, { delay: "1 hour" })
      yield* JobQueue.cancel(id)
      yield* work({ jobs: [Task], ...calm, pollInterval: "1 second" })
      yield* JobQueue.retry(id, { at: 60_000 })
      assert.strictEqual((yield* JobQueue.get(id)).availableAt, 60_000)
      yield* TestClock.adjust("59 seconds")
      assert.deepStrictEqual(runs, [])
      yield* TestClock.adjust("2 seconds")
      assert.deepStrictEqual(runs, ["run"])
    }).pipe(inHoldfast(handler))
  })

  it.effect("is due now unless it says when, and is refused what does not fit, by name", () =>
    Effect.gen(function*() {
      const [id = ""] = yield* enqueue(1)
      yield* JobQueue.cancel(id)
      const refused = (options: Parameters<typeof JobQueue.retry>[1]) =>
        Effect.map(Effect.flip(JobQueue.retry(id, options)), ({ message }) => message)
      assert.strictEqual(yield* refused({ at: 0, delay: 0 }), "delay and at: got both; expected only one of the two")
      assert.match(yield* refused({ delay: "11 years" as never }), /^delay: got/)
      assert.match(yield* refused({ at: Number.NaN }), /^at: got/)
      assert.strictEqual((yield* JobQueue.get(id)).status, "cancelled")
      yield* TestClock.adjust("1 second")
      yield* JobQueue.retry(id, { delay: "1 minute" })
      assert.strictEqual((yield* JobQueue.get(id)).availableAt, 61_000)
      yield* JobQueue.cancel(id)
      yield* JobQueue.retry(id)
      assert.strictEqual((yield* JobQueue.get(id)).availableAt, 1000)
    }).pipe(inHoldfast()))
})

describe("a search", () => {
  it.effect("has the jobs of the list without their JSON, page by page", () =>
    Effect.gen(function*() {
      const ids = yield* enqueue(5)
      const first = yield* JobQueue.search({ kind: "bulk.task", limit: 3 })
      assert.deepStrictEqual(first.jobs.map(({ id }) => id), ids.slice(2).toReversed())
      assert.notProperty(first.jobs[0], "payload")
      const rest = yield* JobQueue.search({ kind: "bulk.task", limit: 3, cursor: first.cursor ?? "" })
      assert.deepStrictEqual([rest.jobs.map(({ id }) => id), rest.cursor], [ids.slice(0, 2).toReversed(), null])
      assert.deepStrictEqual((yield* JobQueue.search({ status: ["failed", "running"] })).jobs, [])
    }).pipe(inHoldfast()))

  it.effect("is refused a filter that does not fit, by name, as are a count and an action", () =>
    Effect.gen(function*() {
      const refused = (call: Effect.Effect<unknown, { readonly message: string }, JobQueue>) =>
        Effect.map(Effect.flip(call), ({ message }) => message)
      const calls: ReadonlyArray<
        (filter: JobFilter) => Effect.Effect<unknown, { readonly message: string }, JobQueue>
      > = [
        (filter) => JobQueue.list(filter),
        (filter) => JobQueue.search(filter),
        (filter) => JobQueue.count(filter),
        (filter) => JobQueue.bulkPage({ action: "cancel", filter })
      ]
      for (const call of calls) {
        assert.match(yield* refused(call({ error: "" })), /^error: got ""; expected well-formed text of 1 to 1000/)
        assert.match(yield* refused(call({ status: "done" as never })), /^status: got "done"; expected "waiting"/)
        assert.match(yield* refused(call({ status: [] })), /^status: got none; expected one status, or several/)
      }
      assert.match(
        yield* refused(JobQueue.count({}, { limit: 0 })),
        /^limit: got 0; expected a whole number from 1 to 100000/
      )
      assert.match(yield* refused(JobQueue.bulkPage({ action: "kill" as never, filter: {} })), /^action: got "kill"/)
      for (
        const [due, named] of [[{ delay: "1 minute" }, "delay: got \"1 minute\""], [{ at: 7 }, "at: got 7"]] as const
      ) {
        assert.strictEqual(
          yield* refused(JobQueue.bulkPage({ action: "cancel", filter: {}, ...due })),
          `${named}; expected none for cancel, since only a retry has a due time`
        )
      }
      assert.match(yield* refused(JobQueue.bulkPage({ action: "cancel", filter: {}, limit: 101 })), /^limit: got 101/)
      assert.match(
        yield* refused(JobQueue.bulkPage({ action: "cancel", filter: { status: ["failed", "succeeded"] } })),
        /^status: got failed or succeeded; expected pending or running, which cancel changes/
      )
    }).pipe(inHoldfast()))
})

describe("a count", () => {
  it.effect("comes to the jobs of a filter, and stops at its limit", () =>
    Effect.gen(function*() {
      yield* enqueue(7)
      yield* JobQueue.enqueue(Other)
      assert.deepStrictEqual(yield* counted(), { count: 8, isMore: false })
      assert.deepStrictEqual(yield* counted({ kind: "bulk.task" }), { count: 7, isMore: false })
      assert.deepStrictEqual(yield* counted({ kind: "bulk.task" }, { limit: 7 }), { count: 7, isMore: false })
      assert.deepStrictEqual(yield* counted({ kind: "bulk.task" }, { limit: 6 }), { count: 6, isMore: true })
      assert.deepStrictEqual(yield* counted({ status: "failed" }), { count: 0, isMore: false })
    }).pipe(inHoldfast()))

  it.effect("tells where to begin so that an action comes to what was counted, and to nothing that is newer", () =>
    Effect.gen(function*() {
      assert.strictEqual((yield* JobQueue.count()).cursor, null)
      const ids = yield* enqueue(3)
      yield* JobQueue.enqueue(Other)
      const { cursor, ...all } = yield* JobQueue.count({ kind: "bulk.task" })
      assert.deepStrictEqual(all, { count: 3, isMore: false })
      assert(cursor)
      const newer = yield* enqueue(2)
      assert.deepStrictEqual(
        idsOf(yield* run({ action: "delete", filter: { kind: "bulk.task" }, cursor })),
        ids.toReversed()
      )
      const left = yield* JobQueue.search({ kind: "bulk.task" })
      assert.deepStrictEqual(left.jobs.map(({ id }) => id as string), newer.toReversed())
    }).pipe(inHoldfast()))

  it.effect("does so where the newest job has an id of another program's", () =>
    Effect.gen(function*() {
      const [first = "", odd = "", last = ""] = yield* enqueue(3)
      const sql = yield* SqlClient.SqlClient
      yield* sql`UPDATE holdfast_jobs SET id = 'zz: odd' WHERE id = ${odd}`
      const { cursor } = yield* JobQueue.count()
      assert(cursor)
      assert.deepStrictEqual(idsOf(yield* run({ action: "cancel", filter: {}, cursor })), ["zz: odd", last, first])
      assert.match(
        (yield* Effect.flip(JobQueue.search({ cursor: "from:" }))).message,
        /^cursor: got "from:"; expected the `cursor` of a page/
      )
    }).pipe(inHoldfast()))

  it.effect("gives up after twenty walks that find nothing, and says that there may be more", () =>
    Effect.gen(function*() {
      const sql = yield* SqlClient.SqlClient
      yield* sql`
        WITH RECURSIVE number (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM number WHERE i < 21000)
        INSERT INTO holdfast_jobs (
          id, queue, kind, payload, status, priority, max_attempts, available_at, created_at, updated_at, finished_at,
          last_error
        )
        SELECT printf('!%05d', i), 'default', 'bulk.task', '{}', 'failed', 0, 3, 0, 0, 0, 0,
          CASE i WHEN 7 THEN 'rare' ELSE 'boom' END
        FROM number`
      const { cursor, ...none } = yield* JobQueue.count({ error: "rare" })
      assert.deepStrictEqual(none, { count: 0, isMore: true })
      assert.strictEqual(yield* StoreFaults.calls("search"), 20)
      // What fails meanwhile was not counted, so that an action leaves it alone.
      const { id } = yield* JobQueue.enqueue(Task)
      const [claimed] = yield* JobQueue.claim({ jobs: [Task] })
      assert(claimed)
      yield* JobQueue.fail(claimed.lease, new Error("rare"), { retry: false })
      assert(cursor)
      assert.deepStrictEqual(idsOf(yield* run({ action: "delete", filter: { error: "rare" }, cursor })), ["!00007"])
      assert.strictEqual((yield* JobQueue.get(id)).status, "failed")
    }).pipe(inHoldfast()))
})

describe("an action on the jobs of a filter", () => {
  it.effect("is done to each, newest first, in transactions of a hundred, and tells what became of each", () =>
    Effect.gen(function*() {
      const ids = yield* enqueue(250)
      const other = yield* JobQueue.enqueue(Other)
      const events = yield* watching
      const fates = yield* run({ action: "cancel", filter: { kind: "bulk.task" } })
      assert.deepStrictEqual(idsOf(fates), ids.toReversed())
      assert.deepStrictEqual(new Set(told(fates)), new Set(["cancelled"]))
      assert.strictEqual(yield* StoreFaults.calls("act"), 3)
      assert.strictEqual((yield* JobQueue.get(other.id)).status, "pending")
      yield* settled
      assert.deepStrictEqual(
        events.map((event) => [event._tag, event._tag === "CancelRequested" ? event.jobId : ""]),
        ids.toReversed().map((id) => ["CancelRequested", id])
      )
      assert.deepStrictEqual(yield* counted({ status: "cancelled" }), { count: 250, isMore: false })
    }).pipe(inHoldfast()))

  it.effect("stops between two transactions when it is interrupted, and keeps and tells what was done", () =>
    Effect.gen(function*() {
      const ids = yield* enqueue(250)
      const events = yield* watching
      const page = yield* Deferred.make<void>()
      const cancelling = yield* Stream.runForEach(
        JobQueue.bulk({ action: "cancel", filter: {} }),
        () => Effect.zipRight(Deferred.succeed(page, undefined), Effect.never)
      ).pipe(Effect.fork)
      yield* Deferred.await(page)
      yield* Fiber.interrupt(cancelling)
      yield* settled
      const newest = ids.toReversed().slice(0, 100)
      const { jobs } = yield* JobQueue.search({ status: "cancelled" })
      assert.deepStrictEqual(jobs.map(({ id }) => id as string), newest)
      assert.deepStrictEqual(yield* counted({ status: "pending" }), { count: 150, isMore: false })
      assert.deepStrictEqual(
        events.flatMap((event) => event._tag === "CancelRequested" ? [event.jobId as string] : []),
        newest
      )
    }).pipe(inHoldfast()))

  it.effect("is done to fewer in a transaction where they are large", () =>
    Effect.gen(function*() {
      const Large = Job.make("bulk.large", { payload: Schema.String })
      const payload = "x".repeat(1_000_000)
      yield* JobQueue.enqueueMany(Large, Arr.makeBy(10, () => ({ payload })))
      const { cursor, fates } = yield* JobQueue.bulkPage({ action: "cancel", filter: {} })
      assert.lengthOf(fates, 4)
      assert.isNotNull(cursor)
      assert.lengthOf(Arr.fromIterable(yield* run({ action: "cancel", filter: {} })), 6)
      const deleted = yield* run({ action: "delete", filter: { status: "cancelled" } })
      assert.strictEqual(Chunk.size(deleted), 10)
    }).pipe(inHoldfast()))

  it.effect("without a status is for those that it can change", () =>
    Effect.gen(function*() {
      const [first = "", second = "", third = ""] = yield* enqueue(3)
      yield* JobQueue.cancel(second)
      const [claimed] = yield* JobQueue.claim({ jobs: [Task] })
      assert(claimed)
      assert.strictEqual(claimed.lease.jobId, first)
      yield* JobQueue.fail(claimed.lease, new Error("the mailbox is full"), { retry: false })
      const retried = yield* run({ action: "retry", filter: {}, delay: "1 hour" })
      assert.deepStrictEqual([idsOf(retried), told(retried)], [[second, first], ["pending", "pending"]])
      assert.strictEqual((yield* JobQueue.get(first)).availableAt, 3_600_000)
      const early = yield* run({ action: "run-now", filter: { error: "mailbox" } })
      assert.deepStrictEqual(idsOf(early), [first])
      assert.strictEqual((yield* JobQueue.get(first)).availableAt, 0)
      const deleted = yield* run({ action: "delete", filter: { status: "pending" } })
      assert.deepStrictEqual([idsOf(deleted), told(deleted)], [[third, second, first], [
        "pending",
        "pending",
        "pending"
      ]])
      assert.deepStrictEqual(yield* statuses, {})
    }).pipe(inHoldfast()))

  it.effect("wakes workers for jobs that it makes due, and stops those that run at once", () => {
    const stopped: Array<string> = []
    const handler = Task.toLayer(() => Effect.onInterrupt(Effect.never, () => Effect.sync(() => stopped.push("one"))))
    return Effect.gen(function*() {
      yield* enqueue(2, { delay: "1 day" })
      yield* work({ jobs: [Task], ...calm })
      yield* run({ action: "run-now", filter: {} })
      yield* settled
      assert.deepStrictEqual(Object.values(yield* statuses), ["running", "running"])
      const cancelled = yield* run({ action: "cancel", filter: {} })
      assert.deepStrictEqual(told(cancelled), ["running", "running"])
      yield* settled
      assert.deepStrictEqual(stopped, ["one", "one"])
      // A job has a payload of any size, and is not read to be stopped.
      assert.strictEqual(yield* StoreFaults.calls("get"), 0)
      assert.deepStrictEqual(Object.values(yield* statuses), ["cancelled", "cancelled"])
      yield* run({ action: "retry", filter: {} })
      yield* settled
      assert.deepStrictEqual(Object.values(yield* statuses), ["running", "running"])
    }).pipe(inHoldfast(handler))
  })

  it.effect("stops between two transactions where its reader does, and goes on from a page's cursor", () =>
    Effect.gen(function*() {
      const ids = yield* enqueue(250)
      const fates = yield* Stream.runCollect(Stream.take(JobQueue.bulk({ action: "delete", filter: {} }), 100))
      assert.deepStrictEqual([Chunk.size(fates), yield* StoreFaults.calls("act")], [100, 1])
      const page = yield* JobQueue.bulkPage({ action: "delete", filter: {}, limit: 30 })
      assert.deepStrictEqual([idsOf(page.fates), page.cursor], [ids.slice(120, 150).toReversed(), ids[120] ?? ""])
      const behind = yield* JobQueue.bulkPage({ action: "delete", filter: {}, cursor: ids[100] ?? "" })
      assert.deepStrictEqual([idsOf(behind.fates), behind.cursor], [ids.slice(0, 100).toReversed(), null])
      assert.deepStrictEqual(yield* counted(), { count: 20, isMore: false })
    }).pipe(inHoldfast()))

  it.effect("fails with the store, and what was done before stays done and was told", () =>
    Effect.gen(function*() {
      yield* enqueue(150)
      let calls = 0
      const failingSecond: Fault = (call, operation) => {
        calls++
        return calls === 1 ? call : failing(call, operation)
      }
      yield* StoreFaults.inject("act", failingSecond)
      const fates: Array<JobFate> = []
      const failure = yield* Effect.flip(
        Stream.runForEach(
          JobQueue.bulk({ action: "cancel", filter: {} }),
          (fate) => Effect.sync(() => fates.push(fate))
        )
      )
      assert.strictEqual(failure._tag, "StoreError")
      assert.strictEqual(fates.length, 100)
      assert.deepStrictEqual(yield* counted({ status: "cancelled" }), { count: 100, isMore: false })
    }).pipe(inHoldfast()))

  it.effect("leaves a job that another process has changed meanwhile, and says so", () =>
    Effect.gen(function*() {
      const [first = "", second = "", third = ""] = yield* enqueue(3)
      const others = yield* anotherProcess
      const meanwhile: Fault = (call) =>
        Effect.zipRight(
          Effect.orDie(Effect.zipRight(others.cancel(second), others.delete(first))),
          call
        )
      yield* StoreFaults.inject("act", meanwhile)
      const fates = yield* run({ action: "delete", filter: { status: "pending" } })
      assert.deepStrictEqual([idsOf(fates), told(fates)], [[third, second, first], [
        "pending",
        "JobNotMatching",
        "JobNotMatching"
      ]])
      assert.deepStrictEqual(yield* statuses, { [second]: "cancelled" })
    }).pipe(inHoldfast()))

  it.effect("is part of its caller's transaction, and tells nothing of what was rolled back", () =>
    Effect.gen(function*() {
      yield* enqueue(3)
      const events = yield* watching
      const sql = yield* SqlClient.SqlClient
      const failed = yield* Effect.flip(
        sql.withTransaction(Effect.zipRight(JobQueue.bulkPage({ action: "cancel", filter: {} }), Effect.fail("no")))
      )
      assert.strictEqual(failed, "no")
      yield* settled
      assert.deepStrictEqual(events, [])
      assert.deepStrictEqual(new Set(Object.values(yield* statuses)), new Set(["pending"]))
    }).pipe(inHoldfast()))
})

describe("a row that refuses an action on many", () => {
  const refusing = (when: string) =>
    Effect.gen(function*() {
      const sql = yield* SqlClient.SqlClient
      yield* sql`PRAGMA foreign_keys = ON`
      yield* sql`CREATE TABLE brands (id INTEGER PRIMARY KEY)`
      yield* sql`CREATE TABLE posts (brand INTEGER REFERENCES brands (id) DEFERRABLE INITIALLY DEFERRED)`
      yield* sql.unsafe(
        `CREATE TRIGGER refuse AFTER UPDATE ON holdfast_jobs WHEN new.partition_key = 'odd' BEGIN ${when}; END`
      )
    })

  for (
    const [where, when] of [
      ["in a statement", "SELECT RAISE(ABORT, 'odd')"],
      ["in a statement that has changed it", "SELECT RAISE(FAIL, 'odd')"],
      ["at the commit", "INSERT INTO posts (brand) VALUES (404)"]
    ] as const
  ) {
    it.effect(`fails alone, ${where}, and the others are changed`, () =>
      Effect.gen(function*() {
        yield* enqueue(5)
        const [odd = ""] = yield* enqueue(1, { partitionKey: "odd" })
        yield* enqueue(5)
        yield* refusing(when)
        const fates = yield* run({ action: "cancel", filter: {} })
        assert.deepStrictEqual(
          Arr.fromIterable(fates).flatMap((fate) =>
            fate._tag === "Done" ? [] : [[fate.jobId, fate.error._tag] as const]
          ),
          [[odd, "StoreError"]]
        )
        const left = yield* JobQueue.search({ status: "pending" })
        assert.deepStrictEqual(left.jobs.map(({ id }) => id as string), [odd])
      }).pipe(inHoldfast()))
  }

  it.effect("fails the action and changes nothing if it rolls the transaction back", () =>
    Effect.gen(function*() {
      yield* enqueue(2)
      yield* enqueue(1, { partitionKey: "odd" })
      yield* enqueue(2)
      const events = yield* watching
      yield* refusing("SELECT RAISE(ROLLBACK, 'odd')")
      const failure = yield* Effect.flip(run({ action: "cancel", filter: {} }))
      assert.strictEqual(failure._tag, "StoreError")
      assert.include(failure.message, "odd")
      assert.deepStrictEqual(new Set(Object.values(yield* statuses)), new Set(["pending"]))
      yield* settled
      assert.deepStrictEqual(events, [])
    }).pipe(inHoldfast()))

  it.effect("at the commit leaves no job unanswered, even if the store fails after the first half", () =>
    Effect.gen(function*() {
      const [first = "", second = ""] = yield* enqueue(2)
      yield* enqueue(1, { partitionKey: "odd" })
      yield* enqueue(1)
      yield* refusing("INSERT INTO posts (brand) VALUES (404)")
      const sql = yield* SqlClient.SqlClient
      // The older two are the second half. Before that, in the page as a whole, one other is cancelled by then.
      yield* sql.unsafe(`
        CREATE TRIGGER gone BEFORE UPDATE ON holdfast_jobs WHEN old.id = '${second}'
          AND (SELECT count(*) FROM holdfast_jobs WHERE status = 'cancelled') = 2
        BEGIN SELECT RAISE(ROLLBACK, 'the store is away'); END`)
      const events = yield* watching
      const page = yield* JobQueue.bulkPage({ action: "cancel", filter: {} })
      assert.deepStrictEqual(told(page.fates), ["cancelled", "StoreError", "StoreError", "StoreError"])
      assert.deepStrictEqual(idsOf(page.fates).slice(2), [second, first])
      yield* settled
      assert.lengthOf(events, 1)
    }).pipe(inHoldfast()))
})
