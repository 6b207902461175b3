import * as FileSystem from "@effect/platform/FileSystem"
import { SystemError } from "@effect/platform/Error"
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { describeFindings, ok, problem, warning, worst } from "../../../src/cli/findings.ts"
import { checkDisk, checkPostgres } from "../../../src/program/operate/doctor/databaseChecks.ts"
import { checkFiles } from "../../../src/program/operate/doctor/fileChecks.ts"
import type { PostgresFacts } from "../../../src/store/doctor/facts.ts"

const minute = 60_000

const sound: PostgresFacts = {
  database: "postgresql",
  version: 2,
  newest: 2,
  serverVersion: 160_004,
  role: "app",
  lacksRights: [],
  lacksRightsToShow: [],
  tables: [{ table: "holdfast_jobs", live: 100, dead: 20, vacuumedAt: null }],
  transactions: [],
  seesAllTransactions: true,
  clock: { server: 1_000_000, asked: 999_990, answered: 1_000_010 }
}

const of = (check: string, facts: Partial<PostgresFacts>) => {
  const found = checkPostgres({ ...sound, ...facts }).find((finding) => finding.check === check)
  assert(found)
  return found
}

describe("the checks of doctor", () => {
  it("find a sound server sound", () => {
    const findings = checkPostgres(sound)
    assert.strictEqual(worst(findings), "ok")
    assert.deepStrictEqual(findings.map(({ check }) => check), ["server", "rights", "vacuum", "transactions", "clock"])
    assert.strictEqual(of("server", {}).says, "The server is PostgreSQL 16.4")
  })

  it("tell an old server, missing rights, dead rows and transactions that stay open", () => {
    assert.strictEqual(of("server", { serverVersion: 130_014 }).verdict, "problem")
    assert.strictEqual(
      of("rights", { lacksRights: ["UPDATE on holdfast_jobs", "SELECT on holdfast_pauses"] }).says,
      "The role app lacks UPDATE on holdfast_jobs, SELECT on holdfast_pauses"
    )
    const toShow = { lacksRightsToShow: ["INSERT on holdfast_workers"] }
    const { says, verdict } = of("rights", toShow)
    assert.deepStrictEqual([verdict, says], [
      "warning",
      "The role app lacks INSERT on holdfast_workers; its workers run jobs all the same, and nobody sees them"
    ])
    assert.strictEqual(of("rights", { ...toShow, lacksRights: ["UPDATE on holdfast_jobs"] }).verdict, "problem")
    const dead = of("vacuum", {
      tables: [{ table: "holdfast_jobs", live: 20_000, dead: 50_000, vacuumedAt: 1_000_000 - minute }]
    })
    assert.deepStrictEqual([dead.verdict, dead.says], [
      "warning",
      "holdfast_jobs has 50,000 dead and 20,000 live rows, last vacuumed 1m ago"
    ])
    assert.strictEqual(
      of("vacuum", { tables: [{ table: "holdfast_jobs", live: 1e6, dead: 50_000, vacuumedAt: 0 }] }).verdict,
      "ok"
    )
    const open = (openFor: number) =>
      of("transactions", {
        transactions: [{ name: "417", user: "bi", application: "psql", state: "idle in transaction", openFor }]
      })
    assert.deepStrictEqual([4, 6, 61].map((minutes) => open(minutes * minute).verdict), ["ok", "warning", "problem"])
    assert.strictEqual(
      open(6 * minute).says,
      "The transaction 417 (idle in transaction) of bi, psql has been open for 6m"
    )
    assert.include(of("transactions", { seesAllTransactions: false }).says, "of those that the role app may see")
  })

  it("tell clocks that disagree by more than the answer took", () => {
    const clock = (server: number, asked: number, answered: number) =>
      of("clock", { clock: { server, asked, answered } })
    assert.strictEqual(clock(1_000_000, 997_000, 1_003_000).verdict, "ok")
    assert.strictEqual(
      clock(1_000_000, 1_005_000, 1_005_010).says,
      "The clock of this machine is 5s ahead of the server's"
    )
    assert.strictEqual(
      clock(1_000_000, 400_000, 400_010).says,
      "The clock of this machine is 9m 59s behind the server's"
    )
  })

  it("tell a disk that is nearly full before it is", () => {
    const verdicts = [50e6, 500e6, 5e9].map((free) => checkDisk(free, "/srv").verdict)
    assert.deepStrictEqual(verdicts, ["problem", "warning", "ok"])
  })

  it.effect("tell a database that this user may not write, and not one that is missing", () =>
    Effect.gen(function*() {
      const files = (reason: "PermissionDenied" | "NotFound") =>
        FileSystem.layerNoop({
          access: (path, options) =>
            path.endsWith(".db") && options?.writable === true
              ? Effect.fail(new SystemError({ module: "FileSystem", method: "access", reason, pathOrDescriptor: path }))
              : Effect.void
        })
      const refused = yield* Effect.provide(checkFiles("/tmp/app.db"), files("PermissionDenied"))
      assert.deepStrictEqual(refused.map(({ check }) => check), ["disk", "files"])
      assert.strictEqual(refused[1]?.says, "The user that runs this may not write /tmp/app.db")
      assert.lengthOf(yield* Effect.provide(checkFiles("/tmp/app.db"), files("NotFound")), 1)
    }))

  it("are printed with what to do below each, and counted", () => {
    const text = describeFindings(
      [
        ok("settings", "They are right"),
        warning("wal", "It is long", "Close the reader"),
        problem("disk", "It is full", "Free some")
      ],
      { isColoured: false }
    )
    assert.deepStrictEqual(text.split("\n"), [
      "ok       settings  They are right",
      "warning  wal       It is long",
      "                   Close the reader",
      "problem  disk      It is full",
      "                   Free some",
      "",
      "Found 1 problem and 1 warning."
    ])
  })
})
