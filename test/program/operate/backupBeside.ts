import { Effect } from "effect"
import { spawn } from "node:child_process"
import { once } from "node:events"
import { createRequire } from "node:module"
import { createInterface } from "node:readline"
import { pathToFileURL } from "node:url"
import { databaseIn, runProgram } from "../runProgram.ts"
import { onFile } from "./onQueue.ts"

/** Commits a row each millisecond, and says so of the first. */
const writer = (driver: string, file: string) => `
  import Sqlite from ${JSON.stringify(driver)}
  const database = new Sqlite(${JSON.stringify(file)}, { timeout: 5000 })
  const insert = database.prepare("INSERT INTO ticks VALUES (1)")
  insert.run()
  console.log("ticking")
  setInterval(() => insert.run(), 1)`

/** Backs up a database with a table of `rows` rows while another process commits to it. */
export const copyWhile = (folder: string, file: string, rows: number) =>
  Effect.gen(function*() {
    onFile(folder, (database) => {
      database.exec("CREATE TABLE filler (text TEXT); CREATE TABLE ticks (a INTEGER)")
      database.prepare(
        "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ?) INSERT INTO filler SELECT randomblob(4000) FROM n"
      ).run(rows)
    })
    const driver = pathToFileURL(createRequire(import.meta.url).resolve("better-sqlite3")).href
    const child = yield* Effect.acquireRelease(
      Effect.sync(() =>
        spawn(process.execPath, ["--input-type=module", "--eval", writer(driver, databaseIn(folder))], {
          stdio: ["ignore", "pipe", "inherit"]
        })
      ),
      (child) => Effect.sync(() => void child.kill("SIGKILL"))
    )
    yield* Effect.promise(() => once(createInterface({ input: child.stdout }), "line"))
    const { code, complained } = yield* runProgram(folder, ["holdfast", "backup", file])
    if (code !== 0) return yield* Effect.dieMessage(complained.join("\n"))
  })
