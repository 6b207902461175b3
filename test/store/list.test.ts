import { SqlClient } from "@effect/sql"
import { assert, describe, it } from "@effect/vitest"
import { Array as Arr, Effect } from "effect"
import type { JobId } from "../../src/domain/JobId.ts"
import type { CountedJobs, JobPage, Listing, SummaryPage } from "../../src/store/JobStore.ts"
import { JobStore } from "../../src/store/JobStore.ts"
import { cancel, enqueue, get, job, jobId, memory, release, running } from "./someJobs.ts"

const ids = (numbers: ReadonlyArray<number>) => numbers.map(jobId)

describe("list", () => {
  it.effect("pages follow one another by id, highest first, and miss and repeat nothing while jobs are added", () =>
    Effect.gen(function*() {
      const store = yield* JobStore
      yield* enqueue(...Arr.makeBy(10, (index) => job(index)))
      const page = (cursor?: JobId) =>
        Effect.map(store.list({ limit: 4, cursor }), ({ cursor, jobs }) => [jobs.map(({ id }) => id), cursor])
      assert.deepStrictEqual(yield* page(), [ids([9, 8, 7, 6]), jobId(6)])
      yield* enqueue(job(10))
      assert.deepStrictEqual(yield* page(jobId(6)), [ids([5, 4, 3, 2]), jobId(2)])
      assert.deepStrictEqual(yield* page(jobId(2)), [ids([1, 0]), null])
      assert.deepStrictEqual(yield* page(jobId(4)), [ids([3, 2, 1, 0]), null])
      assert.deepStrictEqual(yield* page(jobId(0)), [[], null])
    }).pipe(Effect.provide(memory)))

  it.effect("a list may be narrowed by status, kind, queue and partition, together", () =>
    Effect.gen(function*() {
      const store = yield* JobStore
      yield* enqueue(
        job(1),
        job(2, { kind: "crawl" }),
        job(3, { queue: "slow" }),
        job(4, { partitionKey: "acme" }),
        job(5, { kind: "crawl", queue: "slow", partitionKey: "acme" })
      )
      yield* cancel(jobId(1))
      yield* cancel(jobId(5))
      const listed = (filter: Omit<Parameters<typeof store.list>[0], "limit">) =>
        Effect.map(store.list({ ...filter, limit: 10 }), ({ jobs }) => jobs.map(({ id }) => id))
      assert.deepStrictEqual(yield* listed({}), ids([5, 4, 3, 2, 1]))
      assert.deepStrictEqual(yield* listed({ status: "cancelled" }), ids([5, 1]))
      assert.deepStrictEqual(yield* listed({ kind: "crawl" }), ids([5, 2]))
      assert.deepStrictEqual(yield* listed({ queue: "slow" }), ids([5, 3]))
      assert.deepStrictEqual(yield* listed({ partitionKey: "acme" }), ids([5, 4]))
      assert.deepStrictEqual(yield* listed({ partitionKey: "acme", status: "pending" }), ids([4]))
      assert.deepStrictEqual(
        yield* listed({ status: "cancelled", kind: "crawl", queue: "slow", partitionKey: "acme" }),
        ids([5])
      )
      assert.deepStrictEqual(yield* listed({ partitionKey: "globex" }), [])
    }).pipe(Effect.provide(memory)))

  it.effect("running jobs are listed by id too, whenever their leases end, page by page", () =>
    Effect.gen(function*() {
      const store = yield* JobStore
      for (const number of [3, 1, 4, 2]) yield* running(number, { queue: number % 2 === 0 ? "slow" : "default" })
      yield* enqueue(job(9))
      const page = (cursor: JobId | undefined) => store.list({ status: "running", limit: 3, cursor })
      const first = yield* page(undefined)
      assert.deepStrictEqual(first.jobs.map(({ id }) => id), ids([4, 3, 2]))
      assert.deepStrictEqual((yield* page(first.cursor ?? undefined)).jobs.map(({ id }) => id), ids([1]))
      const slow = yield* store.list({ status: "running", queue: "slow", limit: 3 })
      assert.deepStrictEqual(slow.jobs.map(({ id }) => id), ids([4, 2]))
    }).pipe(Effect.provide(memory)))

  it.effect("a listed job is the same as one that was asked for by its id", () =>
    Effect.gen(function*() {
      const store = yield* JobStore
      yield* release(yield* running(1))
      assert.deepStrictEqual((yield* store.list({ limit: 1 })).jobs, [yield* get(jobId(1))])
    }).pipe(Effect.provide(memory)))
})

/** Puts 12,000 jobs that have ended into the table, of which every other is an email. */
const insertMany = (
  { lastError, result, status }: {
    readonly status: string
    readonly result: string | null
    readonly lastError: string | null
  }
) =>
  Effect.flatMap(SqlClient.SqlClient, (sql) =>
    sql`
      WITH RECURSIVE number (i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM number WHERE i < 11999)
      INSERT INTO holdfast_jobs (
        id, queue, kind, payload, status, priority, max_attempts, available_at, created_at, updated_at, finished_at,
        result, last_error
      )
      SELECT printf('00000000-0000-7000-8000-%012x', i), 'default', CASE WHEN i % 2 = 0 THEN 'email' ELSE 'crawl' END,
        '{}', ${status}, 0, 3, 0, 0, 0, 0, ${result}, ${lastError}
      FROM number`)

describe("a list of few jobs among many", () => {
  /** Of 12,000 jobs every fiftieth has failed, every other is an email, and none is both but these. */
  const many = (both: ReadonlyArray<number>) =>
    Effect.gen(function*() {
      const sql = yield* SqlClient.SqlClient
      yield* insertMany({ status: "succeeded", result: "null", lastError: null })
      yield* sql`
        UPDATE holdfast_jobs SET status = 'cancelled', result = NULL
        WHERE rowid % 50 = 0 AND kind = 'crawl' OR id IN ${sql.in(both.map(jobId))}`
    })

  /** Every page of a list: how many jobs it has, and whether more are to come. */
  const pagesOf = (filter: Partial<Listing>) =>
    Effect.gen(function*() {
      const store = yield* JobStore
      const pages: Array<string> = []
      const jobs: Array<JobId> = []
      let cursor: JobId | undefined
      while (true) {
        const page: JobPage = yield* store.list({ limit: 10, ...filter, cursor })
        pages.push(`${page.jobs.length}${page.cursor === null ? "" : " and more"}`)
        jobs.push(...page.jobs.map(({ id }) => id))
        if (page.cursor === null) return { pages, jobs }
        cursor = page.cursor
      }
    })

  it.effect("looks at 5,000 rows for each page, and comes to each job once", () =>
    Effect.gen(function*() {
      yield* many([10, 4000, 11_998])
      const { jobs, pages } = yield* pagesOf({ kind: "email", queue: "default", status: "succeeded", limit: 10_000 })
      // The emails are the fewest: 5,000 of them with two that were cancelled, then 1,000 with one.
      assert.deepStrictEqual(pages, ["4998 and more", "999"])
      assert.strictEqual(new Set(jobs).size, 5997)
    }).pipe(Effect.provide(memory)))

  it.effect("walks the filter that fewest jobs have, so that a rare one is found at once", () =>
    Effect.gen(function*() {
      yield* many([10, 4000, 11_998])
      const found = { pages: ["3"], jobs: [jobId(11_998), jobId(4000), jobId(10)] }
      assert.deepStrictEqual(yield* pagesOf({ kind: "email", status: "cancelled" }), found)
      assert.deepStrictEqual(yield* pagesOf({ kind: "email", status: "cancelled", queue: "default" }), found)
      const sql = yield* SqlClient.SqlClient
      yield* sql`UPDATE holdfast_jobs SET queue = 'rare' WHERE id IN ${sql.in([3, 9000].map(jobId))}`
      assert.deepStrictEqual(yield* pagesOf({ kind: "crawl", status: "succeeded", queue: "rare" }), {
        pages: ["1"],
        jobs: [jobId(3)]
      })
    }).pipe(Effect.provide(memory)))

  it.effect("goes on where its walk has ended, although it has found nothing there", () =>
    Effect.gen(function*() {
      yield* many([])
      const sql = yield* SqlClient.SqlClient
      yield* sql`UPDATE holdfast_jobs SET queue = 'slow' WHERE kind = 'crawl' OR id = ${jobId(4)}`
      // Of each there are 6,000, and the last 1,000 emails are fewer than a walk.
      assert.deepStrictEqual(yield* pagesOf({ kind: "email", queue: "slow" }), {
        pages: ["0 and more", "1"],
        jobs: [jobId(4)]
      })
    }).pipe(Effect.provide(memory)))
})

describe("a search of few jobs among many", () => {
  /** 12,000 jobs that failed, of which these failed with another text. */
  const failures = (others: ReadonlyArray<number>) =>
    Effect.gen(function*() {
      const sql = yield* SqlClient.SqlClient
      yield* insertMany({ status: "failed", result: null, lastError: "Error: usual" })
      yield* sql`UPDATE holdfast_jobs SET last_error = 'Error: Rare', unique_key = 'k', unique_scope = 'pending'
        WHERE id IN ${sql.in(others.map(jobId))}`
    })

  const pagesOf = (filter: Partial<Listing>) =>
    Effect.gen(function*() {
      const store = yield* JobStore
      const jobs: Array<JobId> = []
      let cursor: JobId | undefined
      for (let pages = 1;; pages++) {
        const page: SummaryPage = yield* store.search({ limit: 10, ...filter, cursor })
        jobs.push(...page.jobs.map(({ id }) => id))
        if (page.cursor === null) return { pages, jobs }
        cursor = page.cursor
      }
    })

  it.effect("looks at 1,000 rows a page for the text of an error, along the index of its other conditions", () =>
    Effect.gen(function*() {
      yield* failures([10, 8000])
      assert.deepStrictEqual(yield* pagesOf({ error: "rare" }), { pages: 13, jobs: ids([8000, 10]) })
      assert.deepStrictEqual(yield* pagesOf({ error: "rare", status: "failed" }), { pages: 13, jobs: ids([8000, 10]) })
      const sql = yield* SqlClient.SqlClient
      yield* sql`UPDATE holdfast_jobs SET queue = 'few' WHERE id IN ${sql.in(ids([10, 12, 14]))}`
      assert.deepStrictEqual(yield* pagesOf({ error: "rare", status: "failed", queue: "few" }), {
        pages: 1,
        jobs: ids([10])
      })
    }).pipe(Effect.provide(memory)))

  it.effect("finds a unique key and the jobs of several statuses without looking at others", () =>
    Effect.gen(function*() {
      yield* failures([10, 8000])
      assert.deepStrictEqual(yield* pagesOf({ uniqueKey: "k" }), { pages: 1, jobs: ids([8000, 10]) })
      assert.deepStrictEqual(yield* pagesOf({ uniqueKey: "k", kind: "email" }), { pages: 1, jobs: ids([8000, 10]) })
      assert.deepStrictEqual(yield* pagesOf({ status: ["running", "pending"] }), { pages: 1, jobs: [] })
    }).pipe(Effect.provide(memory)))

  it.effect("a count comes to 5,000 rows a walk, with any filter, and to each job once", () =>
    Effect.gen(function*() {
      yield* failures([10, 8000])
      const counts = (filter: Partial<Listing>) =>
        Effect.gen(function*() {
          const store = yield* JobStore
          const jobs: Array<number> = []
          let cursor: JobId | undefined
          while (true) {
            const counted: CountedJobs = yield* store.count({ ...filter, cursor })
            jobs.push(counted.jobs)
            if (counted.cursor === null) return jobs
            cursor = counted.cursor
          }
        })
      assert.deepStrictEqual(yield* counts({}), [5000, 5000, 2000])
      assert.deepStrictEqual(yield* counts({ status: "failed" }), [5000, 5000, 2000])
      assert.deepStrictEqual(yield* counts({ kind: "email" }), [5000, 1000])
      assert.deepStrictEqual(yield* counts({ kind: "email", uniqueKey: "k" }), [2])
      assert.deepStrictEqual(yield* counts({ status: ["failed", "running"] }), [5000, 5000, 2000])
      assert.deepStrictEqual(yield* counts({ kind: "email", status: "failed" }), [5000, 1000])
    }).pipe(Effect.provide(memory)))
})

it.effect("a search is not cut for the size of its jobs", () =>
  Effect.gen(function*() {
    const store = yield* JobStore
    yield* enqueue(...Arr.makeBy(8, (index) => job(index, { payload: JSON.stringify("x".repeat(1_000_000)) })))
    const { cursor, jobs } = yield* store.search({ limit: 100 })
    assert.deepStrictEqual([jobs.length, cursor], [8, null])
  }).pipe(Effect.provide(memory)))

it.effect("a page of large jobs ends at 4 MiB, and one that is larger by itself is a page", () =>
  Effect.gen(function*() {
    const store = yield* JobStore
    const payload = (length: number) => JSON.stringify("x".repeat(length))
    yield* enqueue(
      ...Arr.makeBy(6, (index) => job(index + 1, { payload: payload(index === 0 ? 5_000_000 : 1_000_000) }))
    )
    const first = yield* store.list({ limit: 100 })
    assert.deepStrictEqual([first.jobs.map(({ id }) => id), first.cursor], [[6, 5, 4, 3].map(jobId), jobId(3)])
    const second = yield* store.list({ limit: 100, cursor: jobId(3) })
    assert.deepStrictEqual([second.jobs.map(({ id }) => id), second.cursor], [[jobId(2)], jobId(2)])
    const third = yield* store.list({ limit: 100, cursor: jobId(2) })
    assert.deepStrictEqual([third.jobs.map(({ id }) => id), third.cursor], [[jobId(1)], null])
  }).pipe(Effect.provide(memory)))
