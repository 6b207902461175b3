import * as Reactivity from "@effect/experimental/Reactivity"
import * as PgClient from "@effect/sql-pg/PgClient"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Redacted, Schedule } from "effect"
import type { Finding } from "../../src/cli/findings.ts"
import { look } from "../../src/store/doctor/look.ts"
import { readDatabaseUrl } from "../../src/store/databaseUrl.ts"
import { runProgram } from "../program/runProgram.ts"
import { newestVersion, valueOf } from "../program/operate/onQueue.ts"
import { temporaryFolder } from "../store/sqlite/temporaryFolder.ts"
import { freshDatabase, migratedDatabase } from "./freshDatabase.ts"
import { asRole, freshRole } from "./freshRole.ts"
import { ownServer } from "./ownServer.ts"

const doctor = (url: Redacted.Redacted, ...args: ReadonlyArray<string>) =>
  Effect.gen(function*() {
    const folder = yield* temporaryFolder
    const ran = yield* runProgram(folder, ["holdfast", "doctor", "--json", ...args], {
      DATABASE_URL: Redacted.value(url)
    })
    const { findings } = valueOf<{ readonly findings: ReadonlyArray<Finding> }>(ran)
    return { code: ran.code, findings, of: (check: string) => findings.find((finding) => finding.check === check) }
  })

const looked = (url: Redacted.Redacted) =>
  Effect.gen(function*() {
    const facts = yield* look(yield* readDatabaseUrl(Redacted.value(url)), {
      schema: undefined,
      isDeep: false,
      limit: 5000
    })
    assert(facts.database === "postgresql")
    return facts
  })

describe("pnpm holdfast doctor on PostgreSQL", () => {
  it.scopedLive("finds a sound database sound, and says of one without tables how to make them", () =>
    Effect.gen(function*() {
      const { code, findings, of } = yield* doctor(yield* migratedDatabase, "--deep")
      assert.strictEqual(code, 0, JSON.stringify(findings))
      assert.deepStrictEqual(findings.map(({ check }) => check), [
        "settings",
        "database",
        "tables",
        "due",
        "leases",
        "workers",
        "server",
        "rights",
        "vacuum",
        "transactions",
        "clock",
        "integrity"
      ])
      assert.match(of("server")?.says ?? "", /^The server is PostgreSQL 1\d\.\d+$/)
      assert.strictEqual(of("clock")?.verdict, "ok")
      const empty = yield* doctor(yield* freshDatabase)
      assert.strictEqual(empty.code, 1)
      assert.strictEqual(empty.of("tables")?.says, "There are no tables of Holdfast in this database")
      assert.strictEqual(empty.of("rights")?.verdict, "ok")
    }))

  it.scopedLive("sees a transaction that stays open, dead rows and the server's clock", () =>
    Effect.gen(function*() {
      const url = yield* migratedDatabase
      const sql = yield* PgClient.make({ url, maxConnections: 2, applicationName: "report" })
      yield* Effect.scoped(Effect.gen(function*() {
        // Not withTransaction: the look would run in it.
        const connection = yield* sql.reserve
        const run = (statement: string) => connection.execute(statement, [], undefined)
        yield* run("BEGIN")
        yield* run("SELECT pg_current_xact_id()")
        const facts = yield* looked(url)
        assert.lengthOf(facts.transactions, 1)
        assert.include(facts.transactions[0], { application: "report", state: "idle in transaction" })
        assert.isAtLeast(facts.transactions[0]?.openFor ?? -1, 0)
        yield* run("ROLLBACK")
      }))
      const { clock, serverVersion, tables, transactions, version } = yield* looked(url)
      assert.deepStrictEqual([transactions, version], [[], newestVersion])
      assert.isAtLeast(serverVersion, 140_000)
      assert.isAtMost(Math.abs(clock.server - clock.asked), 60_000)
      assert.deepStrictEqual(tables.map(({ table }) => table), ["holdfast_jobs", "holdfast_pauses"])
    }).pipe(Effect.provide(Reactivity.layer)))

  it.scopedLive("takes no vacuum for a transaction that stays open", () =>
    Effect.gen(function*() {
      // Slow enough to be seen: it waits after each page.
      const url = Redacted.make((yield* ownServer({ vacuum_cost_delay: "100ms", vacuum_cost_limit: "1" })).url)
      const sql = yield* PgClient.make({ url, maxConnections: 3 })
      yield* sql`CREATE TABLE large WITH (autovacuum_enabled = false) AS SELECT n FROM generate_series(1, 300000) AS n`
      yield* Effect.forkScoped(sql`VACUUM large`)
      yield* sql<{ readonly pid: number }>`
        SELECT pid FROM pg_stat_progress_vacuum JOIN pg_stat_activity USING (pid) WHERE backend_xmin IS NOT NULL`.pipe(
        Effect.repeat({ until: (rows) => rows.length === 1, schedule: Schedule.spaced("100 millis") })
      )
      assert.deepStrictEqual((yield* looked(url)).transactions, [])
    }).pipe(Effect.provide(Reactivity.layer)), 90_000)

  it.scopedLive("tells which rights a role lacks, and a password that is wrong without repeating it", () =>
    Effect.gen(function*() {
      const url = yield* migratedDatabase
      const admin = yield* PgClient.make({ url, maxConnections: 2 })
      const role = yield* freshRole(admin)
      yield* admin.unsafe(
        `GRANT SELECT ON holdfast_migrations, holdfast_jobs, holdfast_pauses, holdfast_workers TO ${role}`
      )
      const refused = yield* doctor(asRole(url, role))
      assert.strictEqual(refused.code, 1)
      assert.include(
        refused.of("rights")?.says,
        `The role ${role} lacks INSERT on holdfast_jobs, UPDATE on holdfast_jobs, DELETE on holdfast_jobs`
      )
      assert.include(refused.of("transactions")?.says, `of those that the role ${role} may see`)
      yield* admin.unsafe(`
        REVOKE ALL ON holdfast_workers FROM ${role};
        GRANT INSERT, UPDATE, DELETE ON holdfast_jobs, holdfast_pauses TO ${role}`)
      const unseen = yield* doctor(asRole(url, role))
      assert.strictEqual(unseen.code, 0, JSON.stringify(unseen.findings))
      assert.deepInclude(unseen.of("rights"), {
        verdict: "warning",
        says:
          `The role ${role} lacks SELECT on holdfast_workers, INSERT on holdfast_workers, UPDATE on holdfast_workers, `
          + "DELETE on holdfast_workers; its workers run jobs all the same, and nobody sees them"
      })
      assert.match(unseen.of("workers")?.says ?? "", /^The workers cannot be read: .*permission denied/)
      assert.strictEqual(unseen.of("workers")?.todo, "Ask the owner of the tables for a GRANT")
      const wrong = new URL(Redacted.value(url))
      wrong.pathname = "/no_such_database"
      const away = yield* doctor(Redacted.make(wrong.href))
      assert.match(away.of("database")?.says ?? "", /no_such_database/)
    }).pipe(Effect.provide(Reactivity.layer)))
})
