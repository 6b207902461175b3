import { SqlClient } from "@effect/sql"
import { assert, describe, it } from "@effect/vitest"
import { Array as Arr, Effect, Either, FastCheck, Layer, Logger, TestClock } from "effect"
import type { JobId } from "../../../src/domain/JobId.ts"
import type { Lease } from "../../../src/domain/Lease.ts"
import type { Enqueued, Fenced } from "../../../src/store/JobStore.ts"
import { JobStore } from "../../../src/store/JobStore.ts"
import {
  cancel,
  claim,
  claimOne,
  complete,
  enqueue,
  fail,
  get,
  job,
  jobId,
  leaseFor,
  memory,
  releaseStale,
  request,
  retry,
  withAndWithoutCrowd
} from "../someJobs.ts"

const idsOf = (jobs: ReadonlyArray<{ readonly id: JobId }>) => jobs.map(({ id }) => id).toSorted()

const write = (text: string) => Effect.flatMap(SqlClient.SqlClient, (sql) => sql.unsafe(text))

/** The job whose row is odd, as it was enqueued. */
const own = job(2, { uniqueKey: "key" })

/** Three jobs, the second of which has failed twice and has been given this by the app's own SQL. */
const besideFailedTwice = (set: string) =>
  Effect.gen(function*() {
    yield* enqueue(own)
    yield* fail(yield* claimOne(), { retryAfter: 0 })
    yield* fail(yield* claimOne(), { retryAfter: 0 })
    yield* enqueue(job(1), job(3))
    yield* write(`UPDATE holdfast_jobs SET ${set} WHERE id = '${jobId(2)}'`)
  })

/** What an app's SQL may leave in a row, each of which failed a statement over many rows, or a list, once. */
const oddities = {
  "a budget below its failures": "max_attempts = 2",
  "a budget far below its failures": "max_attempts = 1",
  "errors that are not JSON": "errors = 'boom'",
  "errors that are no array": `errors = '{"attempt":1}'`,
  "errors of another shape": `errors = '[1, {"attempt": 1}, null]'`,
  "no errors although it failed": "errors = '[]'",
  "errors that are JSON to SQLite alone": "errors = '[]' || char(0) || '['",
  "a payload that is JSON to SQLite alone": "payload = '[]' || char(0) || '['",
  "a first payload that is not JSON": "first_payload = 'boom'",
  "a progress that is not JSON": "progress = 'half'",
  "a due instant before all time": "available_at = -9223372036854775808",
  "a trace context that is none": "trace_context = 'nonsense'",
  "an unknown settler": "settled_by = ''"
}

/** Those that the odd row's own enqueue, when it is repeated, does not find as it left them. */
const oddPayloads = new Set(["a payload that is JSON to SQLite alone", "a first payload that is not JSON"])

const columns = [
  "status",
  "attempts",
  "failures",
  "max_attempts",
  "priority",
  "available_at",
  "locked_at",
  "locked_by",
  "locked_until",
  "settled_by",
  "cancel_requested_at",
  "finished_at",
  "created_at",
  "payload",
  "progress",
  "result",
  "errors",
  "last_error",
  "last_error_value",
  "trace_context",
  "partition_key"
]

/** Few of these fit into a column and past its CHECK. */
const oddValue = FastCheck.constantFrom(
  null,
  "",
  "boom",
  "[]",
  "{}",
  "[1]",
  "null",
  "[]\0[",
  "running",
  "pending",
  0,
  1,
  2,
  -1,
  9e15,
  -9e15,
  9007199254740993n,
  9223372036854775807n,
  -9223372036854775808n
)

/** A trigger of the app's that refuses every change of this job. */
const refuse = (id: JobId, change: "UPDATE" | "DELETE" = "UPDATE") =>
  write(
    `CREATE TRIGGER app_${change} BEFORE ${change} ON holdfast_jobs WHEN OLD.id = '${id}'
     BEGIN SELECT RAISE(ABORT, 'not this one'); END`
  )

const allow = write("DROP TRIGGER app_UPDATE")

/** A store whose warnings are kept: each with the job it names. */
const warned = (store: (typeof withAndWithoutCrowd)[number]["memory"] = memory) => {
  const lines: Array<string> = []
  const logger = Logger.make(({ annotations, logLevel, message }) => {
    const told = Object.fromEntries(annotations)
    lines.push(`${logLevel.label} ${String(message)} ${String(told["jobId"] ?? told["jobIds"])}`)
  })
  return [lines, Layer.provideMerge(store, Logger.replace(Logger.defaultLogger, logger))] as const
}

const answersOf = (answers: ReadonlyArray<Fenced<unknown>>) =>
  answers.map(Either.match({
    onLeft: ({ _tag }) => _tag === "StoreError" ? "refused" : "lost",
    onRight: (value) => typeof value === "object" && value !== null && "status" in value ? value.status : "written"
  }))

/** What became of each job of an enqueue, or why it was refused. */
const endOf = Either.match({
  onLeft: ({ _tag }: { readonly _tag: string }) => _tag,
  onRight: (answers: ReadonlyArray<Enqueued>) => answers.map(({ outcome }) => outcome)
})

describe("a row that an app's SQL has changed", () => {
  for (const [what, set] of Object.entries(oddities)) {
    it.effect(`with ${what} keeps no other from being claimed, freed, failed, listed, retried and pruned`, () =>
      Effect.gen(function*() {
        const store = yield* JobStore
        yield* besideFailedTwice(set)
        assert.lengthOf(yield* claim(), 3)
        yield* TestClock.adjust(leaseFor)
        assert.deepStrictEqual(idsOf(yield* releaseStale), [jobId(1), jobId(2), jobId(3)])

        // The third failure of the odd one has spent its budget.
        const leases = (yield* claim()).map(({ lease }) => lease)
        const failed = yield* store.fail(leases.map((lease) => ({ lease, error: "boom", retryAfter: null })))
        assert.deepStrictEqual(answersOf(failed), ["failed", "failed"])
        assert.deepStrictEqual(idsOf((yield* store.list({ limit: 10 })).jobs), [jobId(1), jobId(2), jobId(3)])
        yield* Effect.forEach([1, 2, 3], (number) => retry(jobId(number)))
        assert.deepStrictEqual([(yield* get(jobId(2))).status, (yield* get(jobId(2))).failures], ["pending", 0])
        yield* Effect.forEach([1, 2, 3], (number) => cancel(jobId(number)))
        const { deleted } = yield* store.prune({ status: "cancelled", retention: 0, limit: 10 })
        assert.strictEqual(deleted, 3)
      }).pipe(Effect.provide(memory)))

    it.effect(`with ${what} is settled in one statement with others, and told the same when that is repeated`, () =>
      Effect.gen(function*() {
        const store = yield* JobStore
        yield* besideFailedTwice(set)
        const items = (yield* claim()).map(({ lease }) => ({ lease, error: "boom", retryAfter: null }))
        assert.deepStrictEqual(answersOf(yield* store.fail(items)), ["failed", "failed", "failed"])
        assert.deepStrictEqual(answersOf(yield* store.fail(items)), ["failed", "failed", "failed"])
      }).pipe(Effect.provide(memory)))

    it.effect(`with ${what} is found by an enqueue of its id or its unique key, which fails nothing beside`, () =>
      Effect.gen(function*() {
        yield* besideFailedTwice(set)
        const again = endOf(yield* Effect.either(enqueue(own)))
        assert.deepStrictEqual(again, oddPayloads.has(what) ? "JobIdConflict" : ["kept"])
        assert.strictEqual(endOf(yield* Effect.either(enqueue({ ...own, payload: "0" }))), "JobIdConflict")
        const kept = { id: own.id, enqueued: false, outcome: "kept" }
        assert.deepStrictEqual((yield* enqueue(job(4, { uniqueKey: "key" }), job(5)))[0], kept)
        const replacing = job(4, { uniqueKey: "key", onConflict: "replace" })
        assert.deepStrictEqual((yield* enqueue(replacing, job(7)))[0], { ...kept, outcome: "replaced" })
        const moving = job(4, { uniqueKey: "key", onConflict: "move", available: { after: 60_000 } })
        assert.deepStrictEqual((yield* enqueue(moving, job(6)))[0], { ...kept, outcome: "moved" })
        yield* Effect.forEach([5, 6, 7], (number) => get(jobId(number)))
      }).pipe(Effect.provide(memory)))
  }

  it.effect.prop(
    "in whatever way the table allows keeps no other from living its life",
    [FastCheck.array(FastCheck.tuple(FastCheck.constantFrom(...columns), oddValue), { minLength: 1, maxLength: 6 })],
    ([changes]) =>
      Effect.gen(function*() {
        const sql = yield* SqlClient.SqlClient
        const store = yield* JobStore
        const others = [jobId(1), jobId(3)]
        const change = Effect.forEach(changes, ([column, value]) =>
          Effect.either(sql`UPDATE holdfast_jobs SET ${sql(column)} = ${value} WHERE id = ${jobId(2)}`))
        const beside = Effect.map((jobs: ReadonlyArray<{ readonly id: JobId }>) =>
          idsOf(jobs).filter((id) =>
            others.includes(id)
          )
        )
        const claimed = Effect.map(claim(), (jobs) => jobs.map(({ lease }) => lease))

        yield* enqueue(job(1), own, job(3))
        yield* change
        yield* store.nextDue(request())
        assert.deepStrictEqual(yield* beside(store.due(request())), others)
        assert.deepStrictEqual(yield* beside(Effect.map(claimed, Arr.map(({ jobId: id }) => ({ id })))), others)
        yield* change
        assert.deepStrictEqual(yield* beside(Effect.map(store.list({ limit: 10 }), ({ jobs }) => jobs)), others)
        yield* TestClock.adjust(leaseFor)
        assert.deepStrictEqual(yield* beside(releaseStale), others)

        const leases = yield* claimed
        yield* change
        const settled = yield* store.fail(leases.map((lease) => ({ lease, error: "boom", retryAfter: null })))
        const ends = leases.flatMap(({ jobId: id }, index) => others.includes(id) ? [answersOf(settled)[index]] : [])
        assert.deepStrictEqual(ends, ["failed", "failed"])
        yield* change
        const again = endOf(yield* Effect.either(enqueue(own)))
        assert.include(["kept", "JobIdConflict"], String(again))
        const [byKey, other] = yield* enqueue(job(4, { uniqueKey: "key" }), job(5))
        assert.include([own.id, jobId(4)], byKey?.id)
        assert.strictEqual(other?.outcome, "enqueued")
        yield* store.prune({ status: "failed", retention: 0, limit: 10 })
        assert.deepStrictEqual(yield* beside(Effect.map(store.list({ limit: 10 }), ({ jobs }) => jobs)), [])
      }).pipe(Effect.provide(memory)),
    { fastCheck: { numRuns: 100 }, timeout: 60_000 }
  )

  for (const what of ["errors that are not JSON", "errors that are no array"] as const) {
    it.effect(`with ${what} keeps its next failure`, () =>
      Effect.gen(function*() {
        const store = yield* JobStore
        yield* besideFailedTwice(oddities[what])
        const items = (yield* claim()).map(({ lease }) => ({ lease, error: "the third", retryAfter: null }))
        yield* store.fail(items)
        assert.deepStrictEqual((yield* get(jobId(2))).errors.map(({ message }) => message), ["the third"])
      }).pipe(Effect.provide(memory)))
  }

  it.effect("is freed although no date holds the instant of its claim, which is shown as it is", () =>
    Effect.gen(function*() {
      yield* enqueue(job(1), job(2), job(3))
      yield* claim()
      yield* write(`UPDATE holdfast_jobs SET locked_at = 9000000000000000 WHERE id = '${jobId(2)}'`)
      yield* TestClock.adjust(leaseFor)
      assert.deepStrictEqual(idsOf(yield* releaseStale), [jobId(1), jobId(2), jobId(3)])
      const { lastError } = yield* get(jobId(2))
      assert.strictEqual(lastError, "Released from stale lock (was locked by w since 9000000000000000 ms)")
    }).pipe(Effect.provide(memory)))

  it.effect("is freed although no number of JavaScript holds its lease's end or its attempts", () =>
    Effect.gen(function*() {
      const store = yield* JobStore
      yield* enqueue(job(1), job(2), job(3))
      const whatWasSeen = Effect.flatMap(store.staleLeases({ limit: 10 }), (leases) => store.releaseStale({ leases }))
      for (const sweep of [releaseStale, whatWasSeen]) {
        yield* claim()
        yield* write(`UPDATE holdfast_jobs SET locked_until = -9007199254740993 WHERE id = '${jobId(1)}'`)
        yield* write(`UPDATE holdfast_jobs SET attempts = 9007199254740993 WHERE id = '${jobId(2)}'`)
        yield* TestClock.adjust(leaseFor)
        assert.deepStrictEqual(idsOf(yield* sweep), [jobId(1), jobId(2), jobId(3)])
      }
    }).pipe(Effect.provide(memory)))

  it.effect("is refused there and then where a later step of its life would be", () =>
    Effect.gen(function*() {
      yield* enqueue(job(1))
      yield* fail(yield* claimOne(), { retryAfter: 0 })
      yield* write("UPDATE holdfast_jobs SET failures = attempts")
      yield* claimOne()
      // One failure more, and there would be more of them than attempts.
      const refused = yield* Effect.flip(write("UPDATE holdfast_jobs SET failures = attempts"))
      assert.include(String(refused.cause), "CHECK constraint failed: failures")
    }).pipe(Effect.provide(memory)))

  it.effect("is left out of a claim that its count of attempts cannot pass, and named", () => {
    const [lines, store] = warned()
    return Effect.gen(function*() {
      yield* enqueue(job(1), job(2), job(3))
      yield* write(`UPDATE holdfast_jobs SET attempts = 9223372036854775807 WHERE id = '${jobId(1)}'`)
      assert.deepStrictEqual((yield* claim({ limit: 2 })).map(({ lease }) => lease.jobId), [jobId(2)])
      assert.deepStrictEqual((yield* claim({ limit: 2 })).map(({ lease }) => lease.jobId), [jobId(3)])
      assert.deepStrictEqual(lines, [`WARN A job's row refuses a write and is left out for a minute ${jobId(1)}`])
    }).pipe(Effect.provide(store))
  })

  it.effect("shows what can be read of it, and names the columns that cannot", () =>
    Effect.gen(function*() {
      yield* besideFailedTwice(`errors = '[1, ' || json_extract(errors, '$[0]') || ', {"attempt": 1}]'`)
      const odd = yield* get(jobId(2))
      assert.deepStrictEqual(odd.errors.map(({ attempt, message }) => [attempt, message]), [[1, "boom"]])
      assert.deepStrictEqual(odd.unreadable, ["errors"])
      yield* write(`UPDATE holdfast_jobs SET errors = 'x', payload = '[]' || char(0) || '[', progress = 'x'`)
      const { errors, payload, progress, unreadable } = yield* get(jobId(2))
      assert.deepStrictEqual([errors, payload, progress], [[], undefined, undefined])
      assert.deepStrictEqual(unreadable, ["payload", "progress", "errors"])
      assert.deepStrictEqual((yield* get(jobId(1))).unreadable, ["payload", "progress", "errors"])
      yield* enqueue(job(4))
      assert.deepStrictEqual((yield* get(jobId(4))).unreadable, [])
    }).pipe(Effect.provide(memory)))
})

describe("a row that refuses a write", () => {
  for (const { memory, where } of withAndWithoutCrowd) {
    it.effect(`keeps no other from being claimed, nor the place of those behind it, and is tried again after a minute, ${where}`, () => {
      const [lines, store] = warned(memory)
      return Effect.gen(function*() {
        const claimed = Effect.map(claim({ limit: 2 }), (jobs) => jobs.map(({ lease }) => lease.jobId))
        const { due, nextDue } = yield* JobStore
        yield* enqueue(job(1), job(2), job(3), job(4), job(5, { priority: -1 }))
        yield* refuse(jobId(1))
        assert.deepStrictEqual(yield* claimed, [jobId(2)])
        assert.deepStrictEqual(idsOf(yield* due(request())), [jobId(3), jobId(4), jobId(5)])
        assert.deepStrictEqual(yield* claimed, [jobId(3), jobId(4)])
        assert.deepStrictEqual((yield* claim({ limit: 1 })).map(({ lease }) => lease.jobId), [jobId(5)])
        assert.deepStrictEqual(yield* claimed, [])
        assert.strictEqual((yield* nextDue(request()))._tag, "None")
        assert.deepStrictEqual(lines, [`WARN A job's row refuses a write and is left out for a minute ${jobId(1)}`])

        yield* allow
        yield* TestClock.adjust("1 minute")
        assert.deepStrictEqual(yield* claimed, [jobId(1)])
      }).pipe(Effect.provide(store))
    })

    it.effect(`takes no room of its lane from jobs of lower priorities, ${where}`, () =>
      Effect.gen(function*() {
        yield* enqueue(
          job(1, { priority: 2 }),
          job(2, { priority: 1, available: { after: 60_000 } }),
          job(3, { priority: 0 })
        )
        yield* refuse(jobId(1))
        assert.deepStrictEqual(yield* claim({ limit: 1 }), [])
        assert.deepStrictEqual((yield* claim({ limit: 1 })).map(({ lease }) => lease.jobId), [jobId(3)])
      }).pipe(Effect.provide(memory)))
  }

  it.effect("keeps no other from being freed, however many there are", () => {
    const [lines, store] = warned()
    return Effect.gen(function*() {
      const { releaseStale } = yield* JobStore
      yield* enqueue(...Array.from({ length: 6 }, (_, index) => job(index + 1)))
      yield* claim()
      yield* TestClock.adjust(leaseFor)
      yield* refuse(jobId(1))
      assert.deepStrictEqual(idsOf(yield* releaseStale({ limit: 3 })), [jobId(2), jobId(3)])
      assert.deepStrictEqual(idsOf(yield* releaseStale({ limit: 3 })), [jobId(4), jobId(5), jobId(6)])
      assert.deepStrictEqual(yield* releaseStale({ limit: 3 }), [])
      assert.strictEqual((yield* get(jobId(1))).status, "running")
      assert.deepStrictEqual(lines, [`WARN A job's row refuses a write and is left out for a minute ${jobId(1)}`])
    }).pipe(Effect.provide(store))
  })

  it.effect("alone is told so when it is written together with others under their leases", () =>
    Effect.gen(function*() {
      const store = yield* JobStore
      yield* enqueue(...Array.from({ length: 7 }, (_, index) => job(index + 1)))
      const leases = (yield* claim()).map(({ lease }) => lease)
      const gone = leases[6]
      assert(gone !== undefined)
      yield* complete(gone)
      yield* refuse(jobId(3))
      const of = <A>(item: (lease: Lease) => A) => leases.map(item)
      const extended = yield* store.extend(of((lease) => ({ lease, leaseFor })))
      const written = ["written", "written", "refused", "written", "written", "written", "lost"]
      assert.deepStrictEqual(answersOf(extended), written)
      assert.deepStrictEqual(answersOf(yield* store.progress(of((lease) => ({ lease, progress: "1" })))), written)

      const settled = yield* store.complete(of((lease) => ({ lease, result: "1" })).slice(0, 4))
      assert.deepStrictEqual(answersOf(settled), ["succeeded", "succeeded", "refused", "succeeded"])
      const [alone] = leases.slice(2)
      assert(alone !== undefined)
      assert.strictEqual((yield* Effect.flip(complete(alone)))._tag, "StoreError")
    }).pipe(Effect.provide(memory)))

  it.effect("is stepped over by a pruning, as one that a table of the app's refers to, and named", () => {
    const [lines, store] = warned()
    return Effect.gen(function*() {
      const { prune } = yield* JobStore
      yield* write("CREATE TABLE receipts (job TEXT REFERENCES holdfast_jobs (id))")
      const numbers = [1, 2, 3, 4, 5, 6, 7]
      yield* Effect.forEach(numbers, (number) =>
        Effect.gen(function*() {
          yield* enqueue(job(number))
          yield* cancel(jobId(number))
          yield* TestClock.adjust(1)
        }))
      yield* write(`INSERT INTO receipts VALUES ('${jobId(1)}'), ('${jobId(2)}'), ('${jobId(3)}'), ('${jobId(6)}')`)
      const old = { status: "cancelled", retention: 0, limit: 3 } as const
      assert.deepStrictEqual(yield* prune(old), { deleted: 0, refused: 3 })
      assert.deepStrictEqual(yield* prune({ ...old, skip: 3 }), { deleted: 2, refused: 1 })
      assert.deepStrictEqual(yield* prune({ ...old, skip: 4 }), { deleted: 1, refused: 0 })
      assert.deepStrictEqual(yield* prune(old), { deleted: 0, refused: 3 })
      assert.deepStrictEqual(lines, [
        `WARN Finished jobs cannot be deleted ${jobId(1)}, ${jobId(2)}, ${jobId(3)}`,
        `WARN Finished jobs cannot be deleted ${jobId(6)}`
      ])
      yield* TestClock.adjust("1 hour")
      yield* prune(old)
      assert.lengthOf(lines, 3)
    }).pipe(Effect.provide(store))
  })

  it.effect("is told of by a logger that throws, and the others are done all the same", () =>
    Effect.gen(function*() {
      yield* enqueue(job(1), job(2))
      yield* refuse(jobId(1))
      assert.deepStrictEqual((yield* claim()).map(({ lease }) => lease.jobId), [jobId(2)])
    }).pipe(Effect.provide(Layer.provideMerge(
      memory,
      Logger.replace(
        Logger.defaultLogger,
        Logger.make(() => {
          throw new Error("EPIPE")
        })
      )
    ))))

  it.effect("fails the whole operation of a caller's transaction no more than outside", () =>
    Effect.gen(function*() {
      const sql = yield* SqlClient.SqlClient
      const store = yield* JobStore
      yield* enqueue(job(1), job(2), job(3))
      yield* refuse(jobId(2))
      const claimed = yield* sql.withTransaction(claim())
      assert.deepStrictEqual(claimed.map(({ lease }) => lease.jobId), [jobId(1), jobId(3)])
      yield* allow
      yield* TestClock.adjust("1 minute")
      yield* claim()
      yield* TestClock.adjust(leaseFor)
      yield* refuse(jobId(2))
      assert.deepStrictEqual(idsOf(yield* sql.withTransaction(releaseStale)), [jobId(1), jobId(3)])
      yield* allow
      assert.deepStrictEqual(yield* store.prune({ status: "failed", retention: 0, limit: 9 }), {
        deleted: 0,
        refused: 0
      })
    }).pipe(Effect.provide(memory)))
})

it.effect("a column that is gone is a fault of the table, and of no row", () =>
  Effect.gen(function*() {
    yield* enqueue(job(1), job(2))
    yield* write("ALTER TABLE holdfast_jobs RENAME COLUMN updated_at TO changed_at")
    const error = yield* Effect.flip(claim())
    assert.include(String(error), "no such column")
  }).pipe(Effect.provide(memory)))
