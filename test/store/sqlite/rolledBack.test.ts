import { SqlClient } from "@effect/sql"
import { assert, describe, it } from "@effect/vitest"
import { Cause, Effect, Either, Exit, Scope } from "effect"
import { join } from "node:path"
import * as SqliteStore from "../../../src/store/sqlite/SqliteStore.ts"
import { allRows, enqueue, job, jobId, memory } from "../someJobs.ts"
import { temporaryFolder } from "./temporaryFolder.ts"

const ids = Effect.map(allRows, (rows) => rows.map((row) => row["id"]))

const inTransaction = <A, E, R>(effect: Effect.Effect<A, E, R>) =>
  Effect.flatMap(SqlClient.SqlClient, (sql) => sql.withTransaction(effect))

const run = (statement: string) => Effect.flatMap(SqlClient.SqlClient, (sql) => sql.unsafe(statement))

/** Tables on which statements fail: some take the transaction along, and the last does not. */
const tables = Effect.gen(function*() {
  yield* run("CREATE TABLE notes (id INTEGER PRIMARY KEY, text TEXT)")
  yield* run("INSERT INTO notes (id) VALUES (1)")
  // A statement with triggers would be undone alone.
  yield* run("CREATE TABLE blobs (bytes BLOB)")
  yield* run(`
    CREATE TRIGGER refuse BEFORE INSERT ON notes WHEN new.text = 'refused'
    BEGIN SELECT RAISE(ROLLBACK, 'refused by a trigger'); END`)
})

const undoing: Record<string, { readonly before?: string; readonly statement: string; readonly says: string }> = {
  "a trigger raises ROLLBACK": {
    statement: "INSERT INTO notes (text) VALUES ('refused')",
    says: "refused by a trigger"
  },
  "a constraint is to be solved by ROLLBACK": {
    statement: "INSERT OR ROLLBACK INTO notes (id) VALUES (1)",
    says: "UNIQUE constraint failed: notes.id"
  },
  "the disk is full": {
    before: "PRAGMA max_page_count = 1",
    statement: "INSERT INTO blobs (bytes) VALUES (zeroblob(1000000))",
    says: "database or disk is full"
  }
}

/** Why a transaction failed: the driver's words are in the cause of a typed SqlError. */
const refusal = <A, E, R>(effect: Effect.Effect<A, E, R>) =>
  Effect.map(Effect.exit(effect), (exit) => {
    assert(Exit.isFailure(exit), "it succeeded")
    const failure = Cause.failureOrCause(exit.cause)
    assert(Either.isLeft(failure), Cause.pretty(exit.cause))
    return failure.left as { readonly _tag: string; readonly message: string; readonly cause?: unknown }
  })

describe("a transaction that SQLite rolls back by itself", () => {
  for (const [why, { before, says, statement }] of Object.entries(undoing)) {
    const undo = Effect.gen(function*() {
      if (before !== undefined) yield* run(before)
      yield* Effect.ignore(run(statement))
    })

    it.scoped(`commits nothing of what follows, and fails, where ${why} and the app goes on`, () =>
      Effect.gen(function*() {
        const filename = join(yield* temporaryFolder, "jobs.db")
        yield* Effect.gen(function*() {
          yield* tables
          const error = yield* refusal(inTransaction(Effect.gen(function*() {
            yield* enqueue(job(1))
            yield* undo
            const refused = yield* Effect.flip(enqueue(job(2)))
            assert.strictEqual(refused._tag, "StoreError")
            assert.include(refused.message, "was rolled back by the database")
            assert.include(refused.message, says)
            const ofTheApp = yield* refusal(run("INSERT INTO notes (id) VALUES (2)"))
            assert.strictEqual(ofTheApp._tag, "SqlError")
            const read = yield* refusal(run("SELECT id FROM notes"))
            assert.strictEqual(read._tag, "SqlError")
          })))
          assert.strictEqual(error._tag, "SqlError")
          assert.include(String(error.cause), says)
          yield* run("PRAGMA max_page_count = 1000000")
          assert.deepStrictEqual(yield* ids, [])
          assert.deepStrictEqual(yield* run("SELECT id FROM notes"), [{ id: 1 }])

          yield* inTransaction(enqueue(job(3)))
          assert.deepStrictEqual(yield* ids, [jobId(3)])
        }).pipe(Effect.provide(SqliteStore.layer({ filename })))
      }))

    it.scoped(`takes the transactions around it along, where ${why}`, () =>
      Effect.gen(function*() {
        const filename = join(yield* temporaryFolder, "jobs.db")
        yield* Effect.gen(function*() {
          yield* tables
          const error = yield* refusal(inTransaction(Effect.gen(function*() {
            yield* enqueue(job(1))
            const inner = yield* refusal(inTransaction(undo))
            assert.strictEqual(inner._tag, "SqlError")
            assert.strictEqual((yield* Effect.flip(enqueue(job(2))))._tag, "StoreError")
            assert.strictEqual((yield* refusal(inTransaction(Effect.void)))._tag, "SqlError")
          })))
          assert.strictEqual(error._tag, "SqlError")
          yield* run("PRAGMA max_page_count = 1000000")
          assert.deepStrictEqual(yield* ids, [])
        }).pipe(Effect.provide(SqliteStore.layer({ filename })))
      }))
  }

  it.effect("is one that an enqueue can be what rolls back", () =>
    Effect.gen(function*() {
      yield* run(`
        CREATE TRIGGER refuse_jobs BEFORE INSERT ON holdfast_jobs WHEN new.kind = 'refused'
        BEGIN SELECT RAISE(ROLLBACK, 'no such jobs'); END`)
      const error = yield* refusal(inTransaction(Effect.gen(function*() {
        yield* enqueue(job(1))
        const refused = yield* Effect.flip(enqueue(job(2, { kind: "refused" })))
        assert.include(refused.message, "no such jobs")
        assert.strictEqual((yield* Effect.flip(enqueue(job(3))))._tag, "StoreError")
      })))
      assert.strictEqual(error._tag, "SqlError")
      assert.deepStrictEqual(yield* ids, [])
    }).pipe(Effect.provide(memory)))

  it.effect("fails with the app's own error, where it has one", () =>
    Effect.gen(function*() {
      yield* tables
      const error = yield* Effect.flip(inTransaction(Effect.zipRight(
        Effect.ignore(run("INSERT OR ROLLBACK INTO notes (id) VALUES (1)")),
        Effect.fail("the app's own")
      )))
      assert.strictEqual(error, "the app's own")
      yield* inTransaction(enqueue(job(1)))
      assert.deepStrictEqual(yield* ids, [jobId(1)])
    }).pipe(Effect.provide(memory)))

  it.effect("is not one in which a statement just failed", () =>
    Effect.gen(function*() {
      yield* tables
      yield* inTransaction(Effect.gen(function*() {
        yield* enqueue(job(1))
        yield* Effect.flip(run("INSERT INTO notes (id) VALUES (1)"))
        yield* Effect.flip(run("SELECT nothing FROM nowhere"))
        yield* Effect.exit(enqueue(job(2, { payload: "no JSON" })))
        yield* enqueue(job(3))
      }))
      assert.deepStrictEqual(yield* ids, [jobId(1), jobId(3)])
    }).pipe(Effect.provide(memory)))
})

describe("BEGIN, COMMIT and ROLLBACK that the app writes itself", () => {
  const refusedInside = [
    "COMMIT",
    "commit transaction",
    "END",
    "ROLLBACK",
    "rollback;",
    "BEGIN",
    "BEGIN IMMEDIATE",
    "; COMMIT",
    "-- the end\n\tCOMMIT",
    "/* the end */ /* really */ COMMIT",
    "\uFEFFCOMMIT"
  ]
  for (const statement of refusedInside) {
    it.effect(`are refused inside a transaction, which goes on whole: ${JSON.stringify(statement)}`, () =>
      Effect.gen(function*() {
        const body = Effect.gen(function*() {
          yield* enqueue(job(1))
          const error = yield* refusal(run(statement))
          assert.strictEqual(error._tag, "SqlError")
          assert.match(String(error.cause), /(?:BEGIN|COMMIT|END|ROLLBACK).*withTransaction/)
          yield* enqueue(job(2))
        })
        yield* Effect.flip(inTransaction(Effect.zipRight(body, Effect.fail("no"))))
        assert.deepStrictEqual(yield* ids, [])
        yield* inTransaction(Effect.zipRight(body, inTransaction(Effect.flip(run(statement)))))
        assert.deepStrictEqual(yield* ids, [jobId(1), jobId(2)])
      }).pipe(Effect.provide(memory)))
  }

  for (const statement of ["BEGIN", "begin immediate", "SAVEPOINT mine", "/* a */ SAVEPOINT mine"]) {
    it.effect(`are refused outside, as the transaction would be nobody's: ${statement}`, () =>
      Effect.gen(function*() {
        const error = yield* refusal(run(statement))
        assert.strictEqual(error._tag, "SqlError")
        assert.include(String(error.cause), "withTransaction")
        yield* enqueue(job(1))
        yield* Effect.ignore(run("ROLLBACK"))
        assert.deepStrictEqual(yield* ids, [jobId(1)])
      }).pipe(Effect.provide(memory)))
  }

  for (const name of ["mine", "holdfast_1", "\"HOLDFAST_1\"", "[holdfast_1]", "'holdfast_1'"]) {
    for (
      const verb of ["RELEASE", "release /* a */ savepoint", "ROLLBACK TO", "-- a\nROLLBACK TRANSACTION TO SAVEPOINT"]
    ) {
      it.effect(`may not reach for a savepoint further out: ${JSON.stringify(`${verb} ${name}`)}`, () =>
        Effect.gen(function*() {
          yield* inTransaction(Effect.gen(function*() {
            yield* run("SAVEPOINT mine")
            yield* enqueue(job(1))
            yield* inTransaction(Effect.gen(function*() {
              yield* enqueue(job(2))
              const error = yield* refusal(run(`${verb} ${name}`))
              assert.match(
                String(error.cause),
                /(?:RELEASE|ROLLBACK TO) (?:mine|holdfast_1), a savepoint that was not opened/
              )
            }))
            yield* Effect.ignore(inTransaction(Effect.zipRight(enqueue(job(3)), Effect.fail("no"))))
          }))
          assert.deepStrictEqual(yield* ids, [jobId(1), jobId(2)])
        }).pipe(Effect.provide(memory)))
    }
  }

  it.effect("may not open a savepoint by the name of a nested transaction's", () =>
    Effect.gen(function*() {
      yield* inTransaction(Effect.gen(function*() {
        const error = yield* refusal(run("SAVEPOINT Holdfast_1"))
        assert.match(String(error.cause), /SAVEPOINT holdfast_1, a name that nested transactions have/)
        yield* inTransaction(enqueue(job(1)))
      }))
      assert.deepStrictEqual(yield* ids, [jobId(1)])
    }).pipe(Effect.provide(memory)))

  it.effect("leave words alone that only begin like them", () =>
    Effect.gen(function*() {
      yield* run("CREATE TABLE beginning (id INTEGER PRIMARY KEY)")
      yield* inTransaction(Effect.gen(function*() {
        yield* run("SAVEPOINT mine")
        yield* run("INSERT INTO beginning (id) VALUES (1)")
        yield* run("ROLLBACK TO mine")
        yield* run("ROLLBACK TRANSACTION TO SAVEPOINT mine")
        yield* run("RELEASE mine")
        yield* run("EXPLAIN COMMIT")
        yield* run("REPLACE INTO beginning (id) VALUES (2)")
      }))
      assert.deepStrictEqual(yield* run("SELECT id FROM beginning"), [{ id: 2 }])
    }).pipe(Effect.provide(memory)))

  it.effect("may be used on a reserved connection, and what is left open there is rolled back with it", () =>
    Effect.gen(function*() {
      const sql = yield* SqlClient.SqlClient
      yield* run("CREATE TABLE notes (id INTEGER PRIMARY KEY)")
      const onReserved = (...statements: ReadonlyArray<string>) =>
        Effect.scoped(
          Effect.flatMap(sql.reserve, (connection) =>
            Effect.forEach(statements, (statement) => connection.execute(statement, [], undefined)))
        )
      yield* onReserved("BEGIN", "INSERT INTO notes (id) VALUES (1)", "COMMIT")
      yield* onReserved("BEGIN", "INSERT INTO notes (id) VALUES (2)")
      // Nobody's transaction would take this in, and lose it.
      yield* enqueue(job(1))
      yield* Effect.ignore(inTransaction(Effect.fail("no")))
      assert.deepStrictEqual(yield* run("SELECT id FROM notes"), [{ id: 1 }])
      assert.deepStrictEqual(yield* ids, [jobId(1)])
    }).pipe(Effect.provide(memory)))

  it.effect("on a reserved connection are rolled back where their fiber is interrupted", () =>
    Effect.gen(function*() {
      const sql = yield* SqlClient.SqlClient
      const scope = yield* Scope.make()
      const connection = yield* Scope.extend(sql.reserve, scope)
      yield* connection.execute("BEGIN", [], undefined)
      yield* Scope.close(scope, Exit.interrupt(yield* Effect.fiberId))
      yield* inTransaction(enqueue(job(1)))
      assert.deepStrictEqual(yield* ids, [jobId(1)])
    }).pipe(Effect.provide(memory)))
})
