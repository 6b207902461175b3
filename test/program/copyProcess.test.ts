import { assert, it } from "@effect/vitest"
import { Effect } from "effect"
import { join } from "node:path"
import { startProcess } from "../processes/startProcess.ts"
import { fileWith, jobsOn } from "../store/copy/onSqlite.ts"
import { sampleId, sampleJob } from "../store/copy/sampleJobs.ts"
import { temporaryFolder } from "../store/sqlite/temporaryFolder.ts"
import { messagesIn } from "./runProgram.ts"

const main = join(import.meta.dirname, "../../dist/start/main.js")

/** 20,000 jobs whose payloads are 60 MB together. */
const manyJobs = Effect.gen(function*() {
  const folder = yield* temporaryFolder
  const payload = JSON.stringify("x".repeat(3000))
  const jobs = Array.from({ length: 20_000 }, (_, index) => sampleJob({ id: sampleId(index), payload }))
  yield* fileWith(join(folder, "a.db"), jobs)
  return folder
})

const command = (folder: string) => [
  main,
  "holdfast",
  "copy",
  "--from",
  `sqlite:${join(folder, "a.db")}`,
  "--to",
  `sqlite:${join(folder, "b.db")}`
]

it.live("pnpm holdfast copy leaves the target empty after Ctrl-C, and then copies 60 MB in a heap of 48 MB", () =>
  Effect.gen(function*() {
    const folder = yield* manyJobs
    const target = join(folder, "b.db")
    const stopped = yield* startProcess(command(folder))
    yield* stopped.complains("Copied 2,")
    yield* stopped.kill("SIGINT")
    assert.deepStrictEqual(yield* stopped.ended, { code: 130, signal: null })
    assert.strictEqual(messagesIn(stopped.complained).at(-1), `Stopped before the end: nothing was copied to ${target}`)
    assert.deepStrictEqual(stopped.said, [])
    assert.deepStrictEqual(yield* jobsOn(target), [])

    const again = yield* startProcess(["--max-old-space-size=48", ...command(folder)])
    assert.deepStrictEqual(yield* again.ended, { code: 0, signal: null }, again.complained.join("\n"))
    assert.include(again.said.join("\n"), "\"rows\": 20000")
  }).pipe(Effect.scoped))
