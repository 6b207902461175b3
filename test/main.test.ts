import { assert, describe, it } from "@effect/vitest"
import { SqlClient } from "@effect/sql"
import { SqliteClient } from "@effect/sql-sqlite-node"
import { Effect } from "effect"
import { spawnSync } from "node:child_process"
import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs"
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
        yield* first.says("Gathering from a source")
        yield* first.kill("SIGTERM")
        yield* ends(first, 0)
        assert.include(lines(first).map(({ message }) => message), "Job handed back")

        const second = yield* start(folder, ["--max-jobs", "1"])
        yield* ends(second, 0)
        const messages = lines(second).map(({ message }) => message)
        for (
          const message of ["Source refreshed", "Compiled a brand", "Job succeeded", "Worker stopped"]
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
        assert.deepStrictEqual(another.said, [])
        assert.strictEqual(another.complained.filter((line) => line.includes("ERROR")).length, 1)
        const unchanged = yield* start(folder, ["brandbrain", "compile", "quillhaven"])
        yield* ends(unchanged, 0)
        assert.strictEqual(json(unchanged)["status"], "UNCHANGED")

        // --once with nothing due claims nothing and ends well; --dry-run reads only.
        const once = yield* start(folder, ["--once"])
        yield* ends(once, 0)
        assert.notInclude(lines(once).map(({ message }) => message), "Job succeeded")
        const asked = yield* start(folder, ["brandbrain", "compile", "quillhaven", "--force-refresh"])
        yield* ends(asked, 0)
        const before = readFileSync(join(folder, "data/holdfast.db"))
        const dryRun = yield* start(folder, ["--dry-run"])
        yield* ends(dryRun, 0)
        const would = lines(dryRun).filter(({ message }) => message === "Would claim")
        assert.deepStrictEqual(would.map(({ annotations }) => annotations["jobId"]), [json(asked)["job_id"]])
        assert.isTrue(before.equals(readFileSync(join(folder, "data/holdfast.db"))))
      }).pipe(Effect.scoped),
    180_000
  )

  it.live("with --dry-run on a fresh machine makes nothing", () =>
    Effect.gen(function*() {
      const folder = yield* temporaryFolder
      yield* ends(yield* start(folder, ["--dry-run"]), 0)
      assert.deepStrictEqual(readdirSync(folder), [])
    }).pipe(Effect.scoped))

  it.live("with --dry-run says that nothing is due in a database of another's, and names one that it cannot read", () =>
    Effect.gen(function*() {
      const folder = yield* temporaryFolder
      writeFileSync(join(folder, "another.db"), "")
      const another = yield* start(folder, ["--dry-run"], { DATABASE_URL: "sqlite:another.db" })
      yield* ends(another, 0)
      assert.deepStrictEqual(lines(another).map(({ message }) => message), [
        "The database at another.db has no tables of Holdfast's yet, so nothing is due"
      ])
      const text = "This is a letter, and no database, however long it may become in the end."
      writeFileSync(join(folder, "letter.txt"), text)
      const letter = yield* start(folder, ["--dry-run"], { DATABASE_URL: "sqlite:letter.txt" })
      yield* ends(letter, 1)
      assert.match(letter.complained.join("\n"), /"The database at letter.txt cannot be read: .*not a database"/)
      assert.strictEqual(readFileSync(join(folder, "letter.txt"), "utf8"), text)
      assert.strictEqual(readFileSync(join(folder, "another.db"), "utf8"), "")
    }).pipe(Effect.scoped))

  it.live("reads no database that is not there, and makes none", () =>
    Effect.gen(function*() {
      const folder = yield* temporaryFolder
      yield* Effect.forEach(
        [["status", "quillhaven", "run"], ["report", "quillhaven"], ["answer", "a", "tier0.who_for", "b"]],
        (args) =>
          Effect.gen(function*() {
            const process = yield* start(folder, ["brandbrain", ...args])
            yield* ends(process, 1)
            assert.strictEqual(process.complained.length, 1)
            assert.include(process.complained[0], "There is no database at data/holdfast.db")
            assert.include(process.complained[0], "brandbrain seed")
          }),
        { concurrency: 2 }
      )
      assert.deepStrictEqual(readdirSync(folder), [])
    }).pipe(Effect.scoped))

  it.live("on a terminal says how its jobs have ended and what to type next, without escapes under NO_COLOR", () =>
    Effect.gen(function*() {
      const folder = yield* temporaryFolder
      const { status, stdout } = spawnSync("script", ["-qec", `${process.execPath} ${program} --once`, "/dev/null"], {
        cwd: folder,
        encoding: "utf8",
        env: { ...process.env, APIFY_TOKEN: "sentinel", APIFY_BASE_URL: "http://127.0.0.1:9", NO_COLOR: "1" }
      })
      assert.strictEqual(status, 0)
      assert.match(stdout, /^\d\d:\d\d:\d\d .*Worker started/m)
      assert.match(stdout, /Ended after \d+s: no job was run/)
      // oxlint-disable-next-line no-control-regex
      assert.notMatch(stdout, /\u001b/)
    }).pipe(Effect.scoped))

  it.live("outlives the reader of its log, and hands its job back", () =>
    Effect.gen(function*() {
      const folder = yield* temporaryFolder
      const worker = yield* start(folder, [], { HOLDFAST_SHUTDOWN_GRACE: "0 seconds" })
      yield* worker.says("Gathering from a source")
      worker.child.stdout?.destroy()
      yield* worker.kill("SIGTERM")
      yield* ends(worker, 0)
      assert.match(worker.complained.join("\n"), /^Standard output cannot be written, so lines are lost: .*EPIPE$/)

      const dryRun = yield* start(folder, ["--dry-run"])
      yield* ends(dryRun, 0)
      assert.strictEqual(lines(dryRun).filter(({ message }) => message === "Would claim").length, 1)
    }).pipe(Effect.scoped))

  it.live("names an argument that it does not know, and does nothing", () =>
    Effect.gen(function*() {
      const folder = yield* temporaryFolder
      const unknown = [
        [["--bogus"], "'--bogus'"],
        [["--once", "extra"], "'extra'"],
        [["--onec"], "'--onec'"],
        [["--", "--dry-run", "extra"], "'extra'"],
        [["--max-jobs", "none"], "--max-jobs: \"none\""],
        [["--once", "--concurrency"], "--concurrency: no value was given"],
        [["brandbrain", "--bogus"], "brandbrain --bogus"],
        [["brandbrain", "sed"], "brandbrain sed"],
        [["brandbrain", "--", "seed", "extra"], "'extra'"]
      ] as const
      yield* Effect.forEach(unknown, ([args, named]) =>
        Effect.gen(function*() {
          const process = yield* start(folder, args)
          yield* ends(process, 1)
          assert.include(process.complained.join("\n"), named)
          assert.include(process.complained.join("\n"), "--help")
        }), { concurrency: 2 })
      // The package runner's own -- is none.
      yield* ends(yield* start(folder, ["--", "--dry-run"]), 0)
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
        [
          { DATABASE_URL: "sqlite://host/db" },
          [],
          /"DATABASE_URL: sqlite: with two slashes.*sqlite:\/\/\/<absolute path>/
        ],
        [{ BRANDBRAIN_CAP_WEB: "-3" }, [], /"BRANDBRAIN_CAP_WEB must be a positive integer/],
        [{ BRANDBRAIN_CAP_WEB: "-3" }, ["--dry-run"], /"BRANDBRAIN_CAP_WEB must be a positive integer/],
        [
          { HOLDFAST_LEASE_DURATION: "1 minute" },
          ["--dry-run"],
          /HOLDFAST_HEARTBEAT_INTERVAL: got 30s.*HOLDFAST_LEASE_DURATION/
        ],
        [{}, ["--dry-run", "--concurrency", "5000"], /"--concurrency: got 5000/],
        [
          { HOLDFAST_CONCURRENCY: "ten", HOLDFAST_POLL_INTERVAL: "soon" },
          [],
          /"HOLDFAST_CONCURRENCY: \\"ten\\" is [^;]*; HOLDFAST_POLL_INTERVAL: /
        ],
        [
          { HOLDFAST_LEASE_DURATION: "1 minute", HOLDFAST_HEARTBEAT_INTERVAL: "30 seconds" },
          [],
          /HOLDFAST_HEARTBEAT_INTERVAL: got 30s; expected less than half the lease of \\"brandbrain.compile\\", which is 1m/
        ]
      ] as const
      yield* Effect.forEach(refused, ([environment, args, told]) =>
        Effect.gen(function*() {
          const process = yield* start(folder, args, environment)
          yield* ends(process, 1)
          assert.match(process.complained.join("\n"), told)
          // Once, in a sentence, and not in the log as well.
          assert.strictEqual(process.complained.length, 1)
          assert.deepStrictEqual(process.said, [])
        }), { concurrency: 2 })
      assert.isFalse(existsSync(join(folder, "data")))
    }).pipe(Effect.scoped))

  it.live("with --once tells of a row that refuses, and fails in a sentence when its tables are gone", () =>
    Effect.gen(function*() {
      const folder = yield* temporaryFolder
      const account = { APIFY_TOKEN: "apify_api_sentinel", APIFY_BASE_URL: "http://127.0.0.1:9" }
      const statement = (text: string) =>
        Effect.flatMap(SqlClient.SqlClient, (sql) => sql`${sql.literal(text)}`).pipe(
          Effect.provide(SqliteClient.layer({ filename: join(folder, "data/holdfast.db") }))
        )
      const failsWith = (problem: RegExp) =>
        Effect.gen(function*() {
          const process = yield* start(folder, ["--once"], account)
          yield* ends(process, 1)
          assert.strictEqual(process.complained.length, 1)
          assert.match(String(process.complained[0]), problem)
        })
      yield* ends(yield* start(folder, ["--once"], account), 0)
      yield* statement(`
        INSERT INTO holdfast_jobs (
          id, queue, kind, payload, status, priority, max_attempts, available_at, created_at, updated_at
        ) VALUES ('job', 'default', 'brandbrain.compile', '{}', 'pending', 0, 1, 0, 0, 0)`)
      yield* statement(`
        CREATE TRIGGER refuse BEFORE UPDATE ON holdfast_jobs BEGIN SELECT RAISE(ABORT, 'the trigger refuses'); END`)
      const refused = yield* start(folder, ["--once"], account)
      yield* ends(refused, 0)
      assert.include(
        lines(refused).map(({ message }) => message),
        "A job's row refuses a write and is left out for a minute"
      )
      yield* statement("DROP TABLE holdfast_jobs")
      yield* failsWith(
        /^\{"message":"The job store failed in [^"]*: The table holdfast_jobs is missing[^"]*drizzle-kit push/
      )
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
      assert.notInclude(lines(process).map(({ message }) => message), "Gathering from a source")
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
      assert.include(help.said.join("\n"), "pnpm brandbrain --help")
      for (const asked of [["brandbrain"], ["brandbrain", "--help"]]) {
        const commands = yield* start(folder, asked)
        yield* ends(commands, 0)
        for (const word of ["seed", "compile", "status", "snapshot"]) assert.include(commands.said.join("\n"), word)
      }
      const completions = yield* start(folder, ["--completions", "bash"])
      yield* ends(completions, 0)
      assert.include(completions.said.join("\n"), "--dry-run")
      const commandCompletions = yield* start(folder, ["brandbrain", "--completions", "bash"])
      yield* ends(commandCompletions, 0)
      assert.include(commandCompletions.said.join("\n"), "snapshot")

      for (const { said } of [help]) {
        assert.notInclude(said.join("\n"), "user-defined")
        // oxlint-disable-next-line no-control-regex
        assert.notMatch(said.join("\n"), /\u001b/)
      }
      const quiet = yield* start(folder, ["--dry-run", "--log-level", "error"])
      yield* ends(quiet, 0)
      assert.deepStrictEqual(quiet.said, [])
      assert.deepStrictEqual(readdirSync(folder), [])
    }).pipe(Effect.scoped))
})
