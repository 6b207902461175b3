import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { JobQueue } from "holdfast"
import { temporaryFolder } from "../../store/sqlite/temporaryFolder.ts"
import { messagesIn, runProgram } from "../runProgram.ts"
import { failOne, Mail, onQueue, Report, valueOf } from "./onQueue.ts"

const explain = (folder: string, ...args: ReadonlyArray<string>) => runProgram(folder, ["holdfast", "explain", ...args])

describe("pnpm holdfast explain", () => {
  it.scopedLive("says in words why a job is not running, one reason a line", () =>
    Effect.gen(function*() {
      const folder = yield* temporaryFolder
      const [failed, later, waiting] = yield* onQueue(
        folder,
        Effect.gen(function*() {
          yield* JobQueue.enqueue(Mail)
          const failed = yield* failOne
          const later = yield* JobQueue.enqueue(Report, { delay: "1 hour" })
          const waiting = yield* JobQueue.enqueue(Mail)
          yield* JobQueue.pause({ kind: "report" }, { by: "ann" })
          return [failed, later.id, waiting.id] as const
        })
      )
      const said = (id: string) =>
        Effect.map(explain(folder, id), ({ code, complained, said }) => {
          assert.deepStrictEqual([code, complained], [0, []])
          return said
        })
      const [head, ...reasons] = yield* said(later)
      assert.strictEqual(head, `Job ${later} of kind report in queue slow is pending.`)
      assert.lengthOf(reasons, 2)
      assert.match(reasons[0] ?? "", /^It is due in (?:1h|59m)/)
      assert.match(reasons[1] ?? "", /^The kind "report" has been paused since \S+ by ann\./)
      assert.match(
        (yield* said(waiting))[1] ?? "",
        /^No live worker claims jobs of the kind "mail" from the queue "default"\. Start a worker that lists both\./
      )
      assert.match((yield* said(failed))[1] ?? "", /^It failed for good .*the mailbox is full/)
    }))

  it.scopedLive("answers with the job and its reasons as JSON, and fails for a job that is not there", () =>
    Effect.gen(function*() {
      const folder = yield* temporaryFolder
      const { id } = yield* onQueue(folder, JobQueue.enqueue(Mail))
      const explanation = yield* onQueue(folder, JobQueue.explain(id))
      assert.deepStrictEqual(valueOf(yield* explain(folder, id, "--json")), JSON.parse(JSON.stringify(explanation)))
      const unknown = yield* explain(folder, "no-such-job", "--json")
      assert.deepStrictEqual([unknown.code, unknown.said], [1, []])
      assert.deepStrictEqual(messagesIn(unknown.complained), ["There is no job no-such-job"])
    }))
})
