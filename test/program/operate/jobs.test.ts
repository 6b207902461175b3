import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { JobQueue } from "holdfast"
import type { JobRecord, Page } from "holdfast"
import { existsSync, readdirSync, readFileSync } from "node:fs"
import { fileWith } from "../../store/copy/onSqlite.ts"
import { sampleId, sampleJob } from "../../store/copy/sampleJobs.ts"
import { temporaryFolder } from "../../store/sqlite/temporaryFolder.ts"
import { databaseIn, makeTerminal, messagesIn, runOnTerminal, runProgram } from "../runProgram.ts"
import { insertFailed } from "./manyJobs.ts"
import { emptyDatabase, failOne, Mail, onFile, onQueue, Report, valueOf } from "./onQueue.ts"

const unknown = "01988888-0000-7000-8000-000000000000"

const jobs = (folder: string, ...args: ReadonlyArray<string>) => runProgram(folder, ["holdfast", "jobs", ...args])

const inOrder = (numbers: ReadonlyArray<number>) => numbers.toSorted((one, other) => one - other)

/** Five jobs of mail, two of them in a partition, and one report that is due in an hour. */
const someJobs = Effect.gen(function*() {
  const folder = yield* temporaryFolder
  const ids = yield* onQueue(
    folder,
    Effect.gen(function*() {
      const report = yield* JobQueue.enqueue(Report, { delay: "1 hour" })
      const mails = yield* JobQueue.enqueueMany(Mail, [{}, {}, {}, { partitionKey: "acme" }, { partitionKey: "acme" }])
      return [report, ...mails].map(({ id }) => id)
    })
  )
  return { folder, ids }
})

describe("pnpm holdfast jobs", () => {
  it.scopedLive("prints its commands, alone and with --help, and the flags of each", () =>
    Effect.gen(function*() {
      const folder = yield* temporaryFolder
      for (const args of [[], ["--help"]]) {
        const { code, said } = yield* jobs(folder, ...args)
        assert.deepStrictEqual([code, said[0]], [0, "npx pnpm@10 holdfast jobs <command>"])
        for (const command of ["list", "show", "cancel", "retry"]) {
          assert.match(said.join("\n"), new RegExp(`^ {2}${command} `, "m"))
        }
        assert.notInclude(said.join("\n"), "copy")
      }
      const all = yield* runProgram(folder, ["holdfast"])
      assert.match(all.said.join("\n"), /^ {2}jobs cancel +Cancel pending jobs/m)
      const list = yield* jobs(folder, "list", "--help")
      assert.match(list.said.join("\n"), /^npx pnpm@10 holdfast jobs list \[--status status\]/)
      assert.match(list.said.join("\n"), /^ {2}--json +Print the answer as one JSON value/m)
      assert.deepStrictEqual(readdirSync(folder), [])
    }))

  it.scopedLive("refuses what it does not understand, naming it and what is allowed, and makes nothing", () =>
    Effect.gen(function*() {
      const folder = yield* temporaryFolder
      const refused = [
        [["lst"], "jobs: \"lst\" is not a command; write one of list, show, cancel, retry, run-now, delete"],
        [["list", "--status", "done"], "--status: \"done\" is not \"waiting\", \"pending\", \"running\""],
        [["list", "--limit", "0"], "--limit: \"0\" is not a whole number from 1 to 100"],
        [["list", "--kind", ""], "--kind: \"\" is not well-formed text of 1 to 255 characters"],
        [["list", "--queue"], "--queue: no value was given"],
        [["list", "extra"], "'extra'"],
        [["show"], "<id>"],
        [["cancel"], "<id>"],
        [["cancel", "a", "--bogus"], "'--bogus'"]
      ] as const
      for (const [args, told] of refused) {
        const { code, complained, said } = yield* jobs(folder, ...args)
        assert.deepStrictEqual([code, said], [1, []], args.join(" "))
        assert.include(complained.join("\n"), told)
        assert.include(complained.join("\n"), "--help")
      }
      assert.deepStrictEqual(readdirSync(folder), [])
    }))

  it.scopedLive("makes no database that is missing, and says how to make one", () =>
    Effect.gen(function*() {
      const folder = yield* temporaryFolder
      for (const args of [["list"], ["show", unknown], ["cancel", unknown], ["retry", unknown, "--json"]]) {
        const { code, complained, said } = yield* jobs(folder, ...args)
        assert.deepStrictEqual([code, said, complained.length], [1, [], 1])
        assert.strictEqual(
          messagesIn(complained)[0],
          `There is no database at ${
            databaseIn(folder)
          }. Make one: npx pnpm@10 holdfast migrate; or set DATABASE_URL to another`
        )
      }
      const memory = yield* runProgram(folder, ["holdfast", "jobs", "list"], { DATABASE_URL: "sqlite::memory:" })
      assert.strictEqual(memory.code, 1)
      assert.include(
        memory.complained.join("\n"),
        "DATABASE_URL: got sqlite::memory:; expected a database that is there"
      )
      assert.isFalse(existsSync(databaseIn(folder)))
    }))

  it.scopedLive("makes no tables in a database that has none", () =>
    Effect.gen(function*() {
      const folder = yield* temporaryFolder
      const tables = yield* emptyDatabase(folder)
      for (const args of [["list"], ["show", unknown], ["cancel", unknown], ["retry", unknown]]) {
        const { code, complained } = yield* jobs(folder, ...args)
        assert.strictEqual(code, 1)
        assert.include(complained.join("\n"), "there are no tables of Holdfast in this database yet")
      }
      assert.deepStrictEqual(yield* tables, ["note"])
    }))

  it.scopedLive("lists jobs newest first, as they are filtered, and changes nothing", () =>
    Effect.gen(function*() {
      const { folder, ids } = yield* someJobs
      const before = readFileSync(databaseIn(folder))
      const listed = (...args: ReadonlyArray<string>) =>
        Effect.map(jobs(folder, "list", "--json", ...args), (ran) => {
          assert.deepStrictEqual([ran.code, ran.complained], [0, []])
          const { cursor, jobs } = valueOf<Page>(ran)
          return { cursor, ids: inOrder(jobs.map(({ id }) => ids.indexOf(id))) }
        })
      assert.deepStrictEqual(yield* listed(), { cursor: null, ids: [0, 1, 2, 3, 4, 5] })
      assert.deepStrictEqual((yield* listed("--kind", "report")).ids, [0])
      assert.deepStrictEqual((yield* listed("--queue", "slow")).ids, [0])
      assert.deepStrictEqual((yield* listed("--partition", "acme")).ids, [4, 5])
      assert.deepStrictEqual(yield* listed("--status", "failed"), { cursor: null, ids: [] })
      const first = yield* listed("--limit", "4")
      const rest = yield* listed("--limit", "4", "--cursor", String(first.cursor))
      assert.deepStrictEqual(inOrder([...first.ids, ...rest.ids]), [0, 1, 2, 3, 4, 5])
      assert.isNull(rest.cursor)
      assert.isTrue(before.equals(readFileSync(databaseIn(folder))))
    }))

  it.scopedLive("goes on past short pages until it has as many jobs as were asked for", () =>
    Effect.gen(function*() {
      const folder = yield* temporaryFolder
      // A page ends after 5,000 rows, along either index.
      const oldest = sampleJob({ id: sampleId(0), kind: "mail", queue: "slow" })
      const others = Array.from({ length: 10_002 }, (_, index) =>
        sampleJob({
          id: sampleId(index + 1),
          ...(index % 2 === 0 ? { kind: "mail" } : { kind: "report", queue: "slow" })
        }))
      yield* fileWith(databaseIn(folder), [oldest, ...others])
      const ran = yield* jobs(folder, "list", "--kind", "mail", "--queue", "slow", "--json")
      const { cursor, jobs: found } = valueOf<Page>(ran)
      assert.deepStrictEqual([
        cursor,
        found.map(({ id }) => String(id))
      ], [null, [sampleId(0)]])
    }))

  it.scopedLive("prints whole ids in a table, and the command that lists the jobs after them", () =>
    Effect.gen(function*() {
      const { folder, ids } = yield* someJobs
      const { code, said } = yield* jobs(folder, "list", "--limit", "2", "--kind", "mail")
      assert.strictEqual(code, 0)
      assert.match(said[0] ?? "", /^ID +STATUS +WHEN +KIND +QUEUE +ATTEMPTS$/)
      assert.isTrue(ids.includes((said[1] ?? "").split(" ")[0] as never))
      assert.match(said[1] ?? "", /^\S{36} {2}pending +due \d+s ago +mail +default +0$/)
      const [, cursor = ""] = /^More: npx pnpm@10 holdfast jobs list --kind mail --limit 2 --cursor (\S+)$/
        .exec(said.at(-1) ?? "") ?? []
      assert.lengthOf(
        valueOf<Page>(yield* jobs(folder, "list", "--kind", "mail", "--cursor", cursor, "--json")).jobs,
        3
      )
      assert.deepStrictEqual((yield* jobs(folder, "list", "--kind", "none")).said, ["No jobs"])
      assert.match((yield* jobs(folder, "list", "--kind", "report")).said[1] ?? "", /due in (?:59m|1h)/)
    }))

  it.scopedLive("ends where it has found nothing for twenty pages, and says how to look further", () =>
    Effect.gen(function*() {
      const { folder } = yield* someJobs
      onFile(folder, (database) => insertFailed(database, 21_000))
      const { code, said } = yield* jobs(folder, "list", "--kind", "old", "--error", "rare")
      assert.strictEqual(code, 0)
      assert.strictEqual(said[0], "No jobs among the rows that were looked at")
      const [, cursor = ""] = / --cursor (\S+)$/.exec(said.at(-1) ?? "") ?? []
      const next = yield* jobs(folder, "list", "--kind", "old", "--error", "rare", "--cursor", cursor, "--json")
      assert.lengthOf(valueOf<Page>(next).jobs, 1)
    }))

  it.scopedLive("fits its table into the terminal", () =>
    Effect.gen(function*() {
      const { folder } = yield* someJobs
      yield* onQueue(folder, failOne)
      const terminal = makeTerminal()
      const output = { ...terminal.output, columns: 80 }
      assert.strictEqual(yield* runOnTerminal(folder, ["holdfast", "jobs", "list"], { ...terminal, output }), 0)
      const lines = terminal.text().trimEnd().split("\n")
      assert.lengthOf(lines, 7)
      for (const line of lines) assert.isBelow(line.length, 80)
      assert.match(terminal.text(), /failed .*…/)
    }))

  it.scopedLive("shows all of one job, its errors too", () =>
    Effect.gen(function*() {
      const { folder } = yield* someJobs
      const id = yield* onQueue(folder, failOne)
      const { code, complained, said } = yield* jobs(folder, "show", id)
      assert.deepStrictEqual([code, complained], [0, []])
      const text = said.join("\n")
      assert.match(text, new RegExp(`^Id +${id}$`, "m"))
      assert.match(text, /^Failures +1 of at most 3$/m)
      assert.match(text, /^Attempt 1 failed at \S+Z \(\d+s ago\), on host:1:aa$/m)
      assert.match(text, /^ {2}.*the mailbox is full/m)
      const job = valueOf<JobRecord>(yield* jobs(folder, "show", id, "--json"))
      assert.deepStrictEqual(job, JSON.parse(JSON.stringify(yield* onQueue(folder, JobQueue.get(id)))))
    }))

  it.scopedLive("says that a job is not there, on standard error only, and ends with 1", () =>
    Effect.gen(function*() {
      const { folder } = yield* someJobs
      for (const args of [["show", unknown], ["show", unknown, "--json"], ["cancel", unknown], ["retry", unknown]]) {
        const { code, complained, said } = yield* jobs(folder, ...args)
        assert.deepStrictEqual([code, said, messagesIn(complained)], [1, [], [`There is no job ${unknown}`]])
      }
    }))

  it.scopedLive("cancels several jobs, answers for each, and ends with 1 if one is not there", () =>
    Effect.gen(function*() {
      const { folder, ids } = yield* someJobs
      const [first = "", second = "", third = ""] = ids
      const done = yield* jobs(folder, "cancel", first, second, first)
      assert.deepStrictEqual([done.code, done.said], [0, [`${first}  cancelled`, `${second}  cancelled`]])
      const some = yield* jobs(folder, "cancel", unknown, third)
      assert.deepStrictEqual([some.code, some.said], [1, [
        `${unknown}  There is no job ${unknown}`,
        `${third}  cancelled`
      ]])
      assert.include(messagesIn(some.complained), "1 of 2 jobs was not cancelled; standard output says why")
      const json = yield* jobs(folder, "cancel", third, unknown, "--json")
      assert.deepStrictEqual([json.code, valueOf(json)], [1, [
        { id: third, status: "cancelled" },
        { id: unknown, error: "JobNotFound", message: `There is no job ${unknown}` }
      ]])
    }))

  it.scopedLive("takes what stands behind a -- for an id, also where it begins with a dash", () =>
    Effect.gen(function*() {
      const { folder, ids } = yield* someJobs
      const [first = ""] = ids
      const refused = yield* jobs(folder, "show", "-x")
      assert.strictEqual(refused.code, 1)
      assert.include(
        refused.complained.join("\n"),
        "Received unknown argument: '-x'. Write -- in front of one that begins with a dash"
      )
      for (const id of ["-x", "--json", "--help", "--version", "--limit", "--completions"]) {
        const { code, complained, said } = yield* jobs(folder, "show", "--", id)
        assert.deepStrictEqual([code, said, messagesIn(complained)], [1, [], [`There is no job ${id}`]])
      }
      const some = yield* jobs(folder, "cancel", "--json", "--", "-x", first)
      assert.deepStrictEqual(valueOf(some), [
        { id: "-x", error: "JobNotFound", message: "There is no job -x" },
        { id: first, status: "cancelled" }
      ])
      assert.strictEqual((yield* jobs(folder, "cancel", "-x", "--", first)).code, 1)
    }))

  it.scopedLive("shows on a terminal how far it is with several jobs, below their answers", () =>
    Effect.gen(function*() {
      const { folder, ids } = yield* someJobs
      const [first = "", second = ""] = ids
      const terminal = makeTerminal()
      const cancel = (...args: ReadonlyArray<string>) => runOnTerminal(folder, ["holdfast", "jobs", ...args], terminal)
      assert.strictEqual(yield* cancel("cancel", first, second), 0)
      const bar = `Cancelling [############------------] 1 of 2`
      const gone = `\r${" ".repeat(bar.length + 2)}\r`
      const text = terminal.text()
      assert.include(text, `${first}  cancelled\n`)
      assert.include(text, bar)
      assert.isTrue(text.endsWith(`${gone}${second}  cancelled\n${bar}${gone}`), JSON.stringify(text))
      assert.strictEqual(yield* cancel("run-now", ids[2] ?? ""), 0)
      assert.notInclude(terminal.text().slice(text.length), "[")
    }))

  it.scopedLive("asks the worker of a running job to stop it, and leaves one that has ended as it is", () =>
    Effect.gen(function*() {
      const { folder } = yield* someJobs
      const failed = yield* onQueue(folder, failOne)
      const [running = ""] = (yield* onQueue(folder, JobQueue.claim({ jobs: [Mail] }))).map(({ lease }) => lease.jobId)
      const { code, said } = yield* jobs(folder, "cancel", running, failed)
      assert.deepStrictEqual([code, said], [0, [
        `${running}  running; its worker has been asked to stop it`,
        `${failed}  had already failed`
      ]])
      assert.isNumber((yield* onQueue(folder, JobQueue.get(running))).cancelRequestedAt)
    }))

  it.scopedLive("tries no more jobs once the job store has failed, and says so of each", () =>
    Effect.gen(function*() {
      const { folder, ids } = yield* someJobs
      const [first = "", second = ""] = ids
      onFile(folder, (database) =>
        database.exec(
          "CREATE TRIGGER refuse BEFORE UPDATE ON holdfast_jobs BEGIN SELECT RAISE(ABORT, 'out of order'); END"
        ))
      const { code, complained, said } = yield* jobs(folder, "cancel", first, second)
      assert.strictEqual(code, 1)
      assert.match(said[0] ?? "", /^\S{36} {2}The job store failed in .*out of order/)
      assert.strictEqual(said[1], `${second}  not tried, since the job store has failed`)
      assert.include(messagesIn(complained), "2 of 2 jobs were not cancelled; standard output says why")
      const json = valueOf<ReadonlyArray<object>>(yield* jobs(folder, "cancel", first, second, "--json"))
      assert.include(json[0], { id: first, error: "StoreError" })
      assert.include(json[1], { id: second, error: "NotTried" })
    }))

  it.scopedLive("makes a failed job due again, and no other", () =>
    Effect.gen(function*() {
      const { folder, ids } = yield* someJobs
      const failed = yield* onQueue(folder, failOne)
      const [waiting = ""] = ids
      const { code, complained, said } = yield* jobs(folder, "retry", failed, waiting)
      const why = `Job ${waiting} is pending; only a failed or cancelled job can be retried`
      assert.deepStrictEqual([code, said], [1, [`${failed}  pending, due now`, `${waiting}  ${why}`]])
      assert.include(messagesIn(complained), "1 of 2 jobs was not made due; standard output says why")
      assert.include(yield* onQueue(folder, JobQueue.get(failed)), { status: "pending", failures: 0 })
      const json = yield* jobs(folder, "retry", waiting, "--json")
      assert.deepStrictEqual(valueOf(json), [{ id: waiting, error: "JobNotRetryable", message: why }])
    }))

  it.scopedLive("makes a waiting job due now, and no job that has ended", () =>
    Effect.gen(function*() {
      const { folder } = yield* someJobs
      const failed = yield* onQueue(folder, failOne)
      const { id } = yield* onQueue(folder, JobQueue.enqueue(Mail, { delay: "1 hour" }))
      const { code, said } = yield* jobs(folder, "run-now", id, failed)
      const why = `Job ${failed} is failed; only a pending job can be changed`
      assert.deepStrictEqual([code, said], [1, [`${id}  pending, due now`, `${failed}  ${why}`]])
      const { availableAt, createdAt } = yield* onQueue(folder, JobQueue.get(id))
      assert.isBelow(availableAt - createdAt, 60_000)
    }))

  it.scopedLive("deletes jobs that do not run, and says what they were", () =>
    Effect.gen(function*() {
      const { folder } = yield* someJobs
      const failed = yield* onQueue(folder, failOne)
      const [running = ""] = (yield* onQueue(folder, JobQueue.claim({ jobs: [Mail] }))).map(({ lease }) => lease.jobId)
      const { code, said } = yield* jobs(folder, "delete", failed, running)
      const why = `Job ${running} is running; cancel it, and delete it when it has ended`
      assert.deepStrictEqual([code, said], [1, [`${failed}  deleted; it was failed`, `${running}  ${why}`]])
      assert.strictEqual((yield* jobs(folder, "show", failed)).code, 1)
      const { id } = yield* onQueue(folder, JobQueue.enqueue(Mail))
      assert.deepStrictEqual(valueOf(yield* jobs(folder, "delete", id, "--json")), [{ id, deleted: "pending" }])
    }))

  it.scopedLive("are listed by a name with blanks at its end, and as JSON exactly as they are", () =>
    Effect.gen(function*() {
      const { folder } = yield* someJobs
      const odd = "q\u009b31mRED\u202e\u0007 "
      const { id } = yield* onQueue(folder, JobQueue.enqueue(Mail, { queue: odd }))
      const { said } = yield* jobs(folder, "list", "--queue", odd, "--json")
      assert.notMatch(said.join(""), /[\p{Cc}\u202e]/u)
      const page = valueOf<{ readonly jobs: ReadonlyArray<{ readonly id: string; readonly queue: string }> }>(
        { said } as never
      )
      assert.deepStrictEqual(page.jobs.map((job) => [job.id, job.queue]), [[id, odd]])
      const next = (yield* jobs(folder, "list", "--queue", odd, "--limit", "1")).said.join("")
      assert.notMatch(next, /[\p{Cc}\u202e]/u)
    }))
})
