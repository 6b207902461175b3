import { SqlClient } from "@effect/sql"
import { SqliteClient } from "@effect/sql-sqlite-node"
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { readdirSync, readFileSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { temporaryFolder } from "../store/sqlite/temporaryFolder.ts"
import { databaseIn, linesIn, messagesIn, runProgram } from "./runProgram.ts"

/** An account at an actor platform that nobody answers for. */
const account = { APIFY_TOKEN: "apify_api_sentinel", APIFY_BASE_URL: "http://127.0.0.1:9" }

describe("pnpm start", () => {
  it.scopedLive("with --dry-run says that nothing is due in a foreign database, and names one that it cannot read", () =>
    Effect.gen(function*() {
      const folder = yield* temporaryFolder
      const another = join(folder, "another.db")
      writeFileSync(another, "")
      const dry = yield* runProgram(folder, ["--dry-run"], { DATABASE_URL: `sqlite:${another}` })
      assert.strictEqual(dry.code, 0)
      assert.deepStrictEqual(messagesIn(dry.said), [
        `The database at ${another} has no tables of Holdfast's yet, so nothing is due`
      ])
      const text = "This is a letter, and no database, however long it may become in the end."
      const letter = join(folder, "letter.txt")
      writeFileSync(letter, text)
      const read = yield* runProgram(folder, ["--dry-run"], { DATABASE_URL: `sqlite:${letter}` })
      assert.strictEqual(read.code, 1)
      assert.match(read.complained.join("\n"), /"The database at \S*letter.txt cannot be read: .*not a database"/)
      assert.strictEqual(readFileSync(letter, "utf8"), text)
      assert.strictEqual(readFileSync(another, "utf8"), "")
    }))

  it.scopedLive("with --once tells of a row that refuses, and fails in a sentence when its tables are gone", () =>
    Effect.gen(function*() {
      const folder = yield* temporaryFolder
      const statement = (text: string) =>
        Effect.flatMap(SqlClient.SqlClient, (sql) => sql`${sql.literal(text)}`).pipe(
          Effect.provide(SqliteClient.layer({ filename: databaseIn(folder) }))
        )
      const once = runProgram(folder, ["--once"], account)
      assert.strictEqual((yield* once).code, 0)
      yield* statement(`
        INSERT INTO holdfast_jobs (
          id, queue, kind, payload, status, priority, max_attempts, available_at, created_at, updated_at
        ) VALUES ('job', 'default', 'brandbrain.compile', '{}', 'pending', 0, 1, 0, 0, 0)`)
      yield* statement(`
        CREATE TRIGGER refuse BEFORE UPDATE ON holdfast_jobs BEGIN SELECT RAISE(ABORT, 'the trigger refuses'); END`)
      const refused = yield* once
      assert.strictEqual(refused.code, 0)
      assert.include(messagesIn(refused.said), "A job's row refuses a write and is left out for a minute")
      yield* statement("DROP TABLE holdfast_jobs")
      const failed = yield* once
      assert.strictEqual(failed.code, 1)
      assert.strictEqual(failed.complained.length, 1)
      assert.match(
        String(failed.complained[0]),
        /^\{"message":"The job store failed in [^"]*: The table holdfast_jobs is missing[^"]*drizzle-kit push/
      )
    }))

  it.scopedLive("keeps the platform's token out of its log", () =>
    Effect.gen(function*() {
      const { code, complained, said } = yield* runProgram(yield* temporaryFolder, ["--once"], account)
      assert.strictEqual(code, 0)
      assert.isNotEmpty(said)
      assert.notInclude([...said, ...complained].join("\n"), "sentinel")
      // With an account, nobody's brand is invented.
      assert.notInclude(messagesIn(said), "Gathering from a source")
    }))

  it.scopedLive("takes jobs from the queues that it is told, as many at once as each may have", () =>
    Effect.gen(function*() {
      const folder = yield* temporaryFolder
      const environment = { ...account, HOLDFAST_QUEUES: "mail=2,default" }
      assert.strictEqual((yield* runProgram(folder, ["--once"], environment)).code, 0)
      const row = (id: string, queue: string) =>
        `('${id}', '${queue}', 'brandbrain.compile', '{}', 'pending', 0, 1, 0, 0, 0)`
      yield* Effect.flatMap(SqlClient.SqlClient, (sql) =>
        sql`${
          sql.literal(`
        INSERT INTO holdfast_jobs (
          id, queue, kind, payload, status, priority, max_attempts, available_at, created_at, updated_at
        ) VALUES ${["1", "2", "3"].map((id) => row(`mail ${id}`, "mail")).join(", ")}, ${row("default", "default")},
          ${row("slow", "slow")}`)
        }`).pipe(Effect.provide(SqliteClient.layer({ filename: databaseIn(folder) })))
      const dueIn = (args: ReadonlyArray<string>) =>
        Effect.map(
          runProgram(folder, ["--dry-run", ...args], environment),
          ({ said }) =>
            linesIn(said).flatMap(({ annotations: { jobId } }) => typeof jobId === "string" ? [jobId] : []).toSorted()
        )
      assert.deepStrictEqual(yield* dueIn([]), ["default", "mail 1", "mail 2"])
      assert.deepStrictEqual(yield* dueIn(["--queues", "slow, mail=1"]), ["mail 1", "slow"])
      yield* runProgram(folder, ["--once", "--queues", "slow"], environment)
      assert.deepStrictEqual(yield* dueIn(["--queues", "slow,default"]), ["default"])
    }))

  it.scopedLive("logs in the format it is told, what is wrong with a setting too", () =>
    Effect.gen(function*() {
      const folder = yield* temporaryFolder
      const run = (environment: Readonly<Record<string, string>>) => runProgram(folder, ["--dry-run"], environment)
      const { said } = yield* run({ HOLDFAST_LOG_FORMAT: "logfmt" })
      assert.match(said.join("\n"), /^timestamp=\S+ level=INFO fiber=\S+ message="There is no database at [^\n]*$/)
      const { code, complained } = yield* run({ HOLDFAST_LOG_FORMAT: "xml", HOLDFAST_RETAIN_FAILED: "never" })
      assert.strictEqual(code, 1)
      assert.match(complained.join("\n"), /HOLDFAST_LOG_FORMAT: .*is not a format/)
      assert.match(complained.join("\n"), /HOLDFAST_RETAIN_FAILED: .*or off/)
    }))

  it.scopedLive("logs nothing below the level that --log-level names", () =>
    Effect.gen(function*() {
      const folder = yield* temporaryFolder
      const quiet = yield* runProgram(folder, ["--dry-run", "--log-level", "error"])
      assert.deepStrictEqual([quiet.code, quiet.said], [0, []])
      assert.deepStrictEqual(readdirSync(folder), [])
    }))
})
