import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { JobQueue } from "holdfast"
import { readdirSync } from "node:fs"
import { temporaryFolder } from "../../store/sqlite/temporaryFolder.ts"
import { databaseIn, messagesIn, runProgram } from "../runProgram.ts"
import { emptyDatabase, Mail, onQueue, Report, valueOf } from "./onQueue.ts"

const holdfast = (folder: string, ...args: ReadonlyArray<string>) => runProgram(folder, ["holdfast", ...args])

/** Two jobs of mail and one report. */
const someJobs = Effect.gen(function*() {
  const folder = yield* temporaryFolder
  yield* onQueue(folder, Effect.zipRight(JobQueue.enqueueMany(Mail, [{}, {}]), JobQueue.enqueue(Report)))
  return folder
})

const claimed = (folder: string) =>
  onQueue(
    folder,
    Effect.map(JobQueue.claim({ jobs: [Mail, Report], limit: 9 }), (jobs) => jobs.map(({ kind }) => kind))
  )

describe("pnpm holdfast queues and kinds", () => {
  it.scopedLive("pause a queue, so that none of its jobs is claimed, until it is resumed", () =>
    Effect.gen(function*() {
      const folder = yield* someJobs
      const paused = yield* holdfast(folder, "queues", "pause", "default")
      assert.deepStrictEqual(paused, {
        code: 0,
        said: ["The queue \"default\" is paused: no more of its jobs are claimed, and those that run go on"],
        complained: []
      })
      assert.deepStrictEqual(yield* claimed(folder), ["report"])
      const resumed = yield* holdfast(folder, "queues", "resume", "default")
      assert.deepStrictEqual([resumed.code, resumed.said], [0, ["The queue \"default\" is no longer paused"]])
      assert.deepStrictEqual(yield* claimed(folder), ["mail", "mail"])
    }))

  it.scopedLive("pause a kind, which says who did and since when, and resume it once", () =>
    Effect.gen(function*() {
      const folder = yield* someJobs
      const made = valueOf<object>(yield* holdfast(folder, "kinds", "pause", "mail", "--json"))
      const [pause] = yield* onQueue(folder, JobQueue.pauses)
      assert.deepStrictEqual(made, { ...pause })
      assert.include(made, { scope: "kind", name: "mail" })
      assert.match(pause?.pausedBy ?? "", /^.+@.+$/)
      assert.deepStrictEqual(yield* claimed(folder), ["report"])
      const again = yield* holdfast(folder, "kinds", "pause", "mail")
      assert.strictEqual(again.code, 0)
      assert.match(again.said[0] ?? "", /^The kind "mail" has been paused since \S+Z by .+@/)
      const resume = (name: string) => holdfast(folder, "kinds", "resume", name, "--json")
      assert.deepStrictEqual(valueOf(yield* resume("mail")), { scope: "kind", name: "mail", resumed: true })
      const wasNot = yield* resume("mail")
      assert.deepStrictEqual([wasNot.code, valueOf(wasNot)], [0, { scope: "kind", name: "mail", resumed: false }])
    }))

  it.scopedLive("list the queues that have jobs or are paused, and the paused kinds", () =>
    Effect.gen(function*() {
      const folder = yield* someJobs
      assert.deepStrictEqual((yield* holdfast(folder, "queues", "list")).said, [
        "QUEUE    PENDING  DUE  RUNNING  KINDS",
        "default        2    2        0  mail",
        "slow           1    1        0  report"
      ])
      yield* onQueue(
        folder,
        Effect.zipRight(JobQueue.pause({ queue: "empty" }), JobQueue.pause({ kind: "mail" }, { by: "ann" }))
      )
      const { code, complained, said } = yield* holdfast(folder, "queues", "list")
      assert.deepStrictEqual([code, complained], [0, []])
      assert.match(said[2] ?? "", /^empty +0 +0 +0 +since \S+Z$/)
      assert.match(said[4] ?? "", /^The kind "mail" is paused since \S+Z by ann\.$/)
      const value = valueOf<{ readonly queues: ReadonlyArray<unknown>; readonly pausedKinds: ReadonlyArray<object> }>(
        yield* holdfast(folder, "queues", "list", "--json")
      )
      assert.deepStrictEqual(value.queues[0], {
        queue: "default",
        kinds: ["mail"],
        pending: { count: 2, isMore: false },
        due: { count: 2, isMore: false },
        running: { count: 0, isMore: false },
        stale: { count: 0, isMore: false },
        paused: null
      })
      assert.include(value.pausedKinds[0], { scope: "kind", name: "mail", pausedBy: "ann" })
    }))

  it.scopedLive("take a flag that there is not for a mistake, and not for a name", () =>
    Effect.gen(function*() {
      const folder = yield* someJobs
      for (const args of [["queues", "pause", "--dry-run"], ["kinds", "resume", "-x"]]) {
        const { code, complained } = yield* holdfast(folder, ...args)
        assert.strictEqual(code, 1)
        assert.include(complained.join(""), `Received unknown argument: '${args[2]}'`)
      }
    }))

  it.scopedLive("refuse a name that none can have, and a database that is not there or has no tables", () =>
    Effect.gen(function*() {
      const folder = yield* temporaryFolder
      const refused = [
        [["queues", "pause", ""], "<queue>: \"\" is not well-formed text of 1 to 255 characters"],
        [["kinds", "resume", " "], "<kind>: \" \" is not a name"],
        [["kinds", "list"], "kinds: \"list\" is not a command; write one of pause, resume"],
        [["queues", "pause"], "<queue>"]
      ] as const
      for (const [args, told] of refused) {
        const { code, complained, said } = yield* holdfast(folder, ...args)
        assert.deepStrictEqual([code, said], [1, []])
        assert.include(complained.join("\n"), told)
      }
      const commands = [["queues", "list"], ["queues", "pause", "a"], ["queues", "resume", "a"], [
        "kinds",
        "pause",
        "a"
      ]]
      for (const args of commands) {
        const missing = yield* holdfast(folder, ...args)
        assert.strictEqual(missing.code, 1)
        assert.include(messagesIn(missing.complained)[0], `There is no database at ${databaseIn(folder)}. Make one:`)
      }
      assert.deepStrictEqual(readdirSync(folder), [])
      const tables = yield* emptyDatabase(folder)
      for (const args of commands) assert.strictEqual((yield* holdfast(folder, ...args)).code, 1)
      assert.deepStrictEqual(yield* tables, ["note"])
    }))
})
