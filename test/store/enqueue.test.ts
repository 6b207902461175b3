import { SqlClient } from "@effect/sql"
import { assert, describe, it } from "@effect/vitest"
import { Array as Arr, Effect } from "effect"
import type { Enqueued } from "../../src/store/JobStore.ts"
import { JobStore } from "../../src/store/JobStore.ts"
import { allRows, cancel, complete, enqueue, fail, get, job, jobId, memory, retry, running } from "./someJobs.ts"

const answers = (...pairs: ReadonlyArray<readonly [number: number, enqueued: boolean]>) =>
  pairs.map(([number, enqueued]): Enqueued => ({
    id: jobId(number),
    enqueued,
    outcome: enqueued ? "enqueued" : "kept"
  }))

describe("unique keys", () => {
  it.effect("a second job with the unique key of a pending one is not added, and the answer names the first", () =>
    Effect.gen(function*() {
      assert.deepStrictEqual(yield* enqueue(job(1, { uniqueKey: "brand" })), answers([1, true]))
      assert.deepStrictEqual(yield* enqueue(job(2, { uniqueKey: "brand" })), answers([1, false]))
      assert.lengthOf(yield* allRows, 1)
    }).pipe(Effect.provide(memory)))

  it.effect("a unique key is free again once its job is succeeded, failed or cancelled", () =>
    Effect.gen(function*() {
      const uniqueKey = "brand"
      yield* complete(yield* running(1, { uniqueKey }))
      yield* fail(yield* running(2, { uniqueKey }), { retryAfter: null })
      yield* enqueue(job(3, { uniqueKey }))
      yield* cancel(jobId(3))
      assert.deepStrictEqual(yield* enqueue(job(4, { uniqueKey })), answers([4, true]))
    }).pipe(Effect.provide(memory)))

  it.effect("a retried job holds its unique key again", () =>
    Effect.gen(function*() {
      yield* fail(yield* running(1, { uniqueKey: "brand" }), { retryAfter: null })
      yield* retry(jobId(1))
      assert.deepStrictEqual(yield* enqueue(job(2, { uniqueKey: "brand" })), answers([1, false]))
    }).pipe(Effect.provide(memory)))

  it.effect("each kind and each partition has unique keys of its own, and no partition is one", () =>
    Effect.gen(function*() {
      const uniqueKey = "brand"
      const several = [
        job(1, { uniqueKey }),
        job(2, { uniqueKey, kind: "crawl" }),
        job(3, { uniqueKey, partitionKey: "acme" }),
        job(4, { uniqueKey, partitionKey: "globex" }),
        job(5, { uniqueKey: "other" })
      ]
      assert.deepStrictEqual(yield* enqueue(...several), answers([1, true], [2, true], [3, true], [4, true], [5, true]))
      const again = several.map((each, index) => ({ ...each, id: jobId(11 + index) }))
      assert.deepStrictEqual(
        yield* enqueue(...again),
        answers([1, false], [2, false], [3, false], [4, false], [5, false])
      )
    }).pipe(Effect.provide(memory)))

  it.effect("of two jobs with one unique key in one call the first is added, and both answers name it", () =>
    Effect.gen(function*() {
      const added = yield* enqueue(job(1, { uniqueKey: "brand" }), job(2), job(3, { uniqueKey: "brand" }))
      assert.deepStrictEqual(added, answers([1, true], [2, true], [1, false]))
    }).pipe(Effect.provide(memory)))

  it.effect("of a hundred enqueues at once with one unique key exactly one is added", () =>
    Effect.gen(function*() {
      const all = yield* Effect.all(
        Arr.makeBy(100, (index) => enqueue(job(index, { uniqueKey: "brand" }))),
        { concurrency: "unbounded" }
      )
      assert.lengthOf(all.flat().filter(({ enqueued }) => enqueued), 1)
      assert.strictEqual(new Set(all.flat().map(({ id }) => id)).size, 1)
    }).pipe(Effect.provide(memory)))
})

describe("ids", () => {
  it.effect("an enqueue whose answer was lost may be repeated, and changes nothing, whatever became of the job", () =>
    Effect.gen(function*() {
      const first = job(1)
      yield* enqueue(first)
      assert.deepStrictEqual(yield* enqueue(first), answers([1, false]))
      yield* enqueue(job(2))
      yield* complete(yield* running(3, { priority: 9 }))
      const before = yield* allRows
      assert.deepStrictEqual(
        yield* enqueue(job(3), job(2, { priority: 7, queue: "other" }), first),
        answers([3, false], [2, false], [1, false])
      )
      assert.deepStrictEqual(yield* allRows, before)
    }).pipe(Effect.provide(memory)))

  it.effect("an id is free again once its job was pruned, and a repeated enqueue adds the job anew", () =>
    Effect.gen(function*() {
      const store = yield* JobStore
      yield* complete(yield* running(1))
      assert.deepStrictEqual(yield* enqueue(job(1)), answers([1, false]))
      yield* store.prune({ status: "succeeded", retention: 0, limit: 10 })
      assert.deepStrictEqual(yield* enqueue(job(1)), answers([1, true]))
    }).pipe(Effect.provide(memory)))

  it.effect("an id that is taken by another payload or kind is a conflict, and none of the call is added", () =>
    Effect.gen(function*() {
      yield* enqueue(job(1))
      const before = yield* allRows
      for (const other of [job(1, { payload: "{}" }), job(1, { kind: "crawl" })]) {
        const error = yield* Effect.flip(enqueue(job(2), other, job(3)))
        assert(error._tag === "JobIdConflict")
        assert.strictEqual(error.jobId, jobId(1))
        assert.deepStrictEqual(yield* allRows, before)
      }
    }).pipe(Effect.provide(memory)))

  it.effect("an id is repeated also where the members of its payload come in another order", () =>
    Effect.gen(function*() {
      const payload = `{"brand":"acme","sources":{"web":[1,2],"video":null}}`
      const reordered = `{"sources":{"video":null,"web":[1,2]},"brand":"acme"}`
      yield* enqueue(job(1, { payload }))
      const before = yield* allRows
      assert.deepStrictEqual(yield* enqueue(job(2), job(1, { payload: reordered })), answers([2, true], [1, false]))
      assert.deepStrictEqual((yield* allRows).slice(0, 1), before)
      for (
        const other of [
          job(1, { payload: reordered.replace("[1,2]", "[2,1]") }),
          job(1, { payload: reordered, kind: "crawl" }),
          job(1, { payload: reordered, partitionKey: "acme" })
        ]
      ) assert.strictEqual((yield* Effect.flip(enqueue(other)))._tag, "JobIdConflict")
    }).pipe(Effect.provide(memory)))

  it.effect("an id given twice in one call is one job, and twice with different payloads a conflict", () =>
    Effect.gen(function*() {
      assert.deepStrictEqual(yield* enqueue(job(1), job(1)), answers([1, true], [1, false]))
      const error = yield* Effect.flip(enqueue(job(2), job(2, { payload: "{}" })))
      assert.strictEqual(error._tag, "JobIdConflict")
      assert.lengthOf(yield* allRows, 1)
    }).pipe(Effect.provide(memory)))

  it.effect("a job that repeats its id and its unique key is itself, not in its own way", () =>
    Effect.gen(function*() {
      yield* enqueue(job(1, { uniqueKey: "brand" }))
      assert.deepStrictEqual(yield* enqueue(job(1, { uniqueKey: "brand" })), answers([1, false]))
    }).pipe(Effect.provide(memory)))

  it.effect("a thousand jobs in one call are answered in the order given", () =>
    Effect.gen(function*() {
      const jobs = Arr.makeBy(1000, (index) => job((index * 7919) % 1000))
      assert.deepStrictEqual(
        yield* enqueue(...jobs),
        jobs.map(({ id }) => ({ id, enqueued: true, outcome: "enqueued" }))
      )
    }).pipe(Effect.provide(memory)))

  it.effect("the table refuses what makes no sense, as a typed error, and nothing of the call is added", () =>
    Effect.gen(function*() {
      const store = yield* JobStore
      const nonsense = [
        job(2, { payload: "{" }),
        job(2, { partitionKey: "" }),
        job(2, { uniqueKey: "" }),
        job(2, { kind: "" }),
        job(2, { queue: "" }),
        job(2, { priority: 1001 }),
        job(2, { maxAttempts: 0 })
      ]
      for (const one of nonsense) {
        assert.strictEqual((yield* Effect.flip(store.enqueue([job(1), one])))._tag, "StoreError")
        assert.deepStrictEqual(yield* allRows, [])
      }
    }).pipe(Effect.provide(memory)))

  it.effect("an id of another partition's job is a conflict, and not an answer that its tenant may rely on", () =>
    Effect.gen(function*() {
      yield* enqueue(job(1, { partitionKey: "a" }))
      assert.strictEqual((yield* Effect.flip(enqueue(job(1, { partitionKey: "b" }))))._tag, "JobIdConflict")
      assert.deepStrictEqual(yield* enqueue(job(1, { partitionKey: "a" })), [{
        id: jobId(1),
        enqueued: false,
        outcome: "kept"
      }])
    }).pipe(Effect.provide(memory)))

  it.effect("jobs of more JSON than one parameter should hold are added in one call, all or none", () =>
    Effect.gen(function*() {
      const payload = JSON.stringify("x".repeat(1_000_000))
      const many = Array.from({ length: 40 }, (_, n) => job(n + 1, { payload }))
      assert.isTrue((yield* enqueue(...many)).every(({ enqueued }) => enqueued))
      assert.lengthOf(yield* allRows, 40)
      const more = Array.from({ length: 40 }, (_, n) => job(n + 41, { payload }))
      assert.strictEqual((yield* Effect.flip(enqueue(...more, job(1))))._tag, "JobIdConflict")
      assert.lengthOf(yield* allRows, 40)
    }).pipe(Effect.provide(memory)))
})

it.effect("a payload keeps a NUL inside a string", () =>
  Effect.gen(function*() {
    const payload = { nul: "a\u0000b" }
    yield* enqueue(job(1, { payload: JSON.stringify(payload) }))
    assert.deepStrictEqual((yield* get(jobId(1))).payload, payload)
  }).pipe(Effect.provide(memory)))

describe("an enqueue on a table that the app has triggers on", () => {
  it.effect("leaves nothing behind that a trigger has written, where the job is refused", () =>
    Effect.gen(function*() {
      const sql = yield* SqlClient.SqlClient
      yield* sql`CREATE TABLE audit (id TEXT)`
      yield* sql`
        CREATE TRIGGER audited BEFORE INSERT ON holdfast_jobs BEGIN INSERT INTO audit VALUES (NEW.id); END`
      const audits = Effect.map(sql`SELECT * FROM audit`, (rows) => rows.length)
      yield* enqueue(job(1))
      assert.strictEqual(yield* audits, 1)
      assert.strictEqual((yield* Effect.flip(enqueue(job(1, { payload: "2" }))))._tag, "JobIdConflict")
      assert.strictEqual(yield* audits, 1)
    }).pipe(Effect.provide(memory)))

  it.effect("fails, and leaves no job, where a trigger stops the statement half-way", () =>
    Effect.gen(function*() {
      const sql = yield* SqlClient.SqlClient
      yield* sql`CREATE TEMP TRIGGER quota AFTER INSERT ON holdfast_jobs BEGIN SELECT RAISE(FAIL, 'too many'); END`
      assert.strictEqual((yield* Effect.flip(enqueue(job(1))))._tag, "StoreError")
      assert.lengthOf(yield* allRows, 0)
    }).pipe(Effect.provide(memory)))
})
