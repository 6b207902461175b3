import { assert, it } from "@effect/vitest"
import { Effect } from "effect"
import { spawnSync } from "node:child_process"
import { readFileSync } from "node:fs"
import { join } from "node:path"
import { startProcess } from "../processes/startProcess.ts"
import { temporaryFolder } from "../store/sqlite/temporaryFolder.ts"

const main = join(import.meta.dirname, "../../dist/start/main.js")

/** Makes the process that it runs the first of its own, as a container does. */
const asFirst = ["--pid", "--fork", "--kill-child"]

it.live.runIf(spawnSync("unshare", [...asFirst, "true"]).status === 0)(
  "as process 1 a worker drains on SIGTERM and ends with 0",
  () =>
    Effect.gen(function*() {
      const folder = yield* temporaryFolder
      const environment = { APIFY_TOKEN: "", HOLDFAST_SHUTDOWN_GRACE: "0 seconds" }
      const started = yield* startProcess([...asFirst, process.execPath, main], environment, folder, "unshare")
      yield* started.says("Gathering from a source")
      const parent = Number(started.child.pid)
      const child = Number(readFileSync(`/proc/${parent}/task/${parent}/children`, "utf8"))
      assert.match(readFileSync(`/proc/${child}/status`, "utf8"), /^NSpid:\s+\d+\s+1$/m)
      process.kill(child, "SIGTERM")
      assert.deepStrictEqual(yield* started.ended, { code: 0, signal: null })
      assert.include(started.said.join("\n"), "Job handed back")
    }).pipe(Effect.scoped)
)
