import { assert, describe, it } from "@effect/vitest"
import { Effect, Redacted } from "effect"
import { messagesIn, runProgram } from "../program/runProgram.ts"
import { newestVersion, valueOf } from "../program/operate/onQueue.ts"
import { temporaryFolder } from "../store/sqlite/temporaryFolder.ts"
import { freshDatabase } from "./freshDatabase.ts"

describe("pnpm holdfast on PostgreSQL", () => {
  for (const settings of [{}, { HOLDFAST_POSTGRES_SCHEMA: "Jobs" }]) {
    it.live(`makes tables by migrate only, and then all commands have an answer, ${JSON.stringify(settings)}`, () =>
      Effect.gen(function*() {
        const url = Redacted.value(yield* freshDatabase)
        const folder = yield* temporaryFolder
        const run = (...args: ReadonlyArray<string>) =>
          runProgram(folder, ["holdfast", ...args], { ...settings, DATABASE_URL: url })
        for (
          const args of [["jobs", "list"], ["jobs", "cancel", "a"], ["jobs", "retry", "a"], ["queues", "pause", "a"]]
        ) {
          const { code, complained, said } = yield* run(...args)
          assert.deepStrictEqual([code, said], [1, []])
          assert.match(messagesIn(complained)[0] ?? "", /there are no tables of Holdfast in /)
        }
        const { host, pathname } = new URL(url)
        const database = `postgres://${host}${pathname}`
        const version = newestVersion
        assert.deepStrictEqual(valueOf(yield* run("migrate", "--json")), { database, before: 0, version })
        assert.deepStrictEqual(valueOf(yield* run("migrate", "--json")), { database, before: version, version })
        assert.deepStrictEqual(valueOf(yield* run("jobs", "list", "--json")), { jobs: [], cursor: null })
        assert.deepStrictEqual(messagesIn((yield* run("jobs", "cancel", "a")).complained), ["There is no job a"])
        assert.deepStrictEqual(messagesIn((yield* run("explain", "a")).complained), ["There is no job a"])
        assert.include(valueOf<object>(yield* run("queues", "pause", "mail", "--json")), {
          scope: "queue",
          name: "mail"
        })
        assert.match((yield* run("queues", "list")).said[1] ?? "", /^mail +0 +0 +0 +since /)
        assert.include(valueOf<object>(yield* run("queues", "resume", "mail", "--json")), { resumed: true })
        assert.include(valueOf<object>(yield* run("stats", "--json")), { over: 300_000, isWhole: true })
      }).pipe(Effect.scoped))
  }
})
