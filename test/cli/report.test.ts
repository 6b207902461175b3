import { assert, describe, it } from "@effect/vitest"
import { SqlError } from "@effect/sql"
import { Option } from "effect"
import { sentenceOf } from "../../src/cli/report.ts"
import { asGiven } from "../../src/cli/workerOptions.ts"
import { InvalidOption, StoreError } from "../../src/index.ts"

describe("the sentence that a program ends with", () => {
  it("says that the disk is full, as Node or SQLite has said it, under whatever wraps it", () => {
    for (const code of ["ENOSPC", "EDQUOT", "SQLITE_FULL", "SQLITE_IOERR_SHMSIZE"]) {
      const cause = new SqlError.SqlError({ cause: Object.assign(new Error("database or disk is full"), { code }) })
      const sentence = sentenceOf(new StoreError({ operation: "open data/holdfast.db", cause }))
      assert.match(sentence, /^The disk is full: free some space and start again \(.*open data\/holdfast.db/)
    }
    assert.notInclude(sentenceOf(new StoreError({ operation: "open x", cause: new Error("odd") })), "disk")
  })

  it("has no names of classes in it", () => {
    const cause = new Error("StorageError: migrate: SqlError: disk I/O error")
    assert.strictEqual(
      sentenceOf(new StoreError({ operation: "open x", cause })),
      "The job store failed in open x: migrate: disk I/O error"
    )
  })

  it("names the flag or the variable that an option was given by", () => {
    const flags = {
      concurrency: Option.some(5000),
      queues: Option.none(),
      pollInterval: Option.none(),
      staleCheckInterval: Option.none(),
      maxJobs: Option.none(),
      http: Option.none(),
      once: false,
      dryRun: false
    }
    const named = (option: string) => asGiven(flags)(new InvalidOption({ option, given: "x", allowed: "y" })).message
    assert.deepStrictEqual(
      ["concurrency", "pollInterval", "heartbeatInterval", "retention.failed", "queues"].map(named),
      [
        "--concurrency: got x; expected y",
        "HOLDFAST_POLL_INTERVAL: got x; expected y",
        "HOLDFAST_HEARTBEAT_INTERVAL: got x; expected y (HOLDFAST_LEASE_DURATION)",
        "HOLDFAST_RETAIN_FAILED: got x; expected y",
        "HOLDFAST_QUEUES: got x; expected y"
      ]
    )
  })
})
