import { SqlClient } from "@effect/sql"
import { SqliteClient } from "@effect/sql-sqlite-node"
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { readdirSync } from "node:fs"
import { databaseIn, messagesIn, runProgram } from "../program/runProgram.ts"
import { temporaryFolder } from "../store/sqlite/temporaryFolder.ts"
import { attributesOf, makeCollector } from "./collector.ts"

/** An account at an actor platform that nobody answers for, so that no sample brand is compiled. */
const account = { APIFY_TOKEN: "apify_api_sentinel", APIFY_BASE_URL: "http://127.0.0.1:9" }

/** A folder with a database in which a job is due whose payload no handler can read. */
const withJob = Effect.gen(function*() {
  const folder = yield* temporaryFolder
  yield* runProgram(folder, ["--once"], account)
  yield* Effect.flatMap(SqlClient.SqlClient, (sql) =>
    sql`
    INSERT INTO holdfast_jobs (
      id, queue, kind, payload, status, priority, max_attempts, available_at, created_at, updated_at
    ) VALUES ('job', 'default', 'brandbrain.compile', '{"page": "hunter2"}', 'pending', 0, 1, 0, 0, 0)`).pipe(
      Effect.provide(SqliteClient.layer({ filename: databaseIn(folder) }))
    )
  return folder
})

describe("pnpm start with a collector", () => {
  it.scopedLive("sends the span of an attempt, what it logs and what it counts, before it ends", () =>
    Effect.gen(function*() {
      const { logs, metrics, requests, spans, url } = yield* makeCollector()
      const { code, said } = yield* runProgram(yield* withJob, ["--once"], {
        ...account,
        OTEL_EXPORTER_OTLP_ENDPOINT: url,
        OTEL_SERVICE_NAME: "brandbrain"
      })
      assert.strictEqual(code, 0)
      const [attempt, ...others] = spans().filter(({ name }) => name === "process brandbrain.compile")
      assert(attempt !== undefined && others.length === 0)
      assert.deepStrictEqual([attempt.kind, attempt.status.code], [5, 2])
      assert.include(attributesOf(attempt), { "messaging.message.id": "job", "holdfast.job.outcome": "failed" })
      const sent = logs().map(({ body }) => body.stringValue)
      assert.deepStrictEqual(sent, messagesIn(said))
      assert.include(sent, "Worker stopped")
      assert.includeMembers(metrics().map(({ name }) => name), [
        "holdfast_jobs_settled",
        "holdfast_last_look_timestamp_seconds",
        "holdfast_gauges_timestamp_seconds"
      ])
      for (const { body } of requests) assert.notMatch(body, /hunter2|sentinel/)
    }))

  it.scopedLive("works on while the collector is away, and warns", () =>
    Effect.gen(function*() {
      const { url } = yield* Effect.scoped(makeCollector())
      const { code, said } = yield* runProgram(yield* withJob, ["--once"], {
        ...account,
        OTEL_EXPORTER_OTLP_ENDPOINT: url
      })
      assert.strictEqual(code, 0)
      assert.include(messagesIn(said), "Job failed")
      assert.include(messagesIn(said), "Telemetry does not get through; it is dropped until it does")
    }))

  it.scopedLive("says what is wrong with its settings before it makes a file, and shows no secret", () =>
    Effect.gen(function*() {
      const folder = yield* temporaryFolder
      const { code, complained, said } = yield* runProgram(folder, ["--once"], {
        OTEL_EXPORTER_OTLP_ENDPOINT: "http://me:hunter2@collector.example"
      })
      assert.deepStrictEqual([code, said], [1, []])
      assert.include(
        complained.join("\n"),
        "OTEL_EXPORTER_OTLP_ENDPOINT: a user or password in the URL is not supported"
      )
      assert.notInclude(complained.join("\n"), "hunter2")
      assert.deepStrictEqual(readdirSync(folder), [])
    }))
})
