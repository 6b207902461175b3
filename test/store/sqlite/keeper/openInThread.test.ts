import { SqlClient } from "@effect/sql"
import { assert, describe, it } from "@effect/vitest"
import Database from "better-sqlite3"
import { Effect, Option } from "effect"
import { renameSync, statSync, writeFileSync } from "node:fs"
import { createRequire } from "node:module"
import { join } from "node:path"
import { heartbeatStatement } from "../../../../src/store/sqlite/keeper/sqliteKeeper.ts"
import { openInThread } from "../../../../src/store/sqlite/keeper/openInThread.ts"
import { loadedDriver } from "../../../../src/store/sqlite/loadedDriver.ts"
import * as SqliteStore from "../../../../src/store/sqlite/SqliteStore.ts"
import { running } from "../../someJobs.ts"
import { temporaryFolder } from "../temporaryFolder.ts"

/** A store with a job that attempt 1 holds, and the connection that a keeper's thread has. */
const withHeld = <A, E>(
  test: (given: {
    readonly file: string
    readonly held: { readonly id: string; readonly worker: string; readonly attempt: number; readonly leaseFor: number }
    readonly open: () => ReturnType<typeof openInThread>
    readonly lockedUntil: Effect.Effect<number>
  }) => Effect.Effect<A, E>
) =>
  Effect.gen(function*() {
    const file = join(yield* temporaryFolder, "jobs.db")
    yield* Effect.gen(function*() {
      const sql = yield* SqlClient.SqlClient
      const lease = yield* running(1)
      const identity = statSync(file, { bigint: true })
      const lockedUntil = Effect.orDie(Effect.map(
        sql<{ readonly locked_until: number }>`SELECT locked_until FROM holdfast_jobs`,
        ([row]) => row?.locked_until ?? 0
      ))
      yield* test({
        file,
        held: { id: lease.jobId, worker: lease.worker, attempt: lease.attempt, leaseFor: 3_600_000 },
        lockedUntil,
        open: () =>
          openInThread(createRequire(import.meta.url), {
            ...Option.getOrThrow(loadedDriver()),
            ...heartbeatStatement(sql),
            file,
            identities: { [file]: `${identity.dev} ${identity.ino}` }
          })
      })
    }).pipe(Effect.provide(SqliteStore.layer({ filename: file })))
  })

describe("the connection of the thread that keeps leases", () => {
  it.scopedLive("extends a lease that is held, and none that is another attempt's or another worker's", () =>
    withHeld(({ held, lockedUntil, open }) =>
      Effect.gen(function*() {
        const before = yield* lockedUntil
        const connection = open()
        for (const other of [{ ...held, attempt: 2 }, { ...held, worker: "another" }]) {
          assert.deepStrictEqual(yield* Effect.promise(async () => connection.extend([other])), {
            extended: [],
            locked: []
          })
          assert.strictEqual(yield* lockedUntil, before)
        }
        const answer = yield* Effect.promise(async () => connection.extend([{ ...held, attempt: 2 }, held]))
        assert.deepStrictEqual(
          answer === "busy" ? answer : answer.extended.map(({ attempts, id }) => ({ attempts, id })),
          [{ attempts: 1, id: held.id }]
        )
        assert.isAbove(yield* lockedUntil, before)
        connection.close()
      })
    ))

  it.scopedLive("waits for no lock, and says that another has it", () =>
    withHeld(({ file, held, open }) =>
      Effect.gen(function*() {
        const other = new Database(file)
        other.exec("BEGIN IMMEDIATE")
        const connection = open()
        assert.strictEqual(yield* Effect.promise(async () => connection.extend([held])), "busy")
        other.exec("ROLLBACK")
        other.close()
        assert.notStrictEqual(yield* Effect.promise(async () => connection.extend([held])), "busy")
        connection.close()
      })
    ))

  it.scopedLive("is not opened on a file that took the place of the store's", () =>
    withHeld(({ file, open }) =>
      Effect.sync(() => {
        renameSync(file, `${file}.moved`)
        assert.throws(open, `${file} was deleted or replaced`)
        writeFileSync(file, "")
        assert.throws(open, `${file} was deleted or replaced`)
        renameSync(`${file}.moved`, file)
      })
    ))
})
