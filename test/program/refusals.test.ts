import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { existsSync, readdirSync } from "node:fs"
import { join } from "node:path"
import { temporaryFolder } from "../store/sqlite/temporaryFolder.ts"
import { databaseIn, runProgram } from "./runProgram.ts"

describe("the program refuses", () => {
  it.scopedLive("an argument that it does not know, naming it, and does nothing", () =>
    Effect.gen(function*() {
      const folder = yield* temporaryFolder
      const unknown = [
        [["--bogus"], "'--bogus'"],
        [["--once", "extra"], "'extra'"],
        [["--onec"], "'--onec'"],
        [["--", "--dry-run", "extra"], "'extra'"],
        [["--max-jobs", "none"], "--max-jobs: \"none\""],
        [["--dry-run", "--concurrency", "5000"], "--concurrency: \"5000\" is not a whole number from 1 to 1000"],
        [["--once", "--concurrency"], "--concurrency: no value was given"],
        [["brandbrain", "--bogus"], "brandbrain --bogus"],
        [["brandbrain", "sed"], "brandbrain sed"],
        [["brandbrain", "--", "seed", "extra"], "'extra'"]
      ] as const
      for (const [args, named] of unknown) {
        const { code, complained } = yield* runProgram(folder, args)
        assert.strictEqual(code, 1)
        assert.include(complained.join("\n"), named)
        assert.include(complained.join("\n"), "--help")
      }
      // The package runner's own -- is not an argument.
      assert.strictEqual((yield* runProgram(folder, ["--", "--dry-run"])).code, 0)
      assert.deepStrictEqual(readdirSync(folder), [])
    }))

  it.scopedLive("settings of the HTTP API only where it is served, and a model's in any case", () =>
    Effect.gen(function*() {
      const folder = yield* temporaryFolder
      const open = { HTTP_HOST: "0.0.0.0" }
      assert.strictEqual((yield* runProgram(folder, ["--dry-run"], open)).code, 0)
      const served = yield* runProgram(folder, ["--http", "0", "--max-jobs", "1"], open)
      assert.strictEqual(served.code, 1)
      assert.include(served.complained.join("\n"), "can be reached from other machines")
      for (const settings of [{ MODEL_API_KEY: "s3nt 1nel" }, { MODEL_BASE_URL: "models.example" }]) {
        const { code, complained } = yield* runProgram(folder, ["--dry-run"], settings)
        assert.strictEqual(code, 1)
        assert.include(complained.join("\n"), Object.keys(settings).join())
        assert.notInclude(complained.join("\n"), "s3nt")
      }
      assert.deepStrictEqual(readdirSync(folder), [])
    }))

  it.scopedLive("settings that make no sense before it touches anything, naming each and what is allowed", () =>
    Effect.gen(function*() {
      const folder = yield* temporaryFolder
      const refused = [
        [{ HOLDFAST_CONCURRENCY: "ten" }, [], /HOLDFAST_CONCURRENCY.*\\"ten\\".*from 1 to 1000/],
        [{ HOLDFAST_POLL_INTERVAL: "soon" }, [], /HOLDFAST_POLL_INTERVAL.*\\"soon\\".*is not a duration.*seconds/],
        [{ HOLDFAST_SQLITE_SYNCHRONOUS: "off" }, [], /HOLDFAST_SQLITE_SYNCHRONOUS.*\\"off\\".*full nor normal/],
        [{ DATABASE_URL: "mysql://me:hunter2@host/db" }, [], /DATABASE_URL(?!.*hunter2).*sqlite:/],
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
      for (const [environment, args, told] of refused) {
        const { code, complained, said } = yield* runProgram(folder, args, environment)
        assert.strictEqual(code, 1)
        assert.match(complained.join("\n"), told)
        // Once, in a sentence, and not in the log as well.
        assert.strictEqual(complained.length, 1)
        assert.deepStrictEqual(said, [])
      }
      assert.isFalse(existsSync(join(folder, "data")))
    }))

  it.scopedLive("to read a database that is not there, and makes none", () =>
    Effect.gen(function*() {
      const folder = yield* temporaryFolder
      const asked = [["status", "quillhaven", "run"], ["report", "quillhaven"], ["answer", "a", "tier0.who_for", "b"]]
      for (const args of asked) {
        const { code, complained } = yield* runProgram(folder, ["brandbrain", ...args])
        assert.strictEqual(code, 1)
        assert.strictEqual(complained.length, 1)
        assert.include(complained[0], `There is no database at ${databaseIn(folder)}`)
        assert.include(complained[0], "brandbrain seed")
      }
      assert.deepStrictEqual(readdirSync(folder), [])
    }))
})
