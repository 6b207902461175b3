import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { existsSync, readdirSync } from "node:fs"
import { join } from "node:path"
import { fileWith, jobsOn } from "../store/copy/onSqlite.ts"
import { sampleId, sampleJob, sampleJobs } from "../store/copy/sampleJobs.ts"
import { temporaryFolder } from "../store/sqlite/temporaryFolder.ts"
import { makeTerminal, messagesIn, runOnTerminal, runProgram } from "./runProgram.ts"

const copy = (folder: string, ...more: ReadonlyArray<string>) => [
  "holdfast",
  "copy",
  "--from",
  `sqlite:${join(folder, "a.db")}`,
  "--to",
  `sqlite:${join(folder, "b.db")}`,
  ...more
]

describe("pnpm holdfast", () => {
  it.scopedLive("prints its commands, and the flags of copy", () =>
    Effect.gen(function*() {
      const folder = yield* temporaryFolder
      for (const args of [["holdfast"], ["holdfast", "--help"], ["--", "holdfast", "--", "-h"]]) {
        const { code, said } = yield* runProgram(folder, args)
        assert.deepStrictEqual([code, said[0]], [0, "npx pnpm@10 holdfast <command>"])
        assert.match(said.join("\n"), /^ {2}copy +Copy a queue whose workers are stopped to another database/m)
      }
      const { code, said } = yield* runProgram(folder, ["holdfast", "copy", "--help"])
      assert.deepStrictEqual([code, said[0]], [
        0,
        "npx pnpm@10 holdfast copy --from url [--from-schema name] --to url [--to-schema name]"
      ])
      assert.match(said.join("\n"), /^ {2}--from url +The database to copy, which is only read/m)
      assert.deepStrictEqual(readdirSync(folder), [])
    }))

  it.scopedLive("refuses what it does not understand, shows no password, and makes nothing", () =>
    Effect.gen(function*() {
      const folder = yield* temporaryFolder
      const secret = "postgres://me:hunter2@db.example/app"
      const refused = [
        [["cpoy"], "cpoy"],
        [["copy"], "--from"],
        [["copy", "--from", secret], "--to"],
        [["copy", "--from", secret, "--to"], "--to: no value was given"],
        [["copy", "--from", secret, "--to", "sqlite:a.db", secret], "postgres://…@db.example/app"],
        [["copy", secret, "sqlite:a.db"], "--help"],
        [["cpoy", secret], "Not understood: holdfast cpoy postgres://…@db.example/app"],
        [
          ["copy", "--from", "nowhere", "--to", "sqlite:a.db"],
          "--from: a URL without a scheme is not supported; write sqlite:"
        ],
        [["copy", "--from", "sqlite:a.db", "--to", "mysql://me:hunter2@host/db"], "--to: the scheme \"mysql\""],
        [["copy", "--from", "sqlite::memory:", "--to", "sqlite:a.db"], "--from: a database in memory is gone"]
      ] as const
      for (const [args, told] of refused) {
        const { code, complained, said } = yield* runProgram(folder, ["holdfast", ...args])
        assert.strictEqual(code, 1)
        assert.include(complained.join("\n"), told)
        assert.notInclude([...said, ...complained].join("\n"), "hunter2")
      }
      assert.deepStrictEqual(readdirSync(folder), [])
    }))

  it.scopedLive("copies, logs its progress and answers with what it has verified", () =>
    Effect.gen(function*() {
      const folder = yield* temporaryFolder
      yield* fileWith(join(folder, "a.db"), sampleJobs)
      const { code, complained, said } = yield* runProgram(folder, copy(folder))
      assert.strictEqual(code, 0, complained.join("\n"))
      const { tables, ...copied } = JSON.parse(said.join("\n")) as Readonly<Record<string, unknown>>
      assert.deepStrictEqual(copied, {
        source: join(folder, "a.db"),
        target: join(folder, "b.db"),
        stale: 2,
        columnsLeftOut: []
      })
      assert.match(
        JSON.stringify(tables),
        /^\[\{"table":"holdfast_jobs","rows":10,"checksum":"[0-9a-f]{64}"\},\{"table":"holdfast_pauses"/
      )
      assert.deepStrictEqual(messagesIn(complained), ["Copied 10 of 10 rows of holdfast_jobs"])
      assert.lengthOf(yield* jobsOn(join(folder, "b.db")), 10)

      const again = yield* runProgram(folder, copy(folder))
      assert.deepStrictEqual([again.code, again.said, again.complained.length], [1, [], 1])
      assert.match(again.complained[0] ?? "", /b\.db is not empty: it holds 1 cancelled job, /)
    }))

  it.scopedLive("logs a line for each tenth of a large table", () =>
    Effect.gen(function*() {
      const folder = yield* temporaryFolder
      yield* fileWith(
        join(folder, "a.db"),
        Array.from({ length: 6000 }, (_, index) => sampleJob({ id: sampleId(index) }))
      )
      const { complained } = yield* runProgram(folder, copy(folder))
      const messages = messagesIn(complained)
      const lines = (verb: string) =>
        ["1,000", "1,500", "2,000", "2,500", "3,000", "4,000", "4,500", "5,000", "5,500", "6,000"].map((done) =>
          `${verb} ${done} of 6,000 rows of holdfast_jobs`
        )
      assert.deepStrictEqual(messages.filter((message) => message.startsWith("Copied")), lines("Copied"))
      // Checked, copied, verified, and the source read once more.
      assert.lengthOf(messages, 40)
    }))

  it.scopedLive("shows a bar on a terminal, and tells a person the result", () =>
    Effect.gen(function*() {
      const folder = yield* temporaryFolder
      yield* fileWith(join(folder, "a.db"), sampleJobs)
      const terminal = makeTerminal()
      assert.strictEqual(yield* runOnTerminal(folder, copy(folder), terminal), 0)
      const text = terminal.text()
      for (const step of ["Checking", "Copying", "Verifying"]) {
        assert.include(text, `${step} holdfast_jobs [########################] 10 of 10`)
      }
      assert.include(text, `Copied ${join(folder, "a.db")} to ${join(folder, "b.db")} and compared every row:\n`)
      assert.match(text, /holdfast_jobs +10 rows, the same in both, SHA-256 [0-9a-f]{12}…/)
      assert.include(text, "2 jobs are running under leases that have run out; a worker's first sweep frees them.")
      assert.notInclude(text, "{")
    }))

  it.scopedLive("reports in one line a source that is not there", () =>
    Effect.gen(function*() {
      const folder = yield* temporaryFolder
      const { code, complained } = yield* runProgram(folder, copy(folder))
      assert.strictEqual(code, 1)
      assert.deepStrictEqual(messagesIn(complained), [`There is no database at ${join(folder, "a.db")}`])
      assert.isFalse(existsSync(join(folder, "b.db")))
    }))
})
