import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { spawnSync } from "node:child_process"
import { existsSync, readdirSync, readFileSync } from "node:fs"
import { join } from "node:path"
import type { Started } from "../processes/startProcess.ts"
import { startProcess } from "../processes/startProcess.ts"
import { temporaryFolder } from "../store/sqlite/temporaryFolder.ts"
import { databaseIn, linesIn, messagesIn, runProgram } from "./runProgram.ts"

const main = join(import.meta.dirname, "../../dist/start/main.js")

/** The program in a folder of its own, as on a fresh machine. */
const start = (folder: string, args: ReadonlyArray<string>, environment: Readonly<Record<string, string>> = {}) =>
  startProcess([main, ...args], { APIFY_TOKEN: "", ...environment }, folder)

const ends = (process: Started, code: number) =>
  Effect.map(process.ended, (ended) => assert.deepStrictEqual(ended, { code, signal: null }))

const json = (said: ReadonlyArray<string>) => JSON.parse(said.join("\n")) as Readonly<Record<string, unknown>>

describe.concurrent("pnpm start", () => {
  it.live("on a fresh machine makes the sample brand, compiles it across a restart, and has one snapshot", () =>
    Effect.gen(function*() {
      const folder = yield* temporaryFolder
      const first = yield* start(folder, [], { HOLDFAST_SHUTDOWN_GRACE: "0 seconds" })
      yield* first.says("Gathering from a source")
      yield* first.kill("SIGTERM")
      yield* ends(first, 0)
      assert.include(messagesIn(first.said), "Job handed back")

      const second = yield* start(folder, ["--max-jobs", "1"])
      yield* ends(second, 0)
      const messages = messagesIn(second.said)
      assert.includeMembers(messages, ["Source refreshed", "Compiled a brand", "Job succeeded", "Worker stopped"])
      assert.isTrue(messages.some((message) => message.startsWith("Evidence is recorded")))
      assert.notInclude(messages, "Created the sample brand and requested its compile")

      const snapshot = yield* start(folder, ["brandbrain", "snapshot", "quillhaven"])
      yield* ends(snapshot, 0)
      assert.strictEqual(json(snapshot.said)["version"], 1)

      const asked = (...args: ReadonlyArray<string>) =>
        Effect.map(runProgram(folder, args), (ran) => {
          assert.strictEqual(ran.code, 0, ran.complained.join("\n"))
          return ran.said
        })
      const compileRunId = String(
        linesIn(first.said).find(({ annotations }) => "compileRunId" in annotations)?.annotations["compileRunId"]
      )
      const status = yield* asked("brandbrain", "status", "quillhaven", compileRunId)
      assert.strictEqual(json(status)["status"], "SUCCEEDED")
      const another = yield* runProgram(folder, ["brandbrain", "status", "another", compileRunId])
      assert.deepStrictEqual([another.code, another.said], [1, []])
      assert.strictEqual(another.complained.filter((line) => line.includes("ERROR")).length, 1)
      assert.strictEqual(json(yield* asked("brandbrain", "compile", "quillhaven"))["status"], "UNCHANGED")

      // --once with nothing due claims nothing and ends well; --dry-run reads only.
      assert.notInclude(messagesIn(yield* asked("--once")), "Job succeeded")
      const compile = json(yield* asked("brandbrain", "compile", "quillhaven", "--force-refresh"))
      const before = readFileSync(databaseIn(folder))
      const would = linesIn(yield* asked("--dry-run")).filter(({ message }) => message === "Would claim")
      assert.deepStrictEqual(would.map(({ annotations }) => annotations["jobId"]), [compile["job_id"]])
      assert.isTrue(before.equals(readFileSync(databaseIn(folder))))
    }).pipe(Effect.scoped))

  it.live("with --dry-run on a fresh machine makes nothing", () =>
    Effect.gen(function*() {
      const folder = yield* temporaryFolder
      yield* ends(yield* start(folder, ["--dry-run"]), 0)
      assert.deepStrictEqual(readdirSync(folder), [])
    }).pipe(Effect.scoped))

  it.live("reports bad settings of the environment once, and ends with 1", () =>
    Effect.gen(function*() {
      const folder = yield* temporaryFolder
      const refused = yield* start(folder, [], { HOLDFAST_CONCURRENCY: "ten", HOLDFAST_POLL_INTERVAL: "soon" })
      yield* ends(refused, 1)
      assert.strictEqual(refused.complained.length, 1)
      assert.match(refused.complained.join("\n"), /HOLDFAST_CONCURRENCY: \\"ten\\".*; HOLDFAST_POLL_INTERVAL: /)
      assert.deepStrictEqual(refused.said, [])
      assert.isFalse(existsSync(join(folder, "data")))
    }).pipe(Effect.scoped))

  it.live("prints its help without colours in a pipe, and makes nothing", () =>
    Effect.gen(function*() {
      const folder = yield* temporaryFolder
      const help = yield* start(folder, ["--help"])
      yield* ends(help, 0)
      assert.include(help.said.join("\n"), "--once")
      // oxlint-disable-next-line no-control-regex
      assert.notMatch(help.said.join("\n"), /\u001b/)
      assert.deepStrictEqual(readdirSync(folder), [])
    }).pipe(Effect.scoped))

  it.live("on a terminal says how its jobs have ended and what to type next, without escapes under NO_COLOR", () =>
    Effect.gen(function*() {
      const folder = yield* temporaryFolder
      const { status, stdout } = spawnSync("script", ["-qec", `${process.execPath} ${main} --once`, "/dev/null"], {
        cwd: folder,
        encoding: "utf8",
        env: { ...process.env, APIFY_TOKEN: "sentinel", APIFY_BASE_URL: "http://127.0.0.1:9", NO_COLOR: "1" }
      })
      assert.strictEqual(status, 0)
      assert.match(stdout, /^\d\d:\d\d:\d\d .*Worker started/m)
      assert.match(stdout, /Ended after \d+s: no job was run/)
      // oxlint-disable-next-line no-control-regex
      assert.notMatch(stdout, /\u001b/)
    }).pipe(Effect.scoped))

  it.live("outlives the reader of its log, and hands its job back", () =>
    Effect.gen(function*() {
      const folder = yield* temporaryFolder
      const worker = yield* start(folder, [], { HOLDFAST_SHUTDOWN_GRACE: "0 seconds" })
      yield* worker.says("Gathering from a source")
      worker.child.stdout?.destroy()
      yield* worker.kill("SIGTERM")
      yield* ends(worker, 0)
      assert.match(worker.complained.join("\n"), /^Standard output cannot be written, so lines are lost: .*EPIPE$/)

      const { code, said } = yield* runProgram(folder, ["--dry-run"])
      assert.strictEqual(code, 0)
      assert.strictEqual(messagesIn(said).filter((message) => message === "Would claim").length, 1)
    }).pipe(Effect.scoped))
})
