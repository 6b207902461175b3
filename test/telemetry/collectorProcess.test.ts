import { assert, it } from "@effect/vitest"
import { Duration, Effect } from "effect"
import { join } from "node:path"
import { startProcess } from "../processes/startProcess.ts"
import { messagesIn } from "../program/runProgram.ts"
import { temporaryFolder } from "../store/sqlite/temporaryFolder.ts"
import { makeCollector } from "./collector.ts"

const main = join(import.meta.dirname, "../../dist/start/main.js")

/** A worker of pnpm start, with an account that nobody answers for, so that it has nothing to do. */
const start = (url: string) =>
  Effect.flatMap(temporaryFolder, (folder) =>
    startProcess([main], {
      APIFY_TOKEN: "sentinel",
      APIFY_BASE_URL: "http://127.0.0.1:9",
      OTEL_EXPORTER_OTLP_ENDPOINT: url
    }, folder))

it.live("a worker that is told to end sends its last line, and ends by itself", () =>
  Effect.gen(function*() {
    const collector = yield* makeCollector()
    const worker = yield* start(collector.url)
    yield* worker.says("Worker started")
    yield* worker.kill("SIGTERM")
    assert.deepStrictEqual(yield* worker.ended, { code: 0, signal: null })
    const sent = collector.logs().map(({ body }) => body.stringValue)
    assert.deepStrictEqual(sent, messagesIn(worker.said))
    assert.include(sent, "Worker stopped")
  }).pipe(Effect.scoped))

it.live("a worker that is told to end waits no more than seconds for a collector that never answers", () =>
  Effect.gen(function*() {
    const collector = yield* makeCollector(() => {})
    const worker = yield* start(collector.url)
    yield* worker.says("Worker started")
    yield* worker.kill("SIGTERM")
    const [took, ended] = yield* Effect.timed(worker.ended)
    assert.deepStrictEqual(ended, { code: 0, signal: null })
    assert.isNotEmpty(collector.requests)
    assert.isBelow(Duration.toSeconds(took), 10)
  }).pipe(Effect.scoped))
