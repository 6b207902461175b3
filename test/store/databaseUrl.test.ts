import { assert, describe, it } from "@effect/vitest"
import { Either, Redacted } from "effect"
import { nameOf, readDatabaseUrl } from "../../src/store/databaseUrl.ts"

describe("the URL of a SQLite file", () => {
  for (
    const [url, filename] of [
      ["sqlite::memory:", ":memory:"],
      ["sqlite:data/holdfast.db", "data/holdfast.db"],
      ["sqlite:./jobs of today.db", "./jobs of today.db"],
      ["sqlite:/var/lib/jobs.db", "/var/lib/jobs.db"],
      ["sqlite:///var/lib/jobs.db", "/var/lib/jobs.db"]
    ] as const
  ) {
    it(`${url} is the file ${filename}`, () => {
      const named = Either.getOrThrow(readDatabaseUrl(url))
      assert.deepStrictEqual(named, { database: "sqlite", filename })
      assert.strictEqual(nameOf(named), filename)
    })
  }
})

describe("the URL of a PostgreSQL database", () => {
  for (
    const [url, name] of [
      ["postgres://me:hunter2@db.example:5433/jobs?sslmode=verify-full", "postgres://db.example:5433/jobs"],
      ["postgresql://me@localhost/jobs", "postgres://localhost/jobs"],
      ["postgres://me:p%40ss@[::1]/jobs", "postgres://[::1]/jobs"],
      ["postgres:///jobs?host=/var/run/postgresql", "postgres:///jobs"],
      ["postgres://me:hunter2@/jobs?host=/var/run/postgresql", "postgres://localhost/jobs"]
    ] as const
  ) {
    it(`${url} is taken as it is, and told without its secrets`, () => {
      const named = Either.getOrThrow(readDatabaseUrl(url))
      assert.deepStrictEqual(named.database === "postgresql" && Redacted.value(named.url), url)
      assert.strictEqual(nameOf(named), name)
      assert.notInclude(JSON.stringify(named), "hunter2")
    })
  }
})

const databases = "sqlite:<path of a file>, sqlite:///<absolute path>, sqlite::memory: or postgres://"

describe("a URL that is not understood", () => {
  for (
    const [url, given, expected] of [
      ["mysql://me:hunter2@host/db", "\"mysql\"", databases],
      ["SQLITE:hunter2", "\"SQLITE\"", databases],
      ["sqlite://hunter2/jobs.db", "two slashes", databases],
      ["sqlite://hunter2", "two slashes", databases],
      ["sqlite:////hunter2", "more than three", databases],
      ["sqlite:///", "two slashes", databases],
      ["sqlite:jobs.db?key=hunter2", "query", databases],
      ["sqlite:file:hunter2.db", "sqlite:file:", databases],
      ["sqlite:~/hunter2.db", "sqlite:~", databases],
      ["sqlite::hunter2:", ":memory:", databases],
      ["sqlite:", "without a path", databases],
      ["data/hunter2.db", "without a scheme", databases],
      ["postgres:me:hunter2@host/db", "without two slashes", databases],
      ["postgres://me:hunter2/x@host/db", "cannot be read", "percent-encoded"],
      ["postgres://me@host:hunter2/db", "cannot be read", "percent-encoded"],
      ["postgres://me:a@/hunter2@host/db", "cannot be read", "percent-encoded"],
      ["postgres://me:5432/hunter2@host/db", "cannot be read", "percent-encoded"],
      ["postgres://me:hunter2@host/db?sslmode=verify_full", "another sslmode", "no-verify, prefer"],
      ["postgres://me:hunter2@host/db?sslmode=", "another sslmode", "verify-full"],
      ["postgres://me:hunter2@host/db?sslmode=require&sslmode=off", "another sslmode", "verify-full"]
    ] as const
  ) {
    it(`${url} is refused without repeating it, and told what is allowed`, () => {
      const refusal = Either.getOrThrow(Either.flip(readDatabaseUrl(url)))
      assert.include(refusal.given, given)
      assert.include(refusal.allowed, expected)
      assert.notInclude(JSON.stringify(refusal), "hunter2")
    })
  }
})
