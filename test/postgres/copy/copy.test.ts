import { assert, describe, it } from "@effect/vitest"
import { Deferred, Effect, Fiber, Redacted, Schema } from "effect"
import { Job, JobQueue, Worker } from "holdfast"
import { join } from "node:path"
import { fileWith, jobsOn, withValues } from "../../store/copy/onSqlite.ts"
import { sampleId, sampleJob, sampleJobs } from "../../store/copy/sampleJobs.ts"
import { temporaryFolder } from "../../store/sqlite/temporaryFolder.ts"
import { freshDatabase } from "../freshDatabase.ts"
import { copyUrls, jobsOnPostgres, onPostgres, tablesOn } from "./onPostgres.ts"

/** A file, another one, and a database without tables. */
const places = Effect.gen(function*() {
  const folder = yield* temporaryFolder
  const server = yield* freshDatabase
  return { file: join(folder, "a.db"), back: join(folder, "b.db"), server, url: Redacted.value(server) }
})

describe("a copy to PostgreSQL", () => {
  it.scopedLive("has every job of every status with every column, and so has the copy back", () =>
    Effect.gen(function*() {
      const { back, file, server, url } = yield* places
      yield* fileWith(file, sampleJobs)
      const there = yield* copyUrls(`sqlite:${file}`, url)
      assert.deepStrictEqual(yield* jobsOnPostgres(server), sampleJobs.map(withValues))

      const another = yield* freshDatabase
      const across = yield* copyUrls(url, Redacted.value(another))
      assert.deepStrictEqual(yield* jobsOnPostgres(another), sampleJobs.map(withValues))

      const home = yield* copyUrls(Redacted.value(another), `sqlite:${back}`)
      assert.deepStrictEqual(yield* jobsOn(back), sampleJobs.map(withValues))
      // The checksums are of values, and so the same everywhere.
      assert.deepStrictEqual(across.tables, there.tables)
      assert.deepStrictEqual(home.tables, there.tables)
      assert.deepStrictEqual([there.source, there.target], [
        file,
        `postgres://${new URL(url).host}${new URL(url).pathname}`
      ])
    }))

  it.scopedLive("goes on there: jobs run, keys refuse, and an old lease is lost once it is released", () =>
    Effect.gen(function*() {
      const { file, server, url } = yield* places
      const Mail = Job.make("mail", { payload: { to: Schema.String } })
      const MailLive = Mail.toLayer(() => Effect.void)
      const payload = "{\"to\":\"a\"}"
      yield* fileWith(file, [
        sampleJob({ id: sampleId(1), payload, unique_key: "a", unique_scope: "unfinished", holds_key: 1 }),
        sampleJob({
          id: sampleId(2),
          payload,
          status: "running",
          attempts: 4,
          locked_at: 1,
          locked_by: "host:1:aa",
          locked_until: 2
        }),
        sampleJob({ id: sampleId(3), payload, status: "succeeded", result: "null", finished_at: 4_000_000_000_000 })
      ])
      yield* copyUrls(`sqlite:${file}`, url)
      yield* onPostgres(
        server,
        Effect.gen(function*() {
          const kept = yield* JobQueue.enqueue(Mail, { to: "b" }, { uniqueKey: "a", uniqueScope: "unfinished" })
          assert.deepStrictEqual([kept.outcome, kept.id], ["kept", sampleId(1)])
          assert.strictEqual((yield* JobQueue.get(sampleId(3))).status, "succeeded")
          const { id } = yield* JobQueue.get(sampleId(2))
          const old = { jobId: id, worker: "host:1:aa", attempt: 4, failures: 0, lockedAt: 1, lockedUntil: 2 }
          yield* JobQueue.progress(old, "still held")
          assert.strictEqual(yield* JobQueue.releaseStale, 1)
          assert.strictEqual((yield* Effect.flip(JobQueue.progress(old, "too late")))._tag, "LeaseLost")
          assert.isFalse(yield* JobQueue.complete(old))
          yield* Worker.run({ jobs: [Mail], maxJobs: 2 }).pipe(Effect.provide(MailLive))
          const { jobs } = yield* JobQueue.list({})
          assert.deepStrictEqual(jobs.map(({ attempts, status }) => [status, attempts]), [
            ["succeeded", 0],
            ["succeeded", 5],
            ["succeeded", 1]
          ])
        }).pipe(Effect.provide(JobQueue.layer))
      )
    }))

  it.scopedLive("of 20,000 jobs goes in batches, and an interruption half-way leaves no tables", () =>
    Effect.gen(function*() {
      const { file, server, url } = yield* places
      const jobs = Array.from(
        { length: 20_000 },
        (_, index) => sampleJob({ id: sampleId(index), max_attempts: index + 1 })
      )
      yield* fileWith(file, jobs)

      const half = yield* Deferred.make<void>()
      const stopped = yield* Effect.fork(copyUrls(`sqlite:${file}`, url, {
        onProgress: ({ done, step }) =>
          step === "copy" && done === 10_000
            ? Effect.zipRight(Deferred.succeed(half, undefined), Effect.never)
            : Effect.void
      }))
      yield* Deferred.await(half)
      yield* Fiber.interrupt(stopped)
      assert.deepStrictEqual(yield* tablesOn(server), [])

      let most = 0
      let before = 0
      const { tables } = yield* copyUrls(`sqlite:${file}`, url, {
        onProgress: ({ done }) =>
          Effect.sync(() => {
            most = Math.max(most, done - before)
            before = done
          })
      })
      assert.deepStrictEqual([most, tables[0]?.rows], [500, 20_000])
      assert.deepStrictEqual(yield* jobsOnPostgres(server), jobs.map(withValues))
    }))
})
