import { assert, describe, it } from "@effect/vitest"
import Database from "better-sqlite3"
import { Effect } from "effect"
import { copyFileSync, renameSync, rmSync } from "node:fs"
import { temporaryFolder } from "../store/sqlite/temporaryFolder.ts"
import { databaseIn, messagesIn, runProgram, startProgram } from "./runProgram.ts"

/** An account at an actor platform, so that no brand is made and nothing is due. */
const environment = {
  HOLDFAST_HTTP_TOKEN: "s3nt1nel",
  APIFY_TOKEN: "apify_api_none",
  APIFY_BASE_URL: "http://127.0.0.1:9"
}

/** What a newer release does to the tables, as seen by this one. */
const migrate = (filename: string) => {
  const database = new Database(filename)
  database.exec("INSERT INTO holdfast_migrations (migration_id, name) VALUES (1001, 'of_the_future')")
  database.close()
}

const replaced = /^\{"message":"The job store failed in [^"]*holdfast\.db was deleted or replaced[^"]*"/
const newer =
  /^\{"message":"The job store failed in [^"]*a newer release has migrated the tables to version 1001, and this one is made for version \d+"/

/** What happens to the database under a worker, and what the worker ends with. */
const losses: Readonly<Record<string, readonly [(filename: string) => void, RegExp]>> = {
  "is migrated by a newer release": [migrate, newer],
  "is deleted": [(filename) => rmSync(filename), replaced],
  "is replaced, as by a restore": [
    (filename) => {
      copyFileSync(filename, `${filename}.restored`)
      renameSync(`${filename}.restored`, filename)
    },
    replaced
  ]
}

for (const [where, flags] of Object.entries({ alone: [], "beside the HTTP API": ["--http", "0"] })) {
  describe(`pnpm start, ${where}`, () => {
    for (const [what, [lose, told]] of Object.entries(losses)) {
      it.scopedLive(`fails in one sentence when its database ${what}`, () =>
        Effect.gen(function*() {
          const folder = yield* temporaryFolder
          const { ended, says } = yield* startProgram(folder, ["--poll-interval", "50 millis", ...flags], environment)
          yield* says("Worker started")
          lose(databaseIn(folder))
          const { code, complained, said } = yield* ended
          assert.strictEqual(code, 1)
          assert.lengthOf(complained, 1)
          assert.match(String(complained[0]), told)
          const messages = messagesIn(said)
          assert.include(messages, "Worker stopped")
          assert.strictEqual(messages.some((message) => message.startsWith("The API listens")), flags.length > 0)
        }))
    }
  })
}

it.scopedLive("pnpm start fails in one sentence on a database that a newer release has migrated before", () =>
  Effect.gen(function*() {
    const folder = yield* temporaryFolder
    assert.strictEqual((yield* runProgram(folder, ["--once"], environment)).code, 0)
    migrate(databaseIn(folder))
    const { code, complained } = yield* runProgram(folder, [], environment)
    assert.strictEqual(code, 1)
    assert.lengthOf(complained, 1)
    assert.match(String(complained[0]), /^\{"message":"[^"]*version 1001[^"]*"/)
  }))
