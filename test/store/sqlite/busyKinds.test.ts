import { SqlError } from "@effect/sql"
import { assert, it } from "@effect/vitest"
import { Effect, Fiber, TestClock } from "effect"
import { exclusively, holdingConnection } from "../../../src/store/sqlite/connection.ts"
import { noFile } from "../../../src/store/sqlite/databaseFile.ts"

/** A connection that answers `busy` times with this code of SQLite's, and then with a row. */
const lockedWith = (code: string, busy: number) => {
  let left = busy
  const answer = Effect.suspend(() =>
    left-- > 0
      ? Effect.fail(new SqlError.SqlError({ cause: Object.assign(new Error("database is locked"), { code }) }))
      : Effect.succeed([{ one: 1 }])
  )
  const none = () => Effect.dieMessage("not used here")
  return {
    execute: () => answer,
    executeRaw: none,
    executeValues: none,
    executeUnprepared: none,
    executeStream: () => {
      throw new Error("not used here")
    }
  }
}

for (const code of ["SQLITE_BUSY", "SQLITE_BUSY_RECOVERY", "SQLITE_BUSY_SNAPSHOT", "SQLITE_BUSY_TIMEOUT"]) {
  it.effect(`a statement waits for a lock that SQLite reports as ${code}`, () =>
    Effect.gen(function*() {
      const holding = holdingConnection(exclusively(lockedWith(code, 3), noFile))
      const found = yield* Effect.fork(holding((connection) => connection.execute("SELECT 1 AS one", [], undefined)))
      yield* TestClock.adjust("1 second")
      assert.deepStrictEqual(yield* Fiber.join(found), [{ one: 1 }])
    }))
}

it.effect("a statement that fails otherwise is not tried again", () =>
  Effect.gen(function*() {
    const holding = holdingConnection(exclusively(lockedWith("SQLITE_FULL", 1), noFile))
    const error = yield* Effect.flip(holding((connection) => connection.execute("SELECT 1 AS one", [], undefined)))
    assert.strictEqual(error._tag, "SqlError")
  }))
