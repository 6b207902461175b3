import { defineConfig } from "vitest/config"

/**
 * Tests that start real processes, which run the compiled program and small
 * programs of the tests' own, that measure the CPU time of their own process, or
 * that wait for a real thread.
 */
const processes = [
  "test/**/*{Process,Processes}.test.ts",
  "test/{crash,simulation}/**/*.test.ts",
  "test/brandbrain/compile/cost.test.ts",
  "test/store/sqlite/walCheckpoint.test.ts"
]

/** Tests on a PostgreSQL server, which is started once for all of them. */
const postgres = ["test/postgres/**/*.test.ts"]

/**
 * What would make `pnpm test` longer than four minutes on two processors: whole programs and simulated fleets at work for half a
 * minute, every answer that a server of Apify's may give, and on PostgreSQL the reference app, blocked loops, copies, plans on large tables, and
 * servers and networks that fail. `pnpm check:longer` runs them.
 */
const longer = [
  "test/brandbrain/actors/ApifyActorPlatform.test.ts",
  "test/brandbrain/compile/compileProcesses.test.ts",
  "test/commands/commandsProcess.test.ts",
  "test/crash/{blockedLoop,killedBeside,longTransaction}Process.test.ts",
  "test/postgres/{brandbrain,copy}/*.test.ts",
  "test/postgres/{keeper,network,plans,plansById,refusingServer,restart,start}.test.ts",
  "test/program/{copy,holdfast,pidOne}Process.test.ts",
  "test/{http,telemetry}/*Process.test.ts",
  "test/runtime/{bundledKeeper,keeperStarts}Process.test.ts",
  "test/simulation/simulate.test.ts"
]

/** Those that need PgBouncer, a program that npm does not have. `pnpm check:postgres` runs them. */
const pgbouncer = ["test/postgres/pgbouncer.test.ts"]

/** What `pnpm check:package` runs: it installs the packed package, which takes minutes. */
const packed = ["test/package/**/*.test.ts"]

/** Tests of the dashboard in a real browser. `pnpm check:browser` runs them; its pure parts are among the units. */
const browser = ["test/dashboard/*.test.ts"]

export default defineConfig({
  resolve: {
    // The first that fits is taken, and "holdfast" fits all that begins with it.
    alias: {
      "holdfast/define": new URL("src/define.ts", import.meta.url).pathname,
      "holdfast/http": new URL("src/http.ts", import.meta.url).pathname,
      "holdfast/postgres": new URL("src/postgres.ts", import.meta.url).pathname,
      "holdfast/sqlite": new URL("src/sqlite.ts", import.meta.url).pathname,
      "holdfast/store": new URL("src/store.ts", import.meta.url).pathname,
      "holdfast/telemetry": new URL("src/telemetry.ts", import.meta.url).pathname,
      "holdfast/testing": new URL("src/testing.ts", import.meta.url).pathname,
      holdfast: new URL("src/index.ts", import.meta.url).pathname
    }
  },
  test: {
    testTimeout: 60_000,
    hookTimeout: 60_000,
    setupFiles: ["test/setup/framesOnly.ts", "test/setup/quickYields.ts"],
    // Vitest would leave a core to itself, and of two it would use one.
    maxWorkers: "100%",
    // The files of a project share modules, since loading Effect takes longer than most of them run.
    // Vitest reads this of the whole run, and not from a project.
    poolOptions: { threads: { isolate: false }, forks: { isolate: false } },
    projects: [
      {
        extends: true,
        // These need nothing compiled.
        test: {
          name: "units",
          include: ["{test,docs}/**/*.test.ts"],
          exclude: [...processes, ...postgres, ...longer, ...packed, ...browser],
          isolate: false,
          pool: "threads"
        }
      },
      {
        extends: true,
        // In another pool, so that the units use the processors while these wait.
        test: {
          name: "processes",
          globalSetup: "test/setup/compile.ts",
          // They start processes, each of which takes seconds where a machine has much else to do.
          testTimeout: 180_000,
          include: processes,
          exclude: longer,
          isolate: false,
          pool: "forks"
        }
      },
      {
        extends: true,
        test: {
          name: "postgres",
          globalSetup: "test/setup/postgres.ts",
          include: postgres,
          exclude: [...pgbouncer, ...longer],
          isolate: false,
          pool: "threads"
        }
      },
      {
        extends: true,
        test: {
          name: "longer",
          globalSetup: ["test/setup/compile.ts", "test/setup/postgres.ts"],
          testTimeout: 180_000,
          include: longer,
          isolate: false,
          pool: "forks"
        }
      },
      {
        extends: true,
        test: { name: "pgbouncer", globalSetup: "test/setup/pgbouncer.ts", include: pgbouncer }
      },
      {
        extends: true,
        test: {
          name: "browser",
          globalSetup: "test/setup/dashboard.ts",
          include: browser,
          isolate: false,
          // Each file has a browser of its own, and two of them wait beside each other.
          pool: "forks"
        }
      },
      {
        extends: true,
        test: { name: "package", globalSetup: "test/package/globalSetup.ts", include: packed }
      }
    ]
  }
})
