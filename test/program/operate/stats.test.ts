import { assert, describe, it } from "@effect/vitest"
import { Effect, Fiber } from "effect"
import { JobQueue } from "holdfast"
import type { Count, Stats } from "holdfast"
import { rmSync } from "node:fs"
import { temporaryFolder } from "../../store/sqlite/temporaryFolder.ts"
import { databaseIn, makeTerminal, messagesIn, runOnTerminal, runProgram, startProgram } from "../runProgram.ts"
import { failOne, Mail, onFile, onQueue, Report, valueOf } from "./onQueue.ts"

const stats = (folder: string, ...args: ReadonlyArray<string>) => runProgram(folder, ["holdfast", "stats", ...args])

/** One job of mail that failed, two that are due, and a report in a queue that is paused. */
const someJobs = Effect.gen(function*() {
  const folder = yield* temporaryFolder
  yield* onQueue(
    folder,
    Effect.gen(function*() {
      yield* JobQueue.enqueueMany(Mail, [{}, {}, {}])
      yield* failOne
      yield* JobQueue.enqueue(Report, { delay: "1 hour" })
      yield* JobQueue.pause({ queue: "slow" })
    })
  )
  return folder
})

describe("pnpm holdfast stats", () => {
  it.scopedLive("counts the jobs of each queue and kind, and names what is paused", () =>
    Effect.gen(function*() {
      const folder = yield* someJobs
      const { code, complained, said } = yield* stats(folder)
      assert.deepStrictEqual([code, complained], [0, []])
      assert.match(
        said[0] ?? "",
        /^QUEUE +KIND +PENDING +DUE +NEXT DUE +RUNNING +SUCCEEDED +FAILED +PAUSED$/
      )
      assert.match(said[1] ?? "", /^default +mail +2 +2 +\d+s ago +0 +0 +1$/)
      assert.match(said[2] ?? "", /^slow +report +1 +0 +in 59m \d+s +0 +0 +0 +queue$/)
      assert.strictEqual(said.at(-1), "Succeeded, failed and cancelled in the last 5m.")
    }))

  it.scopedLive("answers as the job queue does with --json", () =>
    Effect.gen(function*() {
      const folder = yield* someJobs
      const { at: _, ...value } = valueOf<Stats>(yield* stats(folder, "--json"))
      const { at: __, ...now } = yield* onQueue(folder, JobQueue.stats())
      assert.deepStrictEqual(value, now)
    }))

  it.scopedLive("prints with --watch in a pipe a line of JSON each second, with what ended in it", () =>
    Effect.gen(function*() {
      const folder = yield* someJobs
      const running = yield* startProgram(folder, ["holdfast", "stats", "--watch"])
      const line = Effect.map(running.says("{"), (line) => JSON.parse(line) as Stats & { readonly perSecond: Count })
      const first = yield* line
      assert.deepStrictEqual([first.lanes.length, first.over], [2, 300_000])
      yield* onQueue(folder, failOne)
      const later = [yield* line, yield* line]
      assert.strictEqual(later.reduce((sum, { perSecond }) => sum + perSecond.count, 0), 1)
      assert.strictEqual(later[1]?.lanes[0]?.failed.count, 2)
    }))

  it.scopedLive("draws with --watch on a terminal in place, with a bar for each second, until it is interrupted", () =>
    Effect.gen(function*() {
      const folder = yield* someJobs
      const terminal = makeTerminal()
      const watching = yield* Effect.fork(runOnTerminal(folder, ["holdfast", "stats", "--watch"], terminal))
      yield* terminal.shows("\u001b[J")
      yield* Fiber.interrupt(watching)
      const [first = "", second = ""] = terminal.text().split("\u001b[J")
      assert.match(first, /^\d\d:\d\d:\d\d {2}Ended in the last second: \d\..*\n +[▁█]\n/)
      assert.match(first, /^default +mail +2 /m)
      assert.include(first, "Ctrl-C ends.\n\r\u001b[10A")
      assert.match(second, /last second: 0\..*\n +[▁▂▃▄▅▆▇█]{2}\n/)
      // As high as the frame that it writes over.
      assert.lengthOf(second.trimEnd().split("\n"), 10)
    }))

  it.scopedLive("waits with --watch for a database that cannot be read, and ends with 1 when it was deleted", () =>
    Effect.gen(function*() {
      const folder = yield* someJobs
      const alter = (statement: string) => Effect.sync(() => onFile(folder, (database) => database.exec(statement)))
      const running = yield* startProgram(folder, ["holdfast", "stats", "--watch"])
      yield* running.says("{")
      yield* alter("ALTER TABLE holdfast_jobs RENAME TO away")
      yield* Effect.sleep("1500 millis")
      yield* alter("ALTER TABLE away RENAME TO holdfast_jobs")
      yield* running.says("{")
      yield* Effect.sync(() => rmSync(databaseIn(folder)))
      const { code, complained } = yield* running.ended
      assert.strictEqual(code, 1)
      const messages = messagesIn(complained)
      assert.match(messages[0] ?? "", /no such table.*; trying again$/)
      assert.notInclude(messages.at(-1), "trying again")
    }))

  it.scopedLive("ends with --watch when nobody reads its lines any more", () =>
    Effect.gen(function*() {
      const folder = yield* someJobs
      const terminal = makeTerminal()
      const output = { write: terminal.output.write, errored: new Error("write EPIPE") }
      const code = yield* runOnTerminal(folder, ["holdfast", "stats", "--watch"], { ...terminal, output })
      assert.strictEqual(code, 0)
      assert.lengthOf(terminal.text().trim().split("\n"), 1)
    }))

  it.scopedLive("makes no database", () =>
    Effect.gen(function*() {
      const folder = yield* temporaryFolder
      for (const args of [[], ["--watch"]]) {
        const { code, complained } = yield* stats(folder, ...args)
        assert.strictEqual(code, 1)
        assert.include(messagesIn(complained)[0], `There is no database at ${databaseIn(folder)}. Make one:`)
      }
    }))
})
