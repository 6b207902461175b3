import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { existsSync, readdirSync, readFileSync } from "node:fs"
import { join } from "node:path"
import type { Started } from "./crash/workerProcesses.ts"
import { startProcess, temporaryFolder } from "./crash/workerProcesses.ts"

const program = join(import.meta.dirname, "../dist/main.js")

/** The program in a folder of its own, as on a fresh machine. */
const start = (folder: string, args: ReadonlyArray<string>, environment: Readonly<Record<string, string>> = {}) =>
  startProcess([program, ...args], { APIFY_TOKEN: "", ...environment }, folder)

interface Line {
  readonly message: string
  readonly annotations: Readonly<Record<string, unknown>>
}

const lines = ({ said }: Started) => said.map((line) => JSON.parse(line) as Line)

const json = ({ said }: Started) => JSON.parse(said.join("\n")) as Readonly<Record<string, unknown>>

const ends = (process: Started, code: number) =>
  Effect.map(process.ended, (ended) => assert.deepStrictEqual(ended, { code, signal: null }))

describe.concurrent("pnpm start", () => {
  it.live(
    "on a fresh machine makes the sample brand, compiles it across a restart, and has one snapshot",
    () =>
      Effect.gen(function*() {
        const folder = yield* temporaryFolder
        const first = yield* start(folder, [], { HOLDFAST_SHUTDOWN_GRACE: "0 seconds" })
        yield* first.says("Job claimed")
        yield* first.says("Gathering from a source")
        yield* first.kill("SIGTERM")
        yield* ends(first, 0)
        assert.include(lines(first).map(({ message }) => message), "Job handed back")

        const second = yield* start(folder, ["--max-jobs", "1"])
        yield* ends(second, 0)
        const messages = lines(second).map(({ message }) => message)
        for (
          const message of ["Job claimed", "Source refreshed", "Compiled a brand", "Job succeeded", "Worker stopped"]
        ) {
          assert.include(messages, message)
        }
        assert.isTrue(messages.some((message) => message.startsWith("Evidence is recorded")))
        assert.notInclude(messages, "Created the sample brand and asked for its compile")

        const compileRunId = String(
          lines(first).find(({ annotations }) => "compileRunId" in annotations)?.annotations["compileRunId"]
        )
        const snapshot = yield* start(folder, ["brandbrain", "snapshot", "quillhaven"])
        yield* ends(snapshot, 0)
        assert.strictEqual(json(snapshot)["version"], 1)
        const status = yield* start(folder, ["brandbrain", "status", "quillhaven", compileRunId])
        yield* ends(status, 0)
        assert.strictEqual(json(status)["status"], "SUCCEEDED")
        const another = yield* start(folder, ["brandbrain", "status", "another", compileRunId])
        yield* ends(another, 1)
        const unchanged = yield* start(folder, ["brandbrain", "compile", "quillhaven"])
        yield* ends(unchanged, 0)
        assert.strictEqual(json(unchanged)["status"], "UNCHANGED")

        // --once with nothing due claims nothing and ends well; --dry-run reads only.
        const once = yield* start(folder, ["--once"])
        yield* ends(once, 0)
        assert.notInclude(lines(once).map(({ message }) => message), "Job claimed")
        const asked = yield* start(folder, ["brandbrain", "compile", "quillhaven", "--force-refresh"])
        yield* ends(asked, 0)
        const before = readFileSync(join(folder, "data/holdfast.db"))
        const dryRun = yield* start(folder, ["--dry-run"])
        yield* ends(dryRun, 0)
        const would = lines(dryRun).filter(({ message }) => message === "Would claim")
        assert.deepStrictEqual(would.map(({ annotations }) => annotations["jobId"]), [json(asked)["job_id"]])
        assert.isTrue(before.equals(readFileSync(join(folder, "data/holdfast.db"))))
      }).pipe(Effect.scoped),
    120_000
  )

  it.live("with --dry-run on a fresh machine makes nothing", () =>
    Effect.gen(function*() {
      const folder = yield* temporaryFolder
      yield* ends(yield* start(folder, ["--dry-run"]), 0)
      assert.deepStrictEqual(readdirSync(folder), [])
    }).pipe(Effect.scoped))

  it.live("refuses settings that make no sense before it touches anything, naming each and what is allowed", () =>
    Effect.gen(function*() {
      const folder = yield* temporaryFolder
      const refused = [
        [{ HOLDFAST_CONCURRENCY: "ten" }, [], /HOLDFAST_CONCURRENCY.*\\"ten\\".*1 or more/],
        [{ HOLDFAST_POLL_INTERVAL: "soon" }, [], /HOLDFAST_POLL_INTERVAL.*\\"soon\\".*5 seconds/],
        [{ HOLDFAST_SQLITE_SYNCHRONOUS: "off" }, [], /HOLDFAST_SQLITE_SYNCHRONOUS.*\\"off\\".*full nor normal/],
        [{ DATABASE_URL: "postgres://me:hunter2@host/db" }, [], /DATABASE_URL(?!.*hunter2).*sqlite:/],
        [{ BRANDBRAIN_CAP_WEB: "-3" }, [], /BRANDBRAIN_CAP_WEB.*positive integer/],
        [
          { HOLDFAST_LEASE_DURATION: "1 minute", HOLDFAST_HEARTBEAT_INTERVAL: "30 seconds" },
          [],
          /heartbeatInterval: got 30s; expected less than half the lease of \\"brandbrain.compile\\", which is 1m/
        ]
      ] as const
      yield* Effect.forEach(refused, ([environment, args, told]) =>
        Effect.gen(function*() {
          const process = yield* start(folder, args, environment)
          yield* ends(process, 1)
          assert.match(process.complained.join("\n"), told)
        }), { concurrency: 2 })
      assert.isFalse(existsSync(join(folder, "data")))
    }).pipe(Effect.scoped))

  it.live("keeps the platform's token out of its log", () =>
    Effect.gen(function*() {
      const folder = yield* temporaryFolder
      const process = yield* start(folder, ["--once"], {
        APIFY_TOKEN: "apify_api_sentinel",
        APIFY_BASE_URL: "http://127.0.0.1:9"
      })
      yield* ends(process, 0)
      assert.notInclude([...process.said, ...process.complained].join("\n"), "sentinel")
      // With an account, nobody's brand is invented.
      assert.notInclude(lines(process).map(({ message }) => message), "Job claimed")
    }).pipe(Effect.scoped))

  it.live("says what it can do", () =>
    Effect.gen(function*() {
      const folder = yield* temporaryFolder
      const help = yield* start(folder, ["--help"])
      yield* ends(help, 0)
      for (
        const word of [
          "--once",
          "--dry-run",
          "--max-jobs",
          "--concurrency",
          "--poll-interval",
          "--stale-check-interval"
        ]
      ) assert.include(help.said.join("\n"), word)
      const wrong = yield* start(folder, ["--max-jobs", "none"])
      yield* ends(wrong, 1)
      assert.deepStrictEqual(readdirSync(folder), [])
    }).pipe(Effect.scoped))
})
