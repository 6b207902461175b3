import * as NodeContext from "@effect/platform-node/NodeContext"
import * as Terminal from "@effect/platform/Terminal"
import { assert, describe, it } from "@effect/vitest"
import { Cause, Effect, Layer, Mailbox, Option } from "effect"
import { JobQueue } from "holdfast"
import type { SummaryPage } from "holdfast"
import { confirm } from "../../../src/program/operate/bulk.ts"
import { temporaryFolder } from "../../store/sqlite/temporaryFolder.ts"
import { makeTerminal, messagesIn, runOnTerminal, runProgram } from "../runProgram.ts"
import { failOne, Mail, onFile, onQueue, Report, valueOf } from "./onQueue.ts"

const jobs = (folder: string, ...args: ReadonlyArray<string>) => runProgram(folder, ["holdfast", "jobs", ...args])

/** Some jobs of mail, which have a unique key each, and one report that is due in an hour. Answers their ids, oldest first. */
const someJobs = (count = 3) =>
  Effect.gen(function*() {
    const folder = yield* temporaryFolder
    const ids = yield* onQueue(
      folder,
      Effect.gen(function*() {
        const report = yield* JobQueue.enqueue(Report, { delay: "1 hour" })
        const mails = yield* JobQueue.enqueueMany(
          Mail,
          Array.from({ length: count }, (_, index) => ({ uniqueKey: `mail-${index}` }))
        )
        return [report, ...mails].map(({ id }) => id)
      })
    )
    return { folder, ids, report: ids[0] ?? "", mails: ids.slice(1).toSorted() }
  })

const statusOf = (folder: string, id: string) => Effect.map(onQueue(folder, JobQueue.get(id)), ({ status }) => status)

const counted = (folder: string, filter: Parameters<typeof JobQueue.count>[0]) =>
  Effect.map(onQueue(folder, JobQueue.count(filter)), ({ count }) => count)

describe("pnpm holdfast jobs with a filter", () => {
  it.scopedLive("lists jobs by unique key and by a part of their error, and the next page by the same filter", () =>
    Effect.gen(function*() {
      const { folder, ids } = yield* someJobs()
      const failed = yield* onQueue(folder, failOne)
      const listed = (...args: ReadonlyArray<string>) =>
        Effect.map(jobs(folder, "list", "--json", ...args), (ran) => valueOf<SummaryPage>(ran).jobs)
      const byKey = yield* listed("--unique-key", "mail-1")
      assert.deepStrictEqual(byKey.map(({ id, uniqueKey }) => [id, uniqueKey]), [[ids[2] ?? "", "mail-1"]])
      assert.notProperty(byKey[0], "payload")
      assert.deepStrictEqual((yield* listed("--error", "MAILBOX is")).map(({ id }) => id as string), [failed as string])
      assert.deepStrictEqual(yield* listed("--error", "mail%is", "--status", "failed"), [])
      const { said } = yield* jobs(folder, "list", "--limit", "1", "--kind", "mail")
      assert.match(said.at(-1) ?? "", /^More: .* jobs list --kind mail --limit 1 --cursor \S+$/)
      onFile(folder, (database) =>
        database.exec(
          "UPDATE holdfast_jobs SET last_error = 'it''s full', unique_key = 'k', unique_scope = 'pending', holds_key = 0"
        ))
      const more = yield* jobs(folder, "list", "--limit", "1", "--unique-key", "k", "--error", "it's full")
      assert.include(more.said.at(-1), "jobs list --unique-key k --error 'it'\\''s full' --limit 1 --cursor ")
    }))

  it.scopedLive("refuses a choice of jobs that is missing, double or not understood, and changes nothing", () =>
    Effect.gen(function*() {
      const { folder, mails } = yield* someJobs()
      const refused = [
        [["cancel"], "Give one or more <id>, a filter such as --status failed, or --all"],
        [["cancel", "--yes"], "Give a filter or --all with --yes"],
        [["cancel", mails[0] ?? "", "--dry-run"], "Give a filter or --all with --dry-run"],
        [["cancel", "--yes", "--dry-run"], "Give a filter or --all with --yes and --dry-run"],
        [["delete", mails[0] ?? "", "--kind", "mail"], "Give ids or a filter, not both"],
        [["delete", mails[0] ?? "", "--all"], "Give ids or a filter, not both"],
        [["cancel", "--status", "done", "--yes"], "--status: \"done\" is not"],
        [["cancel", "--error", "", "--yes"], "--error: \"\" is not well-formed text of 1 to 1000 characters"],
        [["retry", "--all", "--yes", "--at", "tomorrow"], "--at: \"tomorrow\" is not an instant"],
        [["retry", "--all", "--yes", "--at", "2030-13-01"], "--at: \"2030-13-01\" is not an instant"],
        [["retry", "--all", "--yes", "--at", "2030-02-31"], "--at: \"2030-02-31\" is not an instant"],
        [
          ["retry", "--all", "--yes", "--at", "2030-02-28T25:00:00Z"],
          "--at: \"2030-02-28T25:00:00Z\" is not an instant"
        ],
        [["retry", "--all", "--yes", "--at", "2030-01-31T08:00:00"], "--at: \"2030-01-31T08:00:00\" is not an instant"],
        [["cancel", "--all", "--kind", "mail", "--yes"], "Give a filter or --all, not both"],
        [["retry", "--all", "--yes", "--delay", "soon"], "--delay: \"soon\" is not a duration"],
        [["retry", "--all", "--yes", "--delay", "5", "--at", "2030-01-01"], "Give --delay or --at, not both"],
        [["cancel", "--all", "--delay", "5"], "'--delay'"]
      ] as const
      for (const [args, told] of refused) {
        const { code, complained, said } = yield* jobs(folder, ...args)
        assert.deepStrictEqual([code, said], [1, []], args.join(" "))
        assert.include(complained.join("\n"), told)
        assert.include(complained.join("\n"), "--help")
      }
      assert.strictEqual(yield* counted(folder, { status: "pending" }), 4)
    }))

  it.scopedLive("changes nothing unless someone says yes, and says how many jobs it is about", () =>
    Effect.gen(function*() {
      const { folder } = yield* someJobs()
      const { code, complained, said } = yield* jobs(folder, "delete", "--kind", "mail")
      assert.deepStrictEqual([code, said], [1, []])
      assert.strictEqual(
        messagesIn(complained)[0],
        "Delete 3 jobs for good, with their results and errors (status waiting or pending or succeeded or failed or " +
          "cancelled, kind \"mail\")? Nobody can be asked here, so nothing was changed; add --yes"
      )
      const dry = yield* jobs(folder, "cancel", "--all", "--dry-run")
      assert.deepStrictEqual([dry.code, dry.said], [0, ["Would cancel 4 jobs: status pending or running"]])
      const json = yield* jobs(folder, "cancel", "--unique-key", "mail-0", "--dry-run", "--json")
      assert.deepStrictEqual(valueOf(json), { count: 1, isMore: false })
      assert.strictEqual(yield* counted(folder, { status: "pending" }), 4)
    }))

  it.scopedLive("cancels the jobs of a filter and says what became of each, and of no other", () =>
    Effect.gen(function*() {
      const { folder, mails, report } = yield* someJobs()
      const { code, complained, said } = yield* jobs(folder, "cancel", "--kind", "mail", "--yes")
      assert.deepStrictEqual([code, complained], [0, []])
      assert.deepStrictEqual(said, mails.toReversed().map((id) => `${id}  cancelled`))
      assert.strictEqual(yield* statusOf(folder, report), "pending")
      const none = yield* jobs(folder, "cancel", "--kind", "mail", "--yes")
      assert.deepStrictEqual([none.code, none.said], [0, ["No job fits"]])
      const json = yield* jobs(folder, "delete", "--status", "cancelled", "--yes", "--json")
      assert.deepStrictEqual(
        json.said.map((line) => JSON.parse(line) as unknown),
        mails.toReversed().map((id) => ({ id, deleted: "cancelled" }))
      )
      const nothing = yield* jobs(folder, "delete", "--status", "cancelled", "--yes", "--json")
      assert.deepStrictEqual([nothing.code, nothing.said], [0, []])
    }))

  it.scopedLive("retries failed and cancelled jobs, at the instant that is named", () =>
    Effect.gen(function*() {
      const { folder, report } = yield* someJobs()
      const failed = yield* onQueue(folder, failOne)
      yield* jobs(folder, "cancel", "--queue", "slow", "--yes")
      const { code, said } = yield* jobs(folder, "retry", "--all", "--yes", "--at", "2040-01-31T09:30+01:30")
      assert.deepStrictEqual([code, said.toSorted()], [0, [`${failed}  pending`, `${report}  pending`].toSorted()])
      for (const id of [failed, report]) {
        const { availableAt, status } = yield* onQueue(folder, JobQueue.get(id))
        assert.deepStrictEqual([status, availableAt], ["pending", Date.UTC(2040, 0, 31, 8)])
      }
      assert.strictEqual((yield* jobs(folder, "run-now", "--queue", "slow", "--yes")).code, 0)
      assert.isBelow((yield* onQueue(folder, JobQueue.get(report))).availableAt, Date.UTC(2040, 0, 1))
    }))

  it.scopedLive("retries a job by its id after a while", () =>
    Effect.gen(function*() {
      const { folder } = yield* someJobs()
      const failed = yield* onQueue(folder, failOne)
      const { code, said } = yield* jobs(folder, "retry", failed, "--delay", "2 hours")
      assert.deepStrictEqual([code, said], [0, [`${failed}  pending, due later`]])
      const { availableAt, updatedAt } = yield* onQueue(folder, JobQueue.get(failed))
      assert.strictEqual(availableAt - updatedAt, 7_200_000)
    }))

  it.scopedLive("ends with 1 if a job is refused, and the others are changed", () =>
    Effect.gen(function*() {
      const { folder, ids } = yield* someJobs()
      const [, taken = "", free = ""] = ids
      yield* onQueue(folder, JobQueue.cancel(taken))
      const { id: holder } = yield* onQueue(folder, JobQueue.enqueue(Mail, { uniqueKey: "mail-0" }))
      yield* onQueue(folder, JobQueue.cancel(free))
      const { code, complained, said } = yield* jobs(folder, "retry", "--kind", "mail", "--yes")
      assert.strictEqual(code, 1)
      assert.deepStrictEqual(
        said.toSorted(),
        [
          `${free}  pending`,
          `${taken}  Job ${taken} cannot be retried: job ${holder} holds its unique key "mail-0"`
        ].toSorted()
      )
      assert.include(messagesIn(complained), "1 of 2 jobs was not made due; standard output says why")
    }))

  it.scopedLive("shows on a terminal how far it is, below the answers", () =>
    Effect.gen(function*() {
      const { folder, mails } = yield* someJobs(150)
      const terminal = makeTerminal()
      assert.strictEqual(
        yield* runOnTerminal(folder, ["holdfast", "jobs", "cancel", "--kind", "mail", "--yes"], terminal),
        0
      )
      assert.include(terminal.text(), `${mails[0]}  cancelled\n`)
      assert.include(terminal.text(), "Cancelling [################--------] 100 of 150")
      assert.strictEqual(yield* counted(folder, { status: "cancelled" }), 150)
    }))
})

describe("the question before jobs are changed", () => {
  /** A terminal at which someone presses these keys. */
  const pressing = (...keys: ReadonlyArray<string>) => {
    let shown = ""
    const terminal = Terminal.Terminal.of({
      columns: Effect.succeed(80),
      rows: Effect.succeed(24),
      isTTY: Effect.succeed(true),
      readLine: Effect.never,
      display: (text) => Effect.sync(() => void (shown += text)),
      readInput: Effect.gen(function*() {
        const mailbox = yield* Mailbox.make<Terminal.UserInput>()
        for (const name of keys) {
          const isQuit = name === "ctrl-c"
          yield* mailbox.offer({
            input: isQuit ? Option.none() : Option.some(name),
            key: { name: isQuit ? "c" : name, ctrl: isQuit, meta: false, shift: false }
          })
          if (isQuit) yield* mailbox.end
        }
        return mailbox
      })
    })
    return {
      shown: () => shown,
      layer: Layer.merge(NodeContext.layer, Layer.succeed(Terminal.Terminal, terminal))
    }
  }

  it.scopedLive("goes on at a yes, and not at a no or at Enter", () =>
    Effect.gen(function*() {
      for (const [key, goesOn] of [["y", true], ["n", false], ["enter", false]] as const) {
        const { layer, shown } = pressing(key)
        const asked = yield* Effect.either(
          Effect.provide(confirm("Cancel 3 jobs?", false, { isAttended: true }), layer)
        )
        assert.strictEqual(asked._tag === "Right", goesOn, key)
        assert.include(shown(), "Cancel 3 jobs?")
        if (asked._tag === "Left") assert.strictEqual(asked.left.message, "Nothing was changed")
      }
    }))

  it.scopedLive("is interrupted by Ctrl-C", () =>
    Effect.gen(function*() {
      const { layer } = pressing("ctrl-c")
      const exit = yield* Effect.exit(Effect.provide(confirm("Cancel 3 jobs?", false, { isAttended: true }), layer))
      assert.isTrue(exit._tag === "Failure" && Cause.isInterruptedOnly(exit.cause))
    }))
})
